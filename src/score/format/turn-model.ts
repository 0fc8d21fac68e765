import { quarterTurns } from '../../image/turn-plane.js';
import type { Quarters } from '../../image/turn-plane.js';
import type { EmbeddingMatrix } from '../embedding-matrix.js';
import { GrowingMatrix } from '../growing-matrix.js';
import { logOddsAlong, logisticDirection } from './logistic-direction.js';
import type { LogisticDirection } from './logistic-direction.js';

/** What tells whether a picture looks turned against the reference's, from its embedding. */
export interface TurnModel {
  /** Log-odds of being turned clockwise by 90, 180 and 270 degrees rather than not at all. */
  readonly directions: readonly [LogisticDirection, LogisticDirection, LogisticDirection];
  /**
   * From this on, the largest log-odds are worth a look at the picture turned back; few of the
   * reference's own pictures are.
   */
  readonly gate: number;
}

/** Embeddings of a picture as it is, and turned clockwise by 90, 180 and 270 degrees. */
export type Views = readonly [Float32Array, Float32Array, Float32Array, Float32Array];

export interface TurnFinding {
  /** Clockwise, from upright to how the picture is; the likeliest. */
  readonly quarters: Quarters;
  /** Of being turned rather than not, nats; negative where upright is likelier. */
  readonly logOdds: number;
}

/**
 * Three to two. What is less likely than that is no sign, however rarely the reference's own pictures
 * say as much: of turned ones that are told, one in twenty is.
 */
export const leastOdds = Math.log(1.5);

/** Ordinary pictures that are looked at twice: an inference more for each. */
const gatedShare = 0.03;
const folds = 5;
/** 1 follows the turned pictures closer than 10, and told more of them. */
const penalty = 1;

/** By how far a picture looks turned at first sight; undefined where that is not worth a second. */
export function suspectedTurn(model: TurnModel, embedding: Float32Array): Quarters | undefined {
  const { quarters, logOdds } = firstSight(model, embedding);
  return logOdds > model.gate ? quarters : undefined;
}

/**
 * By how much a picture looks turned, judged by two pictures: as it is, and turned back by what it
 * looked like at first sight, so that it looks upright if that was right. The log-odds are the mean
 * over the two. Each turn predicts how both of them look, and the one that does so best is named: a
 * mistaken first sight is put right by the second.
 */
export function findTurn(
  model: Pick<TurnModel, 'directions'>,
  firstLook: Quarters,
  { asItIs, turnedBack }: { readonly asItIs: Float32Array; readonly turnedBack: Float32Array },
): TurnFinding {
  const first = [0, ...logOddsOf(model, asItIs)];
  const back = [0, ...logOddsOf(model, turnedBack)];
  const ofTurn = (turn: number) =>
    ((first[turn] ?? 0) + (back[(turn - firstLook + 4) % 4] ?? 0)) / 2;
  const quarters = quarterTurns.reduce((best, turn) => (ofTurn(turn) > ofTurn(best) ? turn : best));
  return { quarters, logOdds: ofTurn(firstLook) - ofTurn(0) };
}

/** The turn that undoes one. */
export function backFrom(quarters: Quarters): Quarters {
  return quarters === 1 ? 3 : quarters === 3 ? 1 : 2;
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
  const ascending = first.map(({ logOdds }) => logOdds).sort((a, b) => a - b);
  const gate = Math.fround(ascending[Math.floor((1 - gatedShare) * ascending.length)] ?? 0);
  const heldOut = Float64Array.from(pictures, (views, row) => {
    const { quarters, logOdds } = first[row] ?? { quarters: 1, logOdds: gate };
    if (logOdds <= gate) return 0;
    const looks = { asItIs: views[0], turnedBack: views[backFrom(quarters)] };
    const found = findTurn(blind(row), quarters, looks).logOdds;
    return found < leastOdds ? 0 : found;
  });
  return { model: { directions: directionsOf(pictures), gate }, heldOut };
}

function firstSight(model: Pick<TurnModel, 'directions'>, embedding: Float32Array): TurnFinding {
  const found = logOddsOf(model, embedding);
  const logOdds = Math.max(...found);
  const quarters = quarterTurns[found.indexOf(logOdds)] ?? 1;
  return { quarters, logOdds };
}

function logOddsOf({ directions }: Pick<TurnModel, 'directions'>, embedding: Float32Array) {
  return directions.map((direction) => logOddsAlong(direction, embedding));
}

function directionsOf(pictures: readonly Views[]): TurnModel['directions'] {
  const upright = matrixOf(pictures.map(([view]) => view));
  const against = (turn: Quarters) => {
    const { weights, offset } = logisticDirection(
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
