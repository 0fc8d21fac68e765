import { describe, expect, it } from 'vitest';
import { neighbourIndexSuite } from '../../test/conformance/neighbour-index.js';
import { seeded } from '../../test/fixtures/planes.js';
import { exactNeighbours } from './exact-neighbours.js';
import { openShortlistedNeighbours } from './shortlisted-neighbours.js';

const openExact = async (matrix: Parameters<typeof exactNeighbours>[0]) => exactNeighbours(matrix);

describe('openShortlistedNeighbours', () => {
  neighbourIndexSuite((matrix) => openShortlistedNeighbours(matrix, openExact));

  it(
    'finds nearly all neighbours among more rows than a shortlist holds',
    { timeout: 30_000 },
    async () => {
      const random = seeded(4);
      const [rows, dimensions, latent] = [1500, 160, 20];
      const mixing = Float32Array.from({ length: latent * dimensions }, () => random() - 0.5);
      const values = new Float32Array(rows * dimensions);
      for (let row = 0; row < rows; row += 1) {
        for (let axis = 0; axis < latent; axis += 1) {
          const along = random() - 0.5;
          for (let at = 0; at < dimensions; at += 1) {
            const place = row * dimensions + at;
            const noise = 0.05 * (random() - 0.5);
            values[place] =
              (values[place] ?? 0) + along * (mixing[axis * dimensions + at] ?? 0) + noise;
          }
        }
      }
      const matrix = { rows, dimensions, values };
      const index = await openShortlistedNeighbours(matrix, openExact);
      const exact = exactNeighbours(matrix);
      let hits = 0;
      for (let row = 0; row < 100; row += 1) {
        const query = values.slice(row * dimensions, (row + 1) * dimensions);
        const truth = await exact.nearest(query, 5);
        const found = await index.nearest(query, 5);
        hits += found.filter((one) => truth.some((other) => other.index === one.index)).length;
        expect(found[0]).toEqual(truth[0]);
      }
      expect(hits / 500).toBeGreaterThanOrEqual(0.98);
      await index.close();
    },
  );
});
