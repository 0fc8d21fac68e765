import { rowOf } from './embedding-matrix.js';
import type { EmbeddingMatrix } from './embedding-matrix.js';
import { checkLength, cosineDistance, NearestSoFar, normalisedRows } from './exact-neighbours.js';
import type { NeighbourIndex, OpenNeighbours } from './neighbours.js';
import { spread } from './novelty/detectors.js';
import { principalAxes } from './novelty/principal-axes.js';
import { rowProducts } from './row-products.js';

/**
 * Rows from which a shortlist pays: below, comparing with all of them costs less than a tenth of
 * an inference.
 */
export const shortlistFrom = 10_000;

/** Axes that the shortlist is made on, and how much longer it is than what is asked for. */
const axesKept = 96;
const leastShortlist = 200;
const shortlistPerAsked = 20;
/** Rows that the axes are fitted on. */
const fittedOn = 1000;

/**
 * Nearest neighbours in two steps: a shortlist by the embeddings' main directions alone, a thirteenth
 * of their length, then the exact distances of those on it. Distances are exact; a neighbour may
 * be missed (docs/performance.md has the measured share). Opens in seconds for 50,000 rows, with
 * turns for others in between.
 */
export async function openShortlistedNeighbours(
  matrix: EmbeddingMatrix,
  open: OpenNeighbours,
): Promise<NeighbourIndex> {
  const { rows, dimensions } = matrix;
  const unit: EmbeddingMatrix = { rows, dimensions, values: normalisedRows(matrix) };
  const axes = mainDirections(unit);
  const kept = axes.rows;
  const projected = new Float32Array(rows * kept);
  for (let row = 0; row < rows; row += 1) {
    projected.set(rowProducts(axes, rowOf(unit, row)), row * kept);
    if (row % 256 === 255) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  const coarse = await open({ rows, dimensions: kept, values: projected });

  return {
    size: rows,
    dimensions,
    async nearest(embedding, k) {
      checkLength(embedding, dimensions);
      const query = normalisedRows({ rows: 1, dimensions, values: embedding });
      const seen = Float32Array.from(rowProducts(axes, query));
      const length = Math.max(leastShortlist, shortlistPerAsked * k);
      const shortlist = await coarse.nearest(seen, Math.min(rows, length));
      const nearest = new NearestSoFar(Math.min(k, rows));
      // By row, so that of equal ones the lower comes first.
      for (const { index } of shortlist.toSorted((a, b) => a.index - b.index)) {
        nearest.offer(index, cosineDistance(unit.values, index * dimensions, query, 0, dimensions));
      }
      return nearest.found;
    },
    close: () => coarse.close(),
  };
}

/** Of the rows as they are, not of their spread about the mean: products are to be kept. */
function mainDirections(unit: EmbeddingMatrix): EmbeddingMatrix {
  const sample = spread(unit, fittedOn);
  const origin = new Float32Array(unit.dimensions);
  const { axes } = principalAxes(sample, {
    centre: origin,
    most: Math.min(axesKept, unit.dimensions),
  });
  // Nothing but zeros has no directions.
  const values = axes.length > 0 ? axes : origin.fill(1, 0, 1);
  return { rows: values.length / unit.dimensions, dimensions: unit.dimensions, values };
}
