import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Detection, Predictions } from '../../src/event/inference-event.js';
import type { FormatFacts } from '../../src/image/format-facts.js';
import { measurementsOf, scorerChecks } from '../../src/score/checks/check-scorer.js';
import { manyProbes, simpleProbes } from '../../src/score/checks/probes.js';
import type { Probe } from '../../src/score/checks/probes.js';
import { detectionStatistics } from '../../src/score/confidence/detection-statistics.js';
import { framePrint } from '../../src/score/frame-print.js';
import { profileOf } from '../../src/score/format/format-profile.js';
import { scorers } from '../../src/score/registry.js';
import type { InputWithPixels } from '../../src/score/scorer.js';
import { signalNames } from '../../src/score/signal.js';
import { drawPlane } from '../fixtures/draw-picture.js';
import { factsOf } from '../fixtures/formats.js';
import { boxBlurred, mapped, planeOf, seeded, sharpScene } from '../fixtures/planes.js';

/*
 * Checks that hold for every registered scorer, and run by themselves on a new one; those of
 * src/score/checks hold for the user's own too. What a single scorer should see in a picture
 * stands beside it.
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
    novelty: { raw: [0, 454.5, 0.9, 3.2][at] ?? 0, shares: [], towards: [], explainedBy: [] },
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

const probes: Probe[] = [
  ...inputs.map((input, at) => ({
    ...input,
    called: `input ${at}`,
    embedding: Float32Array.of(1),
  })),
  ...simpleProbes(),
];

it('registers every signal once, in the order of signalNames', () => {
  expect(scorers.map(({ name }) => name)).toEqual(signalNames);
});

describe.each(scorers.map((scorer) => [scorer.name, scorer] as const))('%s', (_, scorer) => {
  it.each(scorerChecks)('$claim', async ({ problems }) => {
    expect(await problems(scorer, probes)).toEqual([]);
  });

  it('measures something here', async () => {
    const measurements = await measurementsOf(scorer, probes);
    expect(measurements.length).toBeGreaterThanOrEqual(4);
    expect(new Set(measurements).size).toBeGreaterThan(2);
  });

  it('bears any picture', async () => {
    const seeds = fc.integer({ min: 0, max: 2 ** 31 });
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const pictures = manyProbes(seed, 1).slice(-1);
        for (const { problems } of scorerChecks.filter(({ perInput }) => perInput)) {
          expect(await problems(scorer, pictures)).toEqual([]);
        }
      }),
      { numRuns: 5 },
    );
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

  it('says where it stands', () => {
    const standing = { lessUnusual: 0.99812, count: 5000 };
    expect(scorer.explain(scorer.fallbackLimit, standing)).toContain(
      'than 99.8 % of the 5,000 reference pictures',
    );
    expect(scorer.explain(scorer.fallbackLimit, standing)).not.toMatch(/-\d/);
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

function docs(): string {
  return readFileSync(new URL('../../docs/scores.md', import.meta.url), 'utf8');
}

function sectionOf(name: string): string {
  return docs().split(`\n## \`${name}\`\n`)[1]?.split('\n## ')[0] ?? '';
}
