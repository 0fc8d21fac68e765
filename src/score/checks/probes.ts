import { seeded } from '../../image/seeded.js';
import type { Detection, Predictions } from '../../event/inference-event.js';
import type { PixelPlane } from '../../image/decoded-image.js';
import type { FormatFacts } from '../../image/format-facts.js';
import { profileOf } from '../format/format-profile.js';
import type { FormatProfile, PictureFormat } from '../format/format-profile.js';
import { framePrint } from '../frame-print.js';
import type { InputWithPixels } from '../scorer.js';

/** An input that scorers are tried on. */
export interface Probe extends InputWithPixels {
  /** Which one it is, for people: 'a black picture of 64 x 48'. */
  readonly called: string;
  /** What scores of one's own get, beside pixels and predictions. */
  readonly embedding: Float32Array;
}

/** Red, green and blue of the pixel at x, y; clamped to 0..255. */
type Paint = (x: number, y: number) => readonly [number, number, number];

const predictions: readonly Predictions[] = [
  { kind: 'classification', classes: ['a', 'b', 'c'], probabilities: [0.2, 0.5, 0.3] },
  { kind: 'classification', classes: ['a', 'b'], probabilities: [1, 0] },
  { kind: 'classification', classes: ['a', 'b'], probabilities: [0.1, 0.05] },
  { kind: 'classification', classes: ['a'], probabilities: [0.4] },
  { kind: 'classification', classes: ['a', 'b', 'c'], logits: [-800, 3, 800] },
  { kind: 'classification', classes: ['a', 'b'], logits: [0, 0] },
  detection([]),
  detection([0.9]),
  detection([0.1, 1, 0.6]),
];

/** A few inputs that every scorer must bear: enough for a start, in milliseconds. */
export function simpleProbes(embeddingLength = usualLength): readonly Probe[] {
  const random = seeded(1);
  const probe = prober(random, embeddingLength);
  return [
    probe('a picture of squares', squares(160, 120, random), predictions[0]),
    probe('the same, with three boxes', squares(160, 120, random), predictions[8]),
    probe(
      'a black picture',
      painted(64, 48, () => grey(0)),
      predictions[1],
    ),
    probe(
      'a white picture',
      painted(64, 48, () => grey(255)),
      predictions[3],
    ),
    probe(
      'a picture of one pixel',
      painted(1, 1, () => grey(128)),
      predictions[5],
    ),
    probe('a picture without predictions', squares(96, 72, random), { kind: 'none' }),
    probe('a picture without boxes', squares(96, 72, random), predictions[6]),
  ];
}

/** Simple ones, then `count` others of any size and content; the same for the same seed. */
export function manyProbes(
  seed: number,
  count: number,
  embeddingLength = usualLength,
): readonly Probe[] {
  const random = seeded(seed);
  const probe = prober(random, embeddingLength);
  const some = Array.from({ length: count }, (_, at) => {
    const kind = kinds[at % kinds.length] ?? 'noise';
    const side = () => 1 + Math.floor(random() ** 2 * 256);
    const plane = drawn(kind, side(), side(), random);
    const given = predictions[Math.floor(random() * predictions.length)];
    return probe(`picture ${at + 1} of seed ${seed} (${kind})`, plane, given);
  });
  return [...simpleProbes(embeddingLength), ...some];
}

/** As long as the packaged embedder's. */
const usualLength = 1280;

function prober(random: () => number, length: number) {
  let count = 0;
  const formats = usualFormats();
  return (called: string, plane: PixelPlane, given: Predictions = { kind: 'none' }): Probe => {
    const at = count++;
    return {
      called: `${called}, ${plane.width} x ${plane.height}`,
      plane,
      predictions: given,
      predictionsBy: 'producer',
      neighbours: 'no-embedding',
      embedding: Float32Array.from({ length }, () => 2 * random() - 1),
      format: differing[at % differing.length],
      formats,
      ...(at % 3 === 2 ? { turn: { quarters: 1, logOdds: at } } : {}),
      previous: {
        predictions: predictions[at % predictions.length],
        occurredAt: 0,
        image: { print: framePrint(plane), inARow: 1 + at ** 2 },
      },
    };
  };
}

/** Of an ordinary camera's JPEG. */
export const usualFacts: FormatFacts = {
  width: 640,
  height: 480,
  container: 'image/jpeg',
  colourMode: 'RGB',
  bitsPerChannel: 8,
  chromaSubsampling: '4:2:0',
  scan: 'sequential',
  orientation: 1,
  colourProfile: 'none',
  compression: 'quality 90',
  camera: 'none',
  software: 'none',
};

const differing: readonly PictureFormat[] = [
  formOf({}, true),
  formOf({ width: 480, height: 640, orientation: 6 }, true),
  formOf({ colourMode: 'grey', bitsPerChannel: 16, container: 'image/png' }, false),
  formOf({ width: 700, height: 500, orientation: 8, camera: 'Maker Model' }, true),
  formOf({ width: 1, height: 3000, orientation: 3, chromaSubsampling: '4:4:4' }, false),
];

function formOf(facts: Partial<FormatFacts>, coloured: boolean): PictureFormat {
  return { facts: { ...usualFacts, ...facts }, coloured };
}

/** Mostly one form, and each of two others once. */
function usualFormats(): FormatProfile {
  return profileOf([
    ...Array.from({ length: 40 }, () => formOf({}, true)),
    ...differing.slice(1, 3),
  ]);
}

function detection(scores: readonly number[]): Detection {
  const boxes = scores.map((score, at) => ({
    label: at === 0 ? 'a' : 'b',
    score,
    x: 3 + 9 * at,
    y: 2 + 4 * at,
    width: 12,
    height: 7 + at,
  }));
  return { kind: 'detection', boxes, imageWidth: 64, imageHeight: 48 };
}

const kinds = ['squares', 'noise', 'ramp', 'one colour', 'grey', 'one channel', 'stripes'] as const;

function drawn(
  kind: (typeof kinds)[number],
  width: number,
  height: number,
  random: () => number,
): PixelPlane {
  const level = () => 256 * random();
  const colour = [level(), level(), level()] as const;
  const channel = Math.floor(3 * random());
  const period = 1 + Math.floor(16 * random());
  switch (kind) {
    case 'squares':
      return squares(width, height, random);
    case 'noise':
      return painted(width, height, () => [level(), level(), level()]);
    case 'ramp':
      return painted(width, height, (x, y) => [
        (255 * x) / width,
        (255 * y) / height,
        (255 * (x + y)) / (width + height),
      ]);
    case 'one colour':
      return painted(width, height, () => colour);
    case 'grey':
      return painted(width, height, () => grey(level()));
    case 'one channel':
      return painted(width, height, () => {
        const rgb: [number, number, number] = [0, 0, 0];
        rgb[channel] = level();
        return rgb;
      });
    case 'stripes':
      return painted(width, height, (x) => grey(255 * (Math.floor(x / period) % 2)));
  }
}

/** Hard-edged squares of every colour: bright, dark, sharp, of full contrast. */
export function squares(width: number, height: number, random: () => number): PixelPlane {
  const side = 7;
  const across = Math.ceil(width / side);
  const colours = Array.from({ length: across * Math.ceil(height / side) }, () => {
    const level = 255 * random();
    return [level, level * (0.5 + random() / 2), level * (0.5 + random() / 2)] as const;
  });
  return painted(
    width,
    height,
    (x, y) => colours[Math.floor(y / side) * across + Math.floor(x / side)] ?? grey(0),
  );
}

function painted(width: number, height: number, paint: Paint): PixelPlane {
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 3) {
      rgb.set(
        paint(x, y).map((level) => Math.min(255, Math.max(0, Math.round(level)))),
        at,
      );
    }
  }
  return { width, height, rgb };
}

function grey(level: number): readonly [number, number, number] {
  return [level, level, level];
}
