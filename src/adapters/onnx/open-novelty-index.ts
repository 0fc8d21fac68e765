import { detectingIndex } from '../../score/novelty/novelty-index.js';
import type { OpenNoveltyIndex } from '../../score/novelty/novelty-index.js';
import { openShortlistedNeighbours, shortlistFrom } from '../../score/shortlisted-neighbours.js';
import { openOnnxNeighbours } from './onnx-neighbours.js';

/** The index that suits a reference's size; in large ones the methods run on the calling thread. */
export const openNoveltyIndex: OpenNoveltyIndex = async (matrix, detectors) =>
  matrix.rows < shortlistFrom
    ? openOnnxNeighbours(matrix, detectors)
    : detectingIndex(await openShortlistedNeighbours(matrix, openOnnxNeighbours), detectors);
