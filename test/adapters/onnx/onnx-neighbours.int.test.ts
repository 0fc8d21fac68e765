import { describe } from 'vitest';
import { openOnnxNeighbours } from '../../../src/adapters/onnx/onnx-neighbours.js';
import { neighbourIndexSuite } from '../../conformance/neighbour-index.js';
import { noveltyIndexSuite } from '../../conformance/novelty-index.js';

describe('openOnnxNeighbours', () => {
  // Each run starts a thread.
  neighbourIndexSuite((matrix) => openOnnxNeighbours(matrix), 12);
  noveltyIndexSuite(openOnnxNeighbours);
});
