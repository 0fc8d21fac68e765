import type { PixelPlane } from '../image/decoded-image.js';

/**
 * What is kept of a frame to tell whether the next one is the same: the luma of single pixels,
 * each the middle of one of 32 x 32 equal parts. Single pixels, for means would take away the
 * grain by which a live camera's frames differ.
 */
export interface FramePrint {
  /** Of the working plane, pixels. */
  readonly width: number;
  readonly height: number;
  /** Row-major; grey levels. */
  readonly levels: Uint8Array;
  /** By sample, 1 where there is texture around it, else 0. */
  readonly textured: Uint8Array;
}

const samplesPerSide = 32;

/** Pixels to the four neighbours that tell texture. */
const reach = 3;

/**
 * Grey levels between a sample's neighbours from which on they hold texture. Smooth, black and
 * saturated parts come out equal from live cameras as well: encoders drop their grain.
 */
const texture = 8;

/** With fewer samples of texture in both frames, nothing can be told: a dark or a blank picture. */
const fewest = 32;

// Asked for by the signal and by what is remembered.
const known = new WeakMap<PixelPlane, FramePrint>();

export function framePrint(plane: PixelPlane): FramePrint {
  let print = known.get(plane);
  if (print === undefined) {
    print = sampled(plane);
    known.set(plane, print);
  }
  return print;
}

function sampled({ width, height, rgb }: PixelPlane): FramePrint {
  const levels = new Uint8Array(samplesPerSide ** 2);
  const textured = new Uint8Array(levels.length);
  const lumaAt = (at: number) => luma(rgb[at] ?? 0, rgb[at + 1] ?? 0, rgb[at + 2] ?? 0);
  const columns = steps(width, 3);
  let sample = 0;
  for (const { before, middle, after } of steps(height, 3 * width)) {
    for (const column of columns) {
      const left = lumaAt(middle + column.before);
      const right = lumaAt(middle + column.after);
      const above = lumaAt(before + column.middle);
      const below = lumaAt(after + column.middle);
      const range = Math.max(left, right, above, below) - Math.min(left, right, above, below);
      levels[sample] = lumaAt(middle + column.middle);
      textured[sample] = range >= texture ? 1 : 0;
      sample += 1;
    }
  }
  return { width, height, levels, textured };
}

/** Along one side, the bytes from its first pixel to each sample and to the neighbours of it. */
function steps(size: number, bytes: number) {
  const inside = (at: number) => bytes * Math.min(size - 1, Math.max(0, at));
  return Array.from({ length: samplesPerSide }, (_, part) => {
    const middle = Math.floor(((part + 0.5) * size) / samplesPerSide);
    return {
      before: inside(middle - reach),
      middle: inside(middle),
      after: inside(middle + reach),
    };
  });
}

/**
 * Share of the samples with texture that have the very same level in both, 0..1; undefined where
 * the sizes differ, or too few have texture. Grain makes it 0.7 or less from frame to frame of a
 * live camera, however still the scene.
 */
export function unchangedShare(a: FramePrint, b: FramePrint): number | undefined {
  if (a.width !== b.width || a.height !== b.height) return undefined;
  let compared = 0;
  let equal = 0;
  for (let sample = 0; sample < a.levels.length; sample += 1) {
    if (a.textured[sample] !== 1 || b.textured[sample] !== 1) continue;
    compared += 1;
    if (a.levels[sample] === b.levels[sample]) equal += 1;
  }
  return compared < fewest ? undefined : equal / compared;
}

/** ITU-R BT.709, as in luma.ts. */
function luma(red: number, green: number, blue: number): number {
  return (13_933 * red + 46_871 * green + 4732 * blue + 32_768) >> 16;
}
