import { EdgeminerError } from '../faults.js';

/** Called with the positions of two near-duplicates, `first` below `second`. */
export type PairVisitor = (first: number, second: number) => void;

const bandCount = 4;
const bandBits = 16;
const bandValues = 1 << bandBits;

/**
 * Visits pairs of 64-bit hashes (16 hex digits each) that differ in at most `maxBits` bits.
 * Equal hashes are visited with the first of their kind only, and all other near pairs between
 * those firsts, some more than once: enough to link every pair.
 *
 * Multi-index hashing (Norouzi, Punjani, Fleet: Fast Search in Hamming Space with Multi-Index
 * Hashing, CVPR 2012): two hashes within `maxBits` are within `maxBits / 4` in one of four
 * bands of 16 bits, so only the buckets around each band's value are looked into. Where that
 * would be more work than all pairs (few hashes, or wide distances), all pairs are compared.
 */
export function visitNearDuplicates(
  hashes: readonly string[],
  maxBits: number,
  visit: PairVisitor,
): void {
  const firstOf = new Map<string, number>();
  const positions: number[] = [];
  hashes.forEach((hash, position) => {
    const key = hash.toLowerCase();
    const first = firstOf.get(key);
    if (first === undefined) {
      firstOf.set(key, position);
      positions.push(position);
    } else visit(first, position);
  });
  const words = wordsOf([...firstOf.keys()]);
  const count = positions.length;
  const near = (a: number, b: number): void => {
    const distance =
      bitsOf((words[2 * a] ?? 0) ^ (words[2 * b] ?? 0)) +
      bitsOf((words[2 * a + 1] ?? 0) ^ (words[2 * b + 1] ?? 0));
    if (distance <= maxBits) visit(positions[a] ?? 0, positions[b] ?? 0);
  };
  const radii = bandRadii(maxBits);
  const lookups = radii.reduce((sum, radius) => sum + ballSize(radius), 0);
  if (lookups >= count / 2) {
    for (let b = 1; b < count; b++) for (let a = 0; a < b; a++) near(a, b);
    return;
  }
  radii.forEach((radius, band) => {
    if (radius >= 0) visitBand(words, band, radius, near);
  });
}

/**
 * How far each band has to be searched. If the first `maxBits % 4 + 1` bands all differed in
 * more than `maxBits / 4` bits and the others in at least as many, the hashes would differ in
 * more than `maxBits`. -1: not at all.
 */
function bandRadii(maxBits: number): number[] {
  const radius = Math.floor(maxBits / bandCount);
  const full = (maxBits % bandCount) + 1;
  return Array.from({ length: bandCount }, (_, band) => (band < full ? radius : radius - 1));
}

/** Compares the hashes whose values in this band are within `radius` bits. */
function visitBand(
  words: Uint32Array,
  band: number,
  radius: number,
  compare: (a: number, b: number) => void,
): void {
  const count = words.length / 2;
  const values = new Uint16Array(count);
  for (let index = 0; index < count; index++) values[index] = bandOf(words, index, band);
  // Buckets laid end to end: those of value v are members[starts[v] .. starts[v + 1]], ascending.
  const starts = new Uint32Array(bandValues + 1);
  for (const value of values) starts[value + 1] = (starts[value + 1] ?? 0) + 1;
  for (let value = 0; value < bandValues; value++) {
    starts[value + 1] = (starts[value + 1] ?? 0) + (starts[value] ?? 0);
  }
  const next = starts.slice();
  const members = new Uint32Array(count);
  values.forEach((value, index) => {
    const at = next[value] ?? 0;
    members[at] = index;
    next[value] = at + 1;
  });
  const masks = masksWithin(radius);
  for (let b = 0; b < count; b++) {
    const value = values[b] ?? 0;
    for (const mask of masks) {
      const bucket = value ^ mask;
      const end = starts[bucket + 1] ?? 0;
      for (let at = starts[bucket] ?? 0; at < end; at++) {
        const a = members[at] ?? 0;
        if (a >= b) break;
        compare(a, b);
      }
    }
  }
}

function bandOf(words: Uint32Array, index: number, band: number): number {
  const word = words[2 * index + (band >> 1)] ?? 0;
  return band % 2 === 0 ? word >>> bandBits : word & (bandValues - 1);
}

/** All values of a band with at most `radius` bits set. */
function masksWithin(radius: number): Uint16Array {
  return Uint16Array.from(
    Array.from({ length: bandValues }, (_, mask) => mask).filter((mask) => bitsOf(mask) <= radius),
  );
}

/** Number of values within `radius` bits of a value: a sum of binomial coefficients. */
function ballSize(radius: number): number {
  let size = 0;
  let choices = 1;
  for (let bits = 0; bits <= Math.min(radius, bandBits); bits++) {
    size += choices;
    choices = (choices * (bandBits - bits)) / (bits + 1);
  }
  return size;
}

function wordsOf(hashes: readonly string[]): Uint32Array {
  const words = new Uint32Array(2 * hashes.length);
  hashes.forEach((hash, index) => {
    if (!/^[0-9a-f]{16}$/.test(hash)) {
      throw new EdgeminerError('input.invalid', `'${hash}' is no 64-bit perceptual hash.`, {
        field: 'image.perceptualHash',
        mend: 'Give 16 hex digits, as the miner writes them.',
      });
    }
    words[2 * index] = Number.parseInt(hash.slice(0, 8), 16);
    words[2 * index + 1] = Number.parseInt(hash.slice(8), 16);
  });
  return words;
}

/** Set bits of a 32-bit word, counted in parallel within it. */
function bitsOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
