import type { EmbeddingMatrix } from '../embedding-matrix.js';
import { cosineDistance } from '../exact-neighbours.js';
import { addScaled } from './principal-axes.js';

const rounds = 12;

/**
 * A group for each row, 0 up, `most` of them at most: the classes where there are any, several to
 * a group if need be; else clusters by spherical k-means (Dhillon and Modha 2001). `unit` holds
 * rows of length 1.
 */
export function groupRows(
  unit: EmbeddingMatrix,
  classes: Int32Array | undefined,
  most: number,
): number[] {
  if (classes !== undefined && new Set(classes).size > 1) {
    const known = [...new Set(classes)].sort((a, b) => a - b);
    return Array.from(classes, (name) => known.indexOf(name) % most);
  }
  return clusters(unit, most);
}

function clusters({ rows, dimensions, values }: EmbeddingMatrix, most: number): number[] {
  const count = Math.min(most, Math.floor(rows / 10));
  if (count < 2) return new Array<number>(rows).fill(0);
  let centres = firstCentres({ rows, dimensions, values }, count);
  let groups: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    groups = Array.from({ length: rows }, (_, row) => nearestCentre(row));
    const next = centres.map(() => new Float32Array(dimensions));
    for (const [row, group] of groups.entries()) {
      const sum = next[group];
      if (sum !== undefined) addScaled(sum, 0, values, row * dimensions, dimensions, 1);
    }
    centres = next.map((sum, group) => {
      const length = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0));
      return length > 0 ? sum.map((value) => value / length) : (centres[group] ?? sum);
    });
  }
  return groups;

  function nearestCentre(row: number): number {
    let best = 0;
    let least = Infinity;
    for (const [group, centre] of centres.entries()) {
      const distance = cosineDistance(values, row * dimensions, centre, 0, dimensions);
      if (distance < least) {
        least = distance;
        best = group;
      }
    }
    return best;
  }
}

/** The first row, and each time the one that lies farthest from those that were taken. */
function firstCentres(
  { rows, dimensions, values }: EmbeddingMatrix,
  count: number,
): Float32Array[] {
  const row = (at: number) => values.slice(at * dimensions, (at + 1) * dimensions);
  const centres = [row(0)];
  const distance = new Float64Array(rows).fill(Infinity);
  while (centres.length < count) {
    const last = centres.at(-1) ?? row(0);
    let farthest = 0;
    for (let at = 0; at < rows; at += 1) {
      const apart = cosineDistance(values, at * dimensions, last, 0, dimensions);
      distance[at] = Math.min(distance[at] ?? Infinity, apart);
      if ((distance[at] ?? 0) > (distance[farthest] ?? 0)) farthest = at;
    }
    centres.push(row(farthest));
  }
  return centres;
}
