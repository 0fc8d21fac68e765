import type { PixelPlane } from './decoded-image.js';
import { lumaOf } from './luma.js';

/**
 * 64-bit perceptual hash of a picture's luma, 16 lower-case hex digits: the 8 x 8
 * lowest frequencies, each compared with their median. Source: C. Zauner, Implementation and
 * Benchmarking of Perceptual Image Hash Functions (2010), the DCT hash, with area averages
 * instead of a blur before the reduction to 32 x 32.
 *
 * Copies that were resized, recompressed or brightened stay within about 10 bits; crops and
 * flips do not. A flat picture (lens cap, saturated sensor) has no frequencies but noise; its
 * hash is a bar that grows by one bit per 4 grey levels of its mean, so that two black frames
 * are near-duplicates, and a black and a white one are 64 bits apart.
 */
export function perceptualHash(plane: PixelPlane): string {
  const cells = averageCells(plane);
  const mean = cells.reduce((sum, cell) => sum + cell, 0) / cells.length;
  const variance = cells.reduce((sum, cell) => sum + (cell - mean) ** 2, 0) / cells.length;
  return variance < flatDeviation ** 2 ? levelHash(mean) : frequencyHash(cells);
}

/** Number of bits that differ, 0..64, of two hashes of `perceptualHash`. */
export function hammingDistance(a: string, b: string): number {
  let distance = 0;
  for (let at = 0; at < hashDigits; at += 8) {
    distance += bitCount(
      Number.parseInt(a.slice(at, at + 8), 16) ^ Number.parseInt(b.slice(at, at + 8), 16),
    );
  }
  return distance;
}

const hashDigits = 16;
const grid = 32;
const kept = 8;
/** Grey levels between the 32 x 32 cells below which sensor noise and JPEG blocks prevail. */
const flatDeviation = 1;

/**
 * Coefficients this close above the median count as below it. Regular patterns (stripes, weaves)
 * have most frequencies at nearly zero, where the rounding of a copy would flip coins.
 */
const deadZone = 0.5;

/** Area-weighted averages of `grid` x `grid` equal parts of the picture, whatever its size. */
function averageCells(plane: PixelPlane): Float64Array {
  const { width, height } = plane;
  const luma = lumaOf(plane);
  const columns = coverage(width);
  const rows = coverage(height);
  const cells = new Float64Array(grid * grid);
  const line = new Float64Array(grid);
  for (const [cellRow, rowParts] of rows.entries()) {
    for (const { index: y, share: rowShare } of rowParts) {
      const start = y * width;
      line.fill(0);
      for (const [cellColumn, columnParts] of columns.entries()) {
        let sum = 0;
        for (const { index: x, share } of columnParts) sum += share * (luma[start + x] ?? 0);
        line[cellColumn] = sum;
      }
      for (let column = 0; column < grid; column += 1) {
        const at = cellRow * grid + column;
        cells[at] = (cells[at] ?? 0) + rowShare * (line[column] ?? 0);
      }
    }
  }
  return cells;
}

interface Part {
  readonly index: number;
  /** Of the cell; the shares of one cell sum to 1. */
  readonly share: number;
}

function coverage(length: number): readonly (readonly Part[])[] {
  const step = length / grid;
  return Array.from({ length: grid }, (_, cell) => {
    const from = cell * step;
    const to = from + step;
    const parts: Part[] = [];
    for (let index = Math.floor(from); index < Math.min(Math.ceil(to), length); index += 1) {
      const share = (Math.min(index + 1, to) - Math.max(index, from)) / step;
      if (share > 0) parts.push({ index, share });
    }
    return parts;
  });
}

/** cosines[k * grid + i]: orthonormal DCT-II basis k at sample i. */
const cosines = Float64Array.from({ length: kept * grid }, (_, at) => {
  const frequency = Math.floor(at / grid);
  const scale = Math.sqrt((frequency === 0 ? 1 : 2) / grid);
  return scale * Math.cos(((2 * (at % grid) + 1) * frequency * Math.PI) / (2 * grid));
});

function frequencyHash(cells: Float64Array): string {
  const halfway = new Float64Array(kept * grid);
  for (let row = 0; row < grid; row += 1) {
    for (let k = 0; k < kept; k += 1) {
      let sum = 0;
      for (let i = 0; i < grid; i += 1) {
        sum += (cells[row * grid + i] ?? 0) * (cosines[k * grid + i] ?? 0);
      }
      halfway[k * grid + row] = sum;
    }
  }
  const coefficients = new Float64Array(kept * kept);
  for (let v = 0; v < kept; v += 1) {
    for (let u = 0; u < kept; u += 1) {
      let sum = 0;
      for (let row = 0; row < grid; row += 1) {
        sum += (halfway[u * grid + row] ?? 0) * (cosines[v * grid + row] ?? 0);
      }
      coefficients[v * kept + u] = sum;
    }
  }
  const sorted = Float64Array.from(coefficients).sort();
  const middle = sorted.length / 2;
  const median = ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  return hexOf((bit) => (coefficients[bit] ?? 0) > median + deadZone);
}

function levelHash(mean: number): string {
  const ones = Math.round((mean / 255) * 64);
  // The alternation keeps flat pictures away from the sparse hashes of plain ones.
  return hexOf((bit) => bit < ones !== (bit % 2 === 0));
}

function hexOf(isSet: (bit: number) => boolean): string {
  let hex = '';
  for (let digit = 0; digit < hashDigits; digit += 1) {
    let value = 0;
    for (let bit = 0; bit < 4; bit += 1) value = value * 2 + (isSet(digit * 4 + bit) ? 1 : 0);
    hex += value.toString(16);
  }
  return hex;
}

function bitCount(value: number): number {
  let count = 0;
  for (let rest = value >>> 0; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
