import type { PixelPlane } from '../../image/decoded-image.js';
import { resizeRegion } from '../../image/resize-kernel.js';
import { quarterTurns, turnedPlane } from '../../image/turn-plane.js';
import { minMeasured } from '../calibrate.js';
import type { Embedder } from '../embedder.js';
import { LowestHashes } from '../lowest-hashes.js';
import { fitTurns } from './turn-model.js';
import type { TurnModel, Views } from './turn-model.js';

/** Pictures that are turned, at most: four inferences each, and 90 MB of small planes. */
const mostTurned = 300;

/** Pixels of the shorter side; what a model's input is cut from. */
const keptSide = 256;

/** What a reference in the making keeps of its pictures to learn from how upright ones look. */
export class TurnGathering {
  readonly #planes = new LowestHashes<PixelPlane>(mostTurned);

  /** `row` is the picture's place among those that were measured. */
  offer(sha256: string, row: number, plane: PixelPlane): void {
    this.#planes.offer(sha256, row, () => shrunk(plane));
  }

  /** With how far each of the rows looks turned; undefined where there are too few pictures. */
  async fit(
    embedder: Embedder,
    concurrency: number,
  ): Promise<
    | {
        readonly model: TurnModel;
        readonly heldOut: Float64Array;
        readonly rows: readonly number[];
      }
    | undefined
  > {
    const sampled = this.#planes.sorted();
    if (sampled.length < minMeasured) return undefined;
    const pictures: Views[] = [];
    const atOnce = Math.max(1, Math.ceil(concurrency / 4));
    for (let start = 0; start < sampled.length; start += atOnce) {
      const batch = sampled
        .slice(start, start + atOnce)
        .map(({ value }) => viewsOf(embedder, value));
      pictures.push(...(await Promise.all(batch)));
    }
    return { ...fitTurns(pictures), rows: sampled.map(({ row }) => row) };
  }
}

async function viewsOf(embedder: Embedder, plane: PixelPlane): Promise<Views> {
  const infer = async (view: PixelPlane) => (await embedder.infer(view)).embedding;
  const [first, ...turned] = await Promise.all([
    infer(plane),
    ...quarterTurns.map((quarters) => infer(turnedPlane(plane, quarters))),
  ]);
  const [second = first, third = first, fourth = first] = turned;
  return [first, second, third, fourth];
}

function shrunk(plane: PixelPlane): PixelPlane {
  const { width, height } = plane;
  const scale = keptSide / Math.min(width, height);
  if (scale >= 1) return plane;
  const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
  const whole = { left: 0, top: 0, width, height };
  return { ...size, rgb: resizeRegion(plane, whole, size, 'bilinear') };
}
