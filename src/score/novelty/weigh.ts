/** Rows of surprises (combine.ts), one value a method; NaN where a method can't be had. */
export type Surprises = readonly Float64Array[];

/** What the weights are fitted on; none of it was seen by the detectors that made it. */
export interface WeighingSets {
  readonly ordinary: Surprises;
  /** One set a kind; each kind counts the same. */
  readonly spoilt: readonly Surprises[];
  /** Pictures of a class (or cluster) left out of the fit, and others held out beside it. */
  readonly leftOut: Surprises;
  readonly besideLeftOut: Surprises;
}

/** Draws the weights together: at 0 they overfit to the kinds at hand, at 10 they are equal. */
const pull = 1;
const rounds = 400;
/** Farther outliers say no more about a weight. */
const mostSurprise = 20;

/**
 * Weights, 0 up, of sum 1, by logistic regression of outliers against held-out ordinary pictures:
 * no method is the best everywhere. They are drawn towards each other, for a small reference
 * says little about them.
 */
export function fitWeights(sets: WeighingSets, usable: readonly boolean[]): readonly number[] {
  const used = usable.flatMap((can, at) => (can ? [at] : []));
  const count = used.length;
  if (count === 0) return usable.map(() => 0);
  const tasks = [
    ...taskOf(sets.ordinary, -1, count, 1, used),
    ...sets.spoilt.flatMap((set) => taskOf(set, 1, count, 1 / sets.spoilt.length, used)),
    ...taskOf(sets.besideLeftOut, -1, count + 1, 1, used),
    ...taskOf(sets.leftOut, 1, count + 1, 1, used),
  ];
  // The weights, and an offset for each of the two comparisons.
  let now = new Float64Array(count + 2).fill(0.3);
  now.fill(-1, count);
  let step = 0.05;
  let { loss, gradient } = lossAt(now, tasks, count);
  for (let round = 0; round < rounds; round += 1) {
    const next = now.map((value, at) => {
      const moved = value - step * (gradient[at] ?? 0);
      return at < count ? Math.max(0, moved) : moved;
    });
    const there = lossAt(next, tasks, count);
    if (there.loss <= loss) {
      now = next;
      ({ loss, gradient } = there);
      step *= 1.2;
    } else step *= 0.4;
  }
  const sum = now.subarray(0, count).reduce((total, weight) => total + weight, 0);
  const weights = usable.map(() => 0);
  for (const [at, method] of used.entries()) {
    weights[method] = sum > 0 ? (now[at] ?? 0) / sum : 1 / count;
  }
  return weights;
}

interface Task {
  readonly rows: readonly Float64Array[];
  readonly sign: 1 | -1;
  /** Which parameter is the offset. */
  readonly offset: number;
  readonly weight: number;
}

function taskOf(
  rows: Surprises,
  sign: 1 | -1,
  offset: number,
  weight: number,
  used: readonly number[],
): Task[] {
  if (rows.length === 0) return [];
  const kept = rows.map((row) =>
    Float64Array.from(used, (method) => {
      const value = row[method] ?? Number.NaN;
      return Number.isNaN(value) ? 0 : Math.min(mostSurprise, value);
    }),
  );
  return [{ rows: kept, sign, offset, weight: weight / kept.length }];
}

function lossAt(
  parameters: Float64Array,
  tasks: readonly Task[],
  count: number,
): { readonly loss: number; readonly gradient: Float64Array } {
  const gradient = new Float64Array(parameters.length);
  let loss = 0;
  for (const { rows, sign, offset, weight } of tasks) {
    for (const row of rows) {
      let odds = parameters[offset] ?? 0;
      for (let at = 0; at < count; at += 1) odds += (row[at] ?? 0) * (parameters[at] ?? 0);
      odds *= sign;
      loss += weight * (odds > 30 ? 0 : odds < -30 ? -odds : Math.log1p(Math.exp(-odds)));
      const slope = (-sign * weight) / (1 + Math.exp(odds));
      for (let at = 0; at < count; at += 1) {
        gradient[at] = (gradient[at] ?? 0) + slope * (row[at] ?? 0);
      }
      gradient[offset] = (gradient[offset] ?? 0) + slope;
    }
  }
  let mean = 0;
  for (let at = 0; at < count; at += 1) mean += (parameters[at] ?? 0) / count;
  for (let at = 0; at < count; at += 1) {
    const apart = (parameters[at] ?? 0) - mean;
    loss += pull * apart * apart;
    gradient[at] = (gradient[at] ?? 0) + 2 * pull * apart;
  }
  return { loss, gradient };
}
