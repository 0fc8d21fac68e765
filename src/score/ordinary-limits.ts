import type { Reference } from './reference.js';
import type { Scorer } from './scorer.js';
import type { SignalName } from './signal.js';
import type { Scale } from './unusual-end.js';
import { isBeyond } from './unusual-end.js';

/**
 * Of a reference's pictures, at most so many (one in any case) may be beyond any ordinary limit of a
 * family of signals for its limits to hold. Of 100 photographs of BSDS500 none is, of crops of them a
 * quarter, of 60 textures (DTD) a third, of pictures of 32 x 32 (CIFAR-10) half; of 60 sharp, grainy
 * photographs two were, by a hair.
 */
const mostBeyond = 0.05;
/** Pictures beyond a limit from which that is no accident. */
const noAccident = 2;

/**
 * The scale that each scorer is calibrated by: its own, without the `ordinaryLimit` where that is not
 * what is ordinary in this reference. Limits that its own pictures are beyond were chosen on pictures
 * of another kind, and would flag fresh ones that are like them: 11 % of crops of photographs and 9 %
 * of pictures of CIFAR-10, with 50 of them as the reference and asked for 1 %.
 */
export function scalesOf(
  { measurements }: Pick<Reference, 'measurements'>,
  scorers: readonly Scorer[],
  rows: readonly number[],
): (scorer: Scorer) => Scale {
  const beyond = new Map<Scorer, readonly number[]>();
  const rowsBeyond = (scorer: Scorer) => {
    const known = beyond.get(scorer) ?? rowsBeyondLimit(scorer, measurements[scorer.name], rows);
    beyond.set(scorer, known);
    return known;
  };
  const holds = new Map<Scorer['family'], boolean>();
  const holdsIn = (family: Scorer['family']) => {
    const all = scorers.filter((scorer) => scorer.family === family).flatMap(rowsBeyond);
    return new Set(all).size <= Math.max(1, mostBeyond * rows.length);
  };
  return (scorer) => {
    const { family, range, unusual, ordinaryLimit, usualExcess } = scorer;
    if (ordinaryLimit === undefined) return scorer;
    const held = holds.get(family) ?? holdsIn(family);
    holds.set(family, held);
    if (held && rowsBeyond(scorer).length < noAccident) return scorer;
    return { range, unusual, ...(usualExcess === undefined ? {} : { usualExcess }) };
  };
}

/** The signals whose ordinary limit is not what is ordinary in the reference. */
export function limitsThatDoNotHold(
  { measurements, items }: Pick<Reference, 'measurements' | 'items'>,
  scorers: readonly Scorer[],
): {
  readonly signals: readonly SignalName[];
  /** Pictures beyond one of their limits at least. */
  readonly rows: number;
} {
  const rows = [...items.keys()];
  const scaleOf = scalesOf({ measurements }, scorers, rows);
  const dropped = scorers.filter(
    (scorer) =>
      measurements[scorer.name] !== undefined &&
      scorer.ordinaryLimit !== undefined &&
      scaleOf(scorer).ordinaryLimit === undefined,
  );
  const beyond = dropped.flatMap((one) => rowsBeyondLimit(one, measurements[one.name], rows));
  return { signals: dropped.map(({ name }) => name), rows: new Set(beyond).size };
}

function rowsBeyondLimit(
  scorer: Scorer,
  column: Float64Array | undefined,
  rows: readonly number[],
): readonly number[] {
  const limit = scorer.ordinaryLimit;
  if (column === undefined || limit === undefined) return [];
  return rows.filter((row) => isBeyond(column[row] ?? Number.NaN, limit, scorer));
}
