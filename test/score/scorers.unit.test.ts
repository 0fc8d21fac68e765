import { isDeepStrictEqual } from 'node:util';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Detection, Predictions } from '../../src/event/inference-event.js';
import type { FormatFacts } from '../../src/image/format-facts.js';
import { calibrateSignal } from '../../src/score/calibrate.js';
import { detectionStatistics } from '../../src/score/confidence/detection-statistics.js';
import { framePrint } from '../../src/score/frame-print.js';
import { profileOf } from '../../src/score/format/format-profile.js';
import { scorers } from '../../src/score/registry.js';
import type { Scorer, InputWithPixels } from '../../src/score/scorer.js';
import { signalNames } from '../../src/score/signal.js';
import { distanceToUnusualEnd } from '../../src/score/unusual-end.js';
import { drawPlane } from '../fixtures/draw-picture.js';
import { factsOf } from '../fixtures/formats.js';
import { boxBlurred, mapped, planeOf, seeded, sharpScene } from '../fixtures/planes.js';

/*
 * Checks that hold for every registered scorer, and run by themselves on a new one. What a
 * single scorer should see in a picture stands beside it.
 */

const random = seeded(7);

const planes = [
  sharpScene(),
  boxBlurred(sharpScene(), 3, 3),
  mapped(sharpScene(), (level) => level / 6),
  mapped(sharpScene(), (level) => 200 + level),
  planeOf(512, 384, (x, y) => (x + y) / 4),
  planeOf(300, 200, () => 256 * random()),
  planeOf(64, 48, () => 0),
  planeOf(64, 48, () => 255),
  planeOf(32, 32, (x, y) => 16 * ((x ^ y) % 16)),
  planeOf(1, 1, () => 128),
  planeOf(3, 500, (x, y) => (x + 1) * y),
  planeOf(9, 2, (x) => 28 * x),
  drawPlane(40, 30, (x, y) => [6 * x, 8 * y, 30]),
  drawPlane(40, 30, () => [250, 10, 90]),
];

const classification: Predictions[] = [
  { kind: 'classification', classes: ['a', 'b', 'c'], probabilities: [0.2, 0.5, 0.3] },
  { kind: 'classification', classes: ['a', 'b'], probabilities: [1, 0] },
  { kind: 'classification', classes: ['a', 'b'], probabilities: [0.1, 0.05] },
  { kind: 'classification', classes: ['a', 'b'], probabilities: [1, 1] },
  { kind: 'classification', classes: ['a', 'b'], probabilities: [0, 0] },
  { kind: 'classification', classes: ['a'], probabilities: [0.4] },
  { kind: 'classification', classes: ['a', 'b', 'c'], logits: [-800, 3, 800] },
  { kind: 'classification', classes: ['a', 'b'], logits: [0, 0] },
];

const detection = [[0.9], [0.1, 1, 0.6], [0], [1, 1]].map((scores): Predictions => {
  const boxes = scores.map((score) => ({ label: 'a', score, x: 1, y: 1, width: 5, height: 5 }));
  return { kind: 'detection', boxes, imageWidth: 64, imageHeight: 48 };
});

/** Boxes of two classes, all over the picture and beyond, down to nothing. */
const scattered = [0, 1, 3, 8, 40].map((count): Detection => {
  const boxes = Array.from({ length: count }, (_, at) => ({
    label: at % 3 === 0 ? 'a' : 'b',
    score: random(),
    x: 70 * random() - 5,
    y: 50 * random() - 5,
    width: at % 7 === 6 ? 0 : 30 * random() ** 2,
    height: 25 * random() ** 2,
  }));
  return { kind: 'detection', boxes, imageWidth: 64, imageHeight: 48 };
});
const usual = detectionStatistics(scattered, 0.3);

const neighbours = [[0], [2], [0.1, 0.2, 0.7], [1, 1, 1, 1, 1]].map((distances) =>
  distances.map((distance, index) => ({ index, distance })),
);

const labelled = [['a', 'a', 'a'], ['b', 'a', 'b'], ['c', 'b', undefined], ['b']].map((labels) =>
  labels.map((label, index) => ({ index, distance: index / 4, label })),
);

const still = framePrint(sharpScene());
const frames = [1, 2, 7, 5000].flatMap((inARow) =>
  [sharpScene(), sharpScene(160, 120, 2)].map((plane) => ({
    plane,
    previous: { occurredAt: 0, image: { print: still, inARow } },
  })),
);
const differing: Partial<FormatFacts>[] = [
  {},
  { width: 480, height: 640, orientation: 6 },
  { width: 800, height: 600, colourMode: 'grey', bitsPerChannel: 16, container: 'image/png' },
  { width: 700, height: 500, orientation: 8, camera: 'Maker Model', software: 'Editor 2' },
  { width: 1, height: 3000, orientation: 3, chromaSubsampling: '4:4:4', compression: 'none' },
];
const formats = differing.map((facts, at) => ({
  facts: factsOf(facts),
  coloured: at % 2 === 0,
}));
const profile = profileOf([
  ...Array.from({ length: 40 }, () => ({ facts: factsOf(), coloured: true })),
  ...formats.slice(0, 3),
  ...formats.slice(1, 2),
]);

const bare = { predictionsBy: 'producer', neighbours: 'no-reference' } as const;
const inputs: InputWithPixels[] = [
  ...planes.map((plane) => ({ plane, predictions: { kind: 'none' } as const, ...bare })),
  ...frames.map((frame) => ({ ...frame, predictions: { kind: 'none' } as const, ...bare })),
  ...[...classification, ...detection].map((predictions) => ({
    plane: sharpScene(),
    predictions,
    ...bare,
  })),
  ...neighbours.map((nearest, at) => ({
    plane: sharpScene(),
    predictions: { kind: 'none' } as const,
    predictionsBy: 'producer' as const,
    neighbours: nearest,
    novelty: { raw: [0, 454.5, 0.9, 3.2][at] ?? 0, shares: [], explainedBy: [] },
  })),
  ...[...detection, ...scattered].flatMap((predictions) =>
    [undefined, ...scattered].map((before) => ({
      plane: planeOf(1, 1, () => 128),
      predictions,
      ...bare,
      detection: usual,
      ...(before === undefined ? {} : { previous: { predictions: before, occurredAt: 0 } }),
    })),
  ),
  ...formats.map((format) => ({
    plane: planeOf(1, 1, () => 128),
    predictions: { kind: 'none' } as const,
    ...bare,
    format,
    formats: profile,
  })),
  ...labelled.map((nearest) => ({
    plane: planeOf(1, 1, () => 128),
    predictions: { kind: 'classification', classes: ['a'], probabilities: [0.7] } as const,
    predictionsBy: 'producer' as const,
    neighbours: nearest,
    referenceLabels: new Set(['a', 'b', 'c']),
  })),
];

it('registers every signal once, in the order of signalNames', () => {
  expect(scorers.map(({ name }) => name)).toEqual(signalNames);
});

describe.each(scorers.map((scorer) => [scorer.name, scorer] as const))('%s', (_, scorer) => {
  const measurements = inputs.flatMap((input) => rawOf(scorer, input) ?? []);

  it('measures something here', () => {
    expect(measurements.length).toBeGreaterThanOrEqual(4);
    expect(new Set(measurements).size).toBeGreaterThan(2);
  });

  it('measures the same from the same input, and from a copy of it', () => {
    for (const input of inputs) {
      const first = scorer.measure(input);
      expect(scorer.measure(input)).toEqual(first);
      expect(scorer.measure(structuredClone(input))).toEqual(first);
    }
  });

  it('stays finite and within its range, whose unusual end is finite', () => {
    const [low, high] = scorer.range;
    expect(low).toBeLessThan(high);
    expect(scorer.unusual === 'high' ? high : low).toSatisfy(Number.isFinite);
    for (const raw of measurements) {
      expect(raw).toSatisfy(Number.isFinite);
      expect(raw).toBeGreaterThanOrEqual(low);
      expect(raw).toBeLessThanOrEqual(high);
    }
  });

  it('leaves its input as it was', () => {
    for (const input of inputs) {
      // A copy: what was measured of this plane before is remembered, and would not be again.
      const measured = structuredClone(input);
      scorer.measure(measured);
      // vitest's own comparison takes seconds on a plane of pixels.
      expect(isDeepStrictEqual(measured, input)).toBe(true);
    }
  });

  it('says why it is absent where its input is', () => {
    const why = {
      confidence: 'no-predictions',
      novelty: 'no-embedding',
      quality: undefined,
      format: 'no-reference',
    };
    const measured = scorer.measure({
      plane: sharpScene(),
      predictions: { kind: 'none' },
      predictionsBy: 'producer',
      neighbours: 'no-embedding',
    });
    const expected = scorer.looksAt === 'frames' ? 'no-previous-frame' : why[scorer.family];
    if (expected === undefined) expect(measured.kind).toBe('measured');
    else expect(measured).toEqual({ kind: 'absent', why: expected });
  });

  it('scores 0.5 at its fallback limit, more towards the unusual end, all in 0..1', () => {
    expect(scorer.uncalibrated(scorer.fallbackLimit)).toBeCloseTo(0.5, 12);
    expectRisingTowardsUnusualEnd(scorer, (raw) => scorer.uncalibrated(raw));
  });

  it('scores against a reference the same way round', () => {
    const reference = Float64Array.from({ length: 40 }, () => sample(scorer, random()));
    const { edgeScore } = calibrateSignal(reference, scorer);
    expectRisingTowardsUnusualEnd(scorer, edgeScore);
  });

  it('explains itself in one sentence with a figure', () => {
    const standings = [
      undefined,
      { lessUnusual: 0.99812, count: 5000 },
      { lessUnusual: 1, count: 12 },
      { lessUnusual: 0, count: 12 },
    ];
    for (const standing of standings) {
      for (const raw of [...measurements, scorer.fallbackLimit]) {
        expectSentence(scorer.explain(raw, standing));
      }
      for (const input of inputs) {
        const measured = scorer.measure(input);
        if (measured.kind === 'absent') continue;
        expectSentence(scorer.explain(measured.raw, standing, measured.note));
      }
    }
    expect(scorer.explain(scorer.fallbackLimit, standings[1])).toContain(
      'than 99.8 % of the 5,000 reference pictures',
    );
  });

  it('is documented with its unit, range and fallback limit', () => {
    const section = sectionOf(scorer.name);
    expect(section).toContain(`- Family: ${scorer.family}`);
    expect(section).toContain(`- Unit: ${scorer.unit}`);
    expect(section).toContain(`- Range: ${scorer.range[0]} to ${scorer.range[1]}; unusual: `);
    expect(section).toContain(`unusual: ${scorer.unusual}`);
    expect(section).toContain(`- Without a reference: flagged at ${scorer.fallbackLimit}`);
    for (const part of ['- Formula: ', '- Source: ', '- Example: '])
      expect(section).toContain(part);
  });
});

it('documents no signal that is not there', () => {
  const sections = [...docs().matchAll(/^## `(.+)`$/gm)].map(([, name]) => name);
  expect(sections).toEqual(signalNames);
});

function expectSentence(sentence: string): void {
  expect(sentence).toMatch(/^[A-Z0-9][^\n!?]*\d[^\n!?]*[^.]\.$/);
  expect(sentence).not.toMatch(/\. |NaN|undefined|Infinity|-\d/);
}

function rawOf(scorer: Scorer, input: InputWithPixels): number | undefined {
  const measured = scorer.measure(input);
  return measured.kind === 'measured' ? measured.raw : undefined;
}

/** The measurement at this share of the range. */
function sample({ range: [low, high] }: Scorer, share: number): number {
  return low + share * (high - low);
}

function expectRisingTowardsUnusualEnd(scorer: Scorer, score: (raw: number) => number): void {
  const raws = Array.from({ length: 101 }, (_, i) => sample(scorer, i / 100));
  const outwards = raws.toSorted(
    (a, b) => distanceToUnusualEnd(b, scorer) - distanceToUnusualEnd(a, scorer),
  );
  const scores = outwards.map(score);
  expect(scores).toEqual(scores.toSorted((a, b) => a - b));
  expect(Math.min(...scores)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...scores)).toBeLessThanOrEqual(1);
}

function docs(): string {
  return readFileSync(new URL('../../docs/scores.md', import.meta.url), 'utf8');
}

function sectionOf(name: string): string {
  return docs().split(`\n## \`${name}\`\n`)[1]?.split('\n## ')[0] ?? '';
}
