import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../src/image/decode.js';
import type { PixelPlane } from '../../src/image/decoded-image.js';
import { normalDeviate } from '../../src/image/normal-deviate.js';
import { sharp } from '../../src/image/sharp.js';
import { scorers } from '../../src/score/registry.js';
import type { PixelScorer } from '../../src/score/scorer.js';
import type { SignalName } from '../../src/score/signal.js';
import { seeded } from '../fixtures/planes.js';

/*
 * What every score of light and quality keeps to on any picture: it is finite and within its range,
 * grows with the strength of its own fault, and does not move with what it should ignore.
 */

const pixelScorers = scorers.filter((scorer): scorer is PixelScorer => scorer.looksAt === 'pixels');
const photos = await Promise.all(['astronaut', 'farmhouse', 'sheep', 'cat'].map(photo));

describe('on any picture', () => {
  const sizes = fc.record({
    width: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 200 })),
    height: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 200 })),
  });
  const fills = fc.oneof(
    fc.tuple(level(), level(), level()).map((colour) => () => colour),
    fc.integer().map((seed) => {
      const random = seeded(seed);
      return () => [256 * random(), 256 * random(), 256 * random()];
    }),
    // One channel alone.
    fc.record({ seed: fc.integer(), channel: fc.nat(2) }).map(({ seed, channel }) => {
      const random = seeded(seed);
      return () => [0, 1, 2].map((at) => (at === channel ? 256 * random() : 0));
    }),
    // Black and white in stripes and checks.
    fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).map(
      ([across, down]) =>
        (x: number, y: number) =>
          Array<number>(3).fill(255 * ((Math.floor(x / across) + Math.floor(y / down)) % 2)),
    ),
  );

  it('is finite and within its range', () => {
    fc.assert(
      fc.property(sizes, fills, ({ width, height }, fill) =>
        expectWithinRange(drawn(width, height, fill)),
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    [8000, 6000, 60],
    [8000, 6000, 0],
    [8000, 1, 60],
    [1, 6000, 60],
    [1, 1, 0],
  ])(
    'is so for %i x %i pixels in a file, with grain of %i',
    async (width, height, sigma) => {
      const background = { r: 200, g: 90, b: 30 };
      const noise = { type: 'gaussian', mean: 128, sigma } as const;
      const create = { width: 800, height: 600, channels: 3, background } as const;
      const tile = sharp({ create: sigma === 0 ? create : { ...create, noise } });
      const large = sharp(await tile.png().toBuffer())
        .resize(width, height, { fit: 'fill', kernel: 'nearest' })
        .jpeg({ quality: 60 });
      const { plane } = await decodeImage(await large.toBuffer(), { maxPixels: 48_000_000 });
      expect(Math.max(plane.width, plane.height)).toBe(Math.min(512, Math.max(width, height)));
      expectWithinRange(plane);
    },
    120_000,
  );
});

describe('with the strength of its own fault', () => {
  const faults: Readonly<Partial<Record<SignalName, Fault>>> = {
    dark: { strengths: [1, 0.7, 0.4, 0.2, 0.1, 0], apply: levels((v, k) => v * k) },
    'crushed-shadows': {
      strengths: [1, 1.5, 2, 3, 4, 6],
      // From shadows that are not black yet.
      apply: levels((v, g) => 255 * ((30 + 0.88 * v) / 255) ** g),
    },
    'over-exposed': { strengths: [1, 1.5, 2, 3, 5, 300], apply: levels((v, k) => v * k) },
    clipped: { strengths: [1, 1.5, 2, 3, 300], apply: levels((v, k) => (v + 1) * k) },
    'low-contrast': {
      strengths: [1, 0.7, 0.4, 0.2, 0],
      apply: levels((v, k) => 128 + (v - 128) * k),
    },
    haze: { strengths: [0, 0.2, 0.4, 0.6, 0.8, 1], apply: levels((v, k) => v * (1 - k) + 230 * k) },
    'colour-cast': {
      strengths: [0, 0.3, 0.5, 0.7, 1],
      // Towards red from grey: pictures have a cast of their own, which another may undo.
      apply: (plane, k) =>
        changed(plane, ([r, g, b]) => [(r + g + b) / 3, ...faded(k, (r + g + b) / 3)]),
    },
    'uneven-light': {
      strengths: [1, 0.6, 0.3, 0.1, 0.03],
      apply: (plane, k) =>
        changed(evened(plane), (pixel, x) =>
          2 * x < plane.width ? pixel.map((v) => v * k) : pixel,
        ),
    },
    blur: {
      strengths: [0, 1, 2, 3, 5],
      apply: (plane, reach) => smeared(smeared(plane, reach, 'x'), reach, 'y'),
    },
    'motion-blur': { strengths: [0, 1, 2, 3], apply: (plane, reach) => smeared(plane, reach, 'x') },
    noise: { strengths: [0, 5, 10, 20, 40], apply: grainy },
    compression: { strengths: [90, 50, 20, 10, 5, 2], apply: compressed },
    'low-information': {
      strengths: [1, 4, 16, 64, 256],
      apply: (plane, step) =>
        changed(plane, (pixel) => pixel.map((v) => Math.floor(v / step) * step)),
    },
    'covered-lens': {
      strengths: [0, 0.25, 0.5, 0.75, 1],
      apply: (plane, part) =>
        changed(plane, (pixel, x) => (x < part * plane.width ? [8, 8, 8] : pixel)),
    },
  };

  it.each(pixelScorers.map((scorer) => [scorer.name, scorer] as const))(
    '%s grows',
    async (name, scorer) => {
      const fault = faults[name];
      if (fault === undefined) throw new Error(`name a fault that ${name} sees`);
      const sign = scorer.unusual === 'high' ? 1 : -1;
      for (const plane of photos) {
        const raws: number[] = [];
        for (const strength of fault.strengths)
          raws.push(sign * rawOf(scorer, await fault.apply(plane, strength)));
        const [first = 0, last = 0] = [raws.at(0), raws.at(-1)];
        expect(last).toBeGreaterThan(first);
        // Rounding to 8 bits may take back a hundredth of the way.
        const slack = (last - first) / 100;
        for (const [at, raw] of raws.slice(1).entries())
          expect(raw).toBeGreaterThanOrEqual((raws[at] ?? 0) - slack);
      }
    },
    60_000,
  );
});

describe('with what it should ignore', () => {
  it('the light moves little with the size of the picture', async () => {
    for (const name of ['dark', 'over-exposed', 'colour-cast', 'uneven-light'] as const) {
      for (const plane of photos) {
        for (const factor of [0.6, 2.5]) {
          expectNear(named(name), rawOf(named(name), plane), await resized(plane, factor));
        }
      }
    }
  });

  it('nothing moves with the size of pictures beyond the working size', async () => {
    for (const plane of photos) {
      const [large, larger] = [await resized(plane, 4), await resized(plane, 7)];
      for (const scorer of pixelScorers) expectNear(scorer, rawOf(scorer, large), larger);
    }
  }, 60_000);

  it('blur and motion blur do not move with the brightness', () => {
    for (const name of ['blur', 'motion-blur'] as const) {
      for (const plane of photos) {
        const before = rawOf(named(name), plane);
        for (const light of [
          (v: number) => v / 2,
          (v: number) => v / 4,
          (v: number) => 100 + v / 4,
        ]) {
          const after = rawOf(
            named(name),
            changed(plane, (pixel) => pixel.map(light)),
          );
          expect(Math.abs(after - before)).toBeLessThan(0.1);
        }
      }
    }
  });

  it('nothing moves when left and right change sides', () => {
    for (const scorer of pixelScorers) {
      for (const plane of photos) {
        const { width, height } = plane;
        const turned = drawn(width, height, (x, y) => pixelAt(plane, width - 1 - x, y));
        const bound = (scorer.range[1] - scorer.range[0]) / 100;
        expect(Math.abs(rawOf(scorer, turned) - rawOf(scorer, plane))).toBeLessThan(bound);
      }
    }
  });
});

interface Fault {
  readonly strengths: readonly number[];
  readonly apply: (plane: PixelPlane, strength: number) => PixelPlane | Promise<PixelPlane>;
}

type Pixel = readonly [number, number, number];

function level() {
  return fc.constantFrom(0, 1, 128, 254, 255);
}

function expectWithinRange(plane: PixelPlane): void {
  for (const scorer of pixelScorers) {
    const raw = rawOf(scorer, plane);
    expect(raw, scorer.name).toSatisfy(Number.isFinite);
    expect(raw, scorer.name).toBeGreaterThanOrEqual(scorer.range[0]);
    expect(raw, scorer.name).toBeLessThanOrEqual(scorer.range[1]);
  }
}

/** Within a twentieth of the range. */
function expectNear(scorer: PixelScorer, raw: number, plane: PixelPlane): void {
  const bound = (scorer.range[1] - scorer.range[0]) / 20;
  expect(Math.abs(rawOf(scorer, plane) - raw), scorer.name).toBeLessThan(bound);
}

function rawOf(scorer: PixelScorer, plane: PixelPlane): number {
  const measured = scorer.measure({
    plane,
    predictions: { kind: 'none' },
    predictionsBy: 'producer',
    neighbours: 'no-reference',
  });
  return measured.kind === 'measured' ? measured.raw : Number.NaN;
}

function named(name: SignalName): PixelScorer {
  const scorer = pixelScorers.find((one) => one.name === name);
  if (scorer === undefined) throw new Error(`there is no ${name}`);
  return scorer;
}

async function photo(name: string): Promise<PixelPlane> {
  const bytes = await readFile(new URL(`../../demo/photos/${name}.jpg`, import.meta.url));
  const small = await sharp(bytes).resize(240, 180, { fit: 'cover' }).png().toBuffer();
  return (await decodeImage(small, { maxPixels: 1e6 })).plane;
}

function drawn(
  width: number,
  height: number,
  colour: (x: number, y: number) => readonly number[],
): PixelPlane {
  const rgb = new Uint8ClampedArray(3 * width * height);
  for (let at = 0; at < width * height; at += 1)
    rgb.set(colour(at % width, Math.floor(at / width)), 3 * at);
  return { width, height, rgb: new Uint8Array(rgb.buffer) };
}

function pixelAt({ width, height, rgb }: PixelPlane, x: number, y: number): Pixel {
  const inside = (value: number, size: number) => Math.min(size - 1, Math.max(0, value));
  const at = 3 * (inside(y, height) * width + inside(x, width));
  return [rgb[at] ?? 0, rgb[at + 1] ?? 0, rgb[at + 2] ?? 0];
}

function changed(
  plane: PixelPlane,
  change: (pixel: Pixel, x: number, y: number) => readonly number[],
): PixelPlane {
  return drawn(plane.width, plane.height, (x, y) => change(pixelAt(plane, x, y), x, y));
}

function levels(map: (level: number, strength: number) => number): Fault['apply'] {
  return (plane, strength) => changed(plane, (pixel) => pixel.map((v) => map(v, strength)));
}

/** Green and blue, the less the redder. */
function faded(k: number, grey: number): [number, number] {
  return [grey * (1 - k), grey * (1 - k)];
}

/** Without light and shade of its own over more than a tile. */
function evened(plane: PixelPlane): PixelPlane {
  return changed(plane, (pixel, x, y) => pixel.map(() => 140 + 40 * (((x >> 2) + (y >> 2)) % 2)));
}

/** The mean of 2 * reach + 1 pixels. */
function smeared(plane: PixelPlane, reach: number, along: 'x' | 'y'): PixelPlane {
  return drawn(plane.width, plane.height, (x, y) => {
    const sums = [0, 0, 0];
    for (let step = -reach; step <= reach; step += 1) {
      const pixel = along === 'x' ? pixelAt(plane, x + step, y) : pixelAt(plane, x, y + step);
      pixel.forEach((v, at) => (sums[at] = (sums[at] ?? 0) + v));
    }
    return sums.map((sum) => sum / (2 * reach + 1));
  });
}

function grainy(plane: PixelPlane, sigma: number): PixelPlane {
  const random = seeded(3);
  return changed(plane, (pixel) => {
    const grain = sigma * normalDeviate(random);
    return pixel.map((v) => v + grain);
  });
}

async function compressed(
  { width, height, rgb }: PixelPlane,
  quality: number,
): Promise<PixelPlane> {
  const raw = { width, height, channels: 3 } as const;
  const bytes = await sharp(rgb, { raw }).jpeg({ quality }).toBuffer();
  return (await decodeImage(bytes, { maxPixels: 1e6 })).plane;
}

async function resized({ width, height, rgb }: PixelPlane, factor: number): Promise<PixelPlane> {
  const raw = { width, height, channels: 3 } as const;
  const bytes = await sharp(rgb, { raw })
    .resize(Math.round(width * factor))
    .png()
    .toBuffer();
  return (await decodeImage(bytes, { maxPixels: 1e7 })).plane;
}
