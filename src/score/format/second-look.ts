import type { PixelPlane } from '../../image/decoded-image.js';
import { turnedPlane } from '../../image/turn-plane.js';
import type { Embedder } from '../embedder.js';
import { backFrom, findTurn, suspectedTurn } from './turn-model.js';
import type { TurnFinding, TurnModel } from './turn-model.js';

/**
 * How far a picture looks turned; undefined where it looks upright at first sight. The second look,
 * at the picture turned back, takes one inference more.
 */
export async function turnOf(
  plane: PixelPlane,
  asItIs: Float32Array,
  model: TurnModel,
  embedder: Embedder,
): Promise<TurnFinding | undefined> {
  const quarters = suspectedTurn(model, asItIs);
  if (quarters === undefined) return undefined;
  const { embedding: turnedBack } = await embedder.infer(turnedPlane(plane, backFrom(quarters)));
  return findTurn(model, quarters, { asItIs, turnedBack });
}
