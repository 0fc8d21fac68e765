import type { PixelPlane } from './decoded-image.js';
import { normalDeviate } from './normal-deviate.js';

/**
 * Ways in which a picture stops being like its kind, made on the decoded plane: no encoder, no
 * second decoding, the same result on every machine. References are weighed with them
 * (score/novelty); for files to try the miner on, see degrade.ts.
 */
export const spoilings = [
  'dark',
  'over-exposed',
  'steep',
  'haze',
  'colour-cast',
  'defocused',
  'moved',
  'noisy',
  'speckled',
  'compressed',
  'coarse',
  'half-covered',
  'mixed',
  'shuffled',
] as const;

export type Spoiling = (typeof spoilings)[number];

/**
 * A spoilt copy. `strength` is 0 (hardly changed) to 1 (as bad as cameras get); `random` gives
 * uniform numbers in [0, 1) and decides on directions, sides and grain. `mixed` lays `other`
 * over the picture; without another one, the picture's own mirror image.
 */
export function spoilPlane(
  plane: PixelPlane,
  kind: Spoiling,
  strength: number,
  random: () => number,
  other?: PixelPlane,
): PixelPlane {
  const short = Math.min(plane.width, plane.height);
  switch (kind) {
    case 'dark':
      return withLevels(plane, exposed(-1 - 5 * strength));
    case 'over-exposed':
      return withLevels(plane, exposed(1 + 4 * strength));
    case 'steep':
      return withLevels(plane, (level) => 255 * (level / 255) ** (1.6 + 2.4 * strength));
    case 'haze':
      return withLevels(plane, (level) => level + (200 - level) * (0.3 + 0.6 * strength));
    case 'colour-cast':
      return withCast(plane, strength, random);
    case 'defocused': {
      const reach = Math.max(1, Math.round((0.004 + 0.026 * strength) * short));
      // Three box means are close to a Gaussian one (Wells 1986).
      let rgb = plane.rgb;
      for (let pass = 0; pass < 3; pass += 1) {
        rgb = boxMean(boxMean(rgb, plane, reach, 'x'), plane, reach, 'y');
      }
      return planeWith(plane, rgb);
    }
    case 'moved': {
      const reach = Math.max(1, Math.round((0.01 + 0.06 * strength) * short));
      return planeWith(plane, boxMean(plane.rgb, plane, reach, random() < 0.5 ? 'x' : 'y'));
    }
    case 'noisy': {
      const deviation = 12 + 60 * strength;
      return planeWith(
        plane,
        clamped(plane.rgb, (level) => level + deviation * normalDeviate(random)),
      );
    }
    case 'speckled':
      return withSpeckles(plane, 0.02 + 0.13 * strength, random);
    case 'compressed':
      return withCoarseBlocks(plane, 20 + 100 * strength);
    case 'coarse':
      return inSquares(plane, Math.max(2, Math.round((0.008 + 0.04 * strength) * short)));
    case 'half-covered':
      return halfCovered(plane, 0.3 + 0.4 * strength, random);
    case 'mixed':
      return mixedWith(plane, other ?? mirrored(plane), 0.35 + 0.15 * strength);
    case 'shuffled':
      return shuffled(plane, 2 + Math.round(2 * strength), random);
  }
}

function planeWith({ width, height }: PixelPlane, rgb: Uint8Array): PixelPlane {
  return { width, height, rgb };
}

/** Each value through `change`, rounded and kept within 0..255. */
function clamped(rgb: Uint8Array, change: (level: number, at: number) => number): Uint8Array {
  // A loop: a clamped array's own `from` walks an iterator, ten times as long.
  const changed = new Uint8ClampedArray(rgb.length);
  for (let at = 0; at < rgb.length; at += 1) changed[at] = change(rgb[at] ?? 0, at);
  return new Uint8Array(changed.buffer);
}

function withLevels(plane: PixelPlane, change: (level: number) => number): PixelPlane {
  const table = Uint8ClampedArray.from({ length: 256 }, (_, level) => change(level));
  return planeWith(
    plane,
    plane.rgb.map((level) => table[level] ?? 0),
  );
}

/** So many more (or fewer) doublings of light, on the curve of IEC 61966-2-1 (sRGB). */
function exposed(stops: number): (level: number) => number {
  return (level) => {
    const coded = level / 255;
    const linear =
      (coded <= 0.04045 ? coded / 12.92 : ((coded + 0.055) / 1.055) ** 2.4) * 2 ** stops;
    return 255 * (linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055);
  };
}

/** One channel up, one down. */
function withCast(plane: PixelPlane, strength: number, random: () => number): PixelPlane {
  const up = Math.floor(3 * random());
  const down = (up + 1 + Math.floor(2 * random())) % 3;
  const gains = [1, 1, 1];
  gains[up] = 1 + 0.2 + 0.4 * strength;
  gains[down] = 1 - 0.2 - 0.5 * strength;
  return planeWith(
    plane,
    clamped(plane.rgb, (level, at) => level * (gains[at % 3] ?? 1)),
  );
}

/** The mean over the values that are at most `reach` away along one axis; edges are repeated. */
function boxMean(
  rgb: Uint8Array,
  { width, height }: PixelPlane,
  reach: number,
  axis: 'x' | 'y',
): Uint8Array {
  const mean = new Uint8Array(rgb.length);
  const [lines, length] = axis === 'x' ? [height, width] : [width, height];
  const step = axis === 'x' ? 3 : 3 * width;
  const span = 2 * reach + 1;
  // One line with its edges repeated.
  const padded = new Uint8Array(length + span);
  for (let line = 0; line < lines; line += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const start = channel + line * (axis === 'x' ? 3 * width : 3);
      for (let place = 0; place < padded.length; place += 1) {
        const inside = Math.min(length - 1, Math.max(0, place - reach));
        padded[place] = rgb[start + step * inside] ?? 0;
      }
      let sum = 0;
      for (let place = 0; place < span; place += 1) sum += padded[place] ?? 0;
      for (let place = 0; place < length; place += 1) {
        mean[start + step * place] = Math.round(sum / span);
        sum += (padded[place + span] ?? 0) - (padded[place] ?? 0);
      }
    }
  }
  return mean;
}

/** That share of the pixels black or white. */
function withSpeckles(plane: PixelPlane, share: number, random: () => number): PixelPlane {
  const rgb = plane.rgb.slice();
  for (let at = 0; at < rgb.length; at += 3) {
    const drawn = random();
    if (drawn >= share) continue;
    const level = drawn < share / 2 ? 0 : 255;
    rgb[at] = level;
    rgb[at + 1] = level;
    rgb[at + 2] = level;
  }
  return planeWith(plane, rgb);
}

/** Blocks of 8 x 8 whose cosine transform is rounded to multiples of `step` (grey levels). */
function withCoarseBlocks(plane: PixelPlane, step: number): PixelPlane {
  const { width, height } = plane;
  const rgb = plane.rgb.slice();
  const [block, between, coded] = [square(), square(), square()];
  const places = new Int32Array(64);
  for (let top = 0; top + 8 <= height; top += 8) {
    for (let left = 0; left + 8 <= width; left += 8) {
      for (let channel = 0; channel < 3; channel += 1) {
        for (let i = 0; i < 64; i += 1) {
          const place = ((top + (i >> 3)) * width + left + (i & 7)) * 3 + channel;
          places[i] = place;
          block[i] = rgb[place] ?? 0;
        }
        transform(block, cosines, between);
        transform(between, cosines, coded);
        // Coarser towards high frequencies, as the tables of JPEG (ITU-T T.81, annex K) are.
        for (let i = 0; i < 64; i += 1) {
          const coarse = i === 0 ? step / 2 : step * (1 + ((i >> 3) + (i & 7)) / 4);
          coded[i] = Math.round((coded[i] ?? 0) / coarse) * coarse;
        }
        transform(coded, transposedCosines, between);
        transform(between, transposedCosines, block);
        for (let i = 0; i < 64; i += 1) {
          rgb[places[i] ?? 0] = Math.min(255, Math.max(0, Math.round(block[i] ?? 0)));
        }
      }
    }
  }
  return planeWith(plane, rgb);
}

const square = () => new Float64Array(64);

/** The orthonormal cosine transform of 8 values (DCT-II), and its inverse. */
const cosines = Float64Array.from({ length: 64 }, (_, i) => {
  const frequency = i >> 3;
  const scale = Math.sqrt((frequency === 0 ? 1 : 2) / 8);
  return scale * Math.cos((Math.PI * frequency * (2 * (i & 7) + 1)) / 16);
});
const transposedCosines = cosines.map((_, i) => cosines[(i & 7) * 8 + (i >> 3)] ?? 0);

/** transposed(matrix x block), so that twice does rows and columns. */
function transform(block: Float64Array, matrix: Float64Array, result: Float64Array): void {
  for (let row = 0; row < 8; row += 1) {
    for (let column = 0; column < 8; column += 1) {
      let sum = 0;
      for (let k = 0; k < 8; k += 1)
        sum += (matrix[row * 8 + k] ?? 0) * (block[k * 8 + column] ?? 0);
      result[column * 8 + row] = sum;
    }
  }
}

/** Squares of one colour: the pixel in their middle. */
function inSquares(plane: PixelPlane, side: number): PixelPlane {
  const { width, height } = plane;
  const middle = (at: number, size: number) =>
    Math.min(size - 1, Math.floor(at / side) * side + (side >> 1));
  return moved(plane, (x, y) => middle(y, height) * width + middle(x, width));
}

function mirrored(plane: PixelPlane): PixelPlane {
  return moved(plane, (x, y) => y * plane.width + (plane.width - 1 - x));
}

/** Tiles in another order. */
function shuffled(plane: PixelPlane, across: number, random: () => number): PixelPlane {
  const wide = Math.floor(plane.width / across);
  const high = Math.floor(plane.height / across);
  const order = Array.from({ length: across * across }, (_, tile) => ({ tile, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ tile }) => tile);
  return moved(plane, (x, y) => {
    if (x >= wide * across || y >= high * across) return y * plane.width + x;
    const from = order[Math.floor(y / high) * across + Math.floor(x / wide)] ?? 0;
    const row = Math.floor(from / across) * high + (y % high);
    return row * plane.width + (from % across) * wide + (x % wide);
  });
}

/** Each pixel from another place, of another picture if there is one. */
function moved(
  plane: PixelPlane,
  from: (x: number, y: number) => number,
  source = plane.rgb,
): PixelPlane {
  const rgb = new Uint8Array(plane.rgb.length);
  let at = 0;
  for (let y = 0; y < plane.height; y += 1) {
    for (let x = 0; x < plane.width; x += 1, at += 3) {
      const start = 3 * from(x, y);
      rgb[at] = source[start] ?? 0;
      rgb[at + 1] = source[start + 1] ?? 0;
      rgb[at + 2] = source[start + 2] ?? 0;
    }
  }
  return planeWith(plane, rgb);
}

/** A dark area from one of the four sides. */
function halfCovered(plane: PixelPlane, share: number, random: () => number): PixelPlane {
  const { width, height } = plane;
  const side = Math.floor(4 * random());
  const level = 40 * random();
  const covered = (x: number, y: number): boolean => {
    switch (side) {
      case 0:
        return x < share * width;
      case 1:
        return x >= (1 - share) * width;
      case 2:
        return y < share * height;
      default:
        return y >= (1 - share) * height;
    }
  };
  return planeWith(
    plane,
    clamped(plane.rgb, (before, at) => {
      const pixel = Math.floor(at / 3);
      return covered(pixel % width, Math.floor(pixel / width)) ? level : before;
    }),
  );
}

/** `share` of the other picture, stretched to the size, over this one. */
function mixedWith(plane: PixelPlane, other: PixelPlane, share: number): PixelPlane {
  const { width, height } = plane;
  const above = moved(
    plane,
    (x, y) => {
      const row = Math.floor((y * other.height) / height);
      return row * other.width + Math.floor((x * other.width) / width);
    },
    other.rgb,
  ).rgb;
  return planeWith(
    plane,
    clamped(plane.rgb, (level, at) => level + ((above[at] ?? 0) - level) * share),
  );
}
