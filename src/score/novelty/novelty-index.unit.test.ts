import { describe } from 'vitest';
import { neighbourIndexSuite } from '../../../test/conformance/neighbour-index.js';
import { noveltyIndexSuite } from '../../../test/conformance/novelty-index.js';
import { exactNeighbours } from '../exact-neighbours.js';
import { detectingIndex } from './novelty-index.js';

describe('detectingIndex', () => {
  neighbourIndexSuite(async (matrix) => detectingIndex(exactNeighbours(matrix), undefined));
  noveltyIndexSuite(async (matrix, detectors) =>
    detectingIndex(exactNeighbours(matrix), detectors),
  );
});
