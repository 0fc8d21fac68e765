import type { Quarters } from '../../image/turn-plane.js';
import type { EmbeddingMatrix } from '../embedding-matrix.js';
import { GrowingMatrix } from '../growing-matrix.js';
import { exposedDirection, exposedScore } from '../novelty/outlier-exposure.js';
import type { ExposedDirection } from '../novelty/outlier-exposure.js';

/** What tells whether a picture looks turned against the reference's, from its embedding. */
export interface TurnModel {
  /** Log-odds of being turned clockwise by 90, 180 and 270 degrees rather than not at all. */
  readonly directions: readonly [ExposedDirection, ExposedDirection, ExposedDirection];
  /**
   * From this on, the largest log-odds are worth a look at the picture's turned copies; one in
   * twenty of the reference's own pictures is.
   */
  readonly gate: number;
}

/** Embeddings of a picture as it is, and turned clockwise by 90, 180 and 270 degrees. */
export type Views = readonly [Float32Array, Float32Array, Float32Array, Float32Array];

export interface TurnFinding {
  /** Clockwise, from upright to how the picture is. */
  readonly quarters: Quarters;
  /** Of that turn rather than none, nats; negative where upright is likelier. */
  readonly logOdds: number;
}

/** Ordinary pictures that are looked at more closely. */
const gatedShare = 0.05;
const folds = 5;
/** Of outlier-exposure.ts: 1 follows the turned pictures closer than 10, and told more of them. */
const penalty = 1;

/** Whether a picture looks turned at first sight; what is turned most often is. */
export function mayBeTurned(model: TurnModel, embedding: Float32Array): boolean {
  return firstSight(model, embedding) > model.gate;
}

/**
 * By how much a picture looks turned. Each of its views is one picture more to judge by: a view
 * that is turned twice as far, where the picture is turned once. The mean over the four.
 */
export function findTurn(model: TurnModel, views: Views): TurnFinding {
  const scores = views.map((view) => [0, ...logOddsOf(model, view)]);
  const along = [0, 1, 2, 3].map((turn) =>
    scores.reduce((sum, each, view) => sum + (each[(turn + view) % 4] ?? 0), 0),
  );
  const over = (turn: number) => ((along[turn] ?? 0) - (along[0] ?? 0)) / views.length;
  const quarters = ([1, 2, 3] as const).reduce<Quarters>(
    (most, turn) => (over(turn) > over(most) ? turn : most),
    1,
  );
  return { quarters, logOdds: over(quarters) };
}

/**
 * Learns from a reference's own pictures and their turned copies how upright ones look (after
 * Gidaris, Singh and Komodakis 2018), and how far each picture looks turned by a model that did not
 * see it: NaN-free, in the order of the pictures; 0 where it is not worth a second look.
 */
export function fitTurns(pictures: readonly Views[]): {
  readonly model: TurnModel;
  readonly heldOut: Float64Array;
} {
  const byFold = Array.from({ length: folds }, (_, fold) =>
    directionsOf(pictures.filter((_views, row) => row % folds !== fold)),
  );
  const blind = (row: number): Pick<TurnModel, 'directions'> => ({
    directions: byFold[row % folds] ?? directionsOf(pictures),
  });
  const first = pictures.map(([upright], row) => firstSight(blind(row), upright));
  const ascending = first.toSorted((a, b) => a - b);
  const gate = Math.fround(ascending[Math.floor((1 - gatedShare) * ascending.length)] ?? 0);
  const heldOut = Float64Array.from(pictures, (views, row) =>
    (first[row] ?? 0) > gate ? Math.max(0, findTurn({ ...blind(row), gate }, views).logOdds) : 0,
  );
  return { model: { directions: directionsOf(pictures), gate }, heldOut };
}

function firstSight(model: Pick<TurnModel, 'directions'>, embedding: Float32Array): number {
  return Math.max(...logOddsOf(model, embedding));
}

function logOddsOf({ directions }: Pick<TurnModel, 'directions'>, embedding: Float32Array) {
  return directions.map((direction) => exposedScore(direction, embedding));
}

function directionsOf(pictures: readonly Views[]): TurnModel['directions'] {
  const upright = matrixOf(pictures.map(([view]) => view));
  const against = (turn: Quarters) => {
    const { weights, offset } = exposedDirection(
      upright,
      matrixOf(pictures.map((views) => views[turn])),
      penalty,
    );
    // As turns.npy holds it.
    return { weights, offset: Math.fround(offset) };
  };
  return [against(1), against(2), against(3)];
}

function matrixOf(rows: readonly Float32Array[]): EmbeddingMatrix {
  const growing = new GrowingMatrix();
  for (const row of rows) growing.append(row);
  return growing.matrix() ?? { rows: 0, dimensions: 0, values: new Float32Array() };
}
