/**
 * Part of bench:calibration: how well references of few pictures keep the rate that is asked for.
 */
import { table } from '../src/cli/output.js';
import type { DecodedImage } from '../src/image/decoded-image.js';
import { calibrationOf } from '../src/score/calibrate.js';
import type { Reference } from '../src/score/reference.js';
import { scorers } from '../src/score/registry.js';
import type { SignalName } from '../src/score/signal.js';
import { isBeyond } from '../src/score/unusual-end.js';
import { referenceOf } from './reference-of.js';

const sizes = [50, 100, 200, 300, 500] as const;
const rates = [0.01, 0.05] as const;
const draws = 20;
const mostFresh = 400;

/**
 * Of pictures in an order that has nothing to do with what they show: references of some of them,
 * drawn again and again, and the share of others that any signal of light and quality flags.
 */
export async function reportSmallReferences(pictures: readonly DecodedImage[]): Promise<string[]> {
  const whole = await referenceOf(pictures.map((decoded, n) => ({ path: String(n), decoded })));
  const rows = sizes
    .filter((size) => 2 * size <= pictures.length)
    .map((size) => [
      String(size),
      ...rates.map((rate) => {
        let share = 0;
        for (let draw = 0; draw < draws; draw += 1) {
          share += shareFlagged(whole, size, rate, draw) / draws;
        }
        return `${(100 * share).toFixed(2)} %`;
      }),
    ]);
  return [
    `References of few pictures, ${draws} of each size; any signal of light and quality, the rate shared:`,
    '',
    ...table([['pictures in the reference', ...rates.map((rate) => `${100 * rate} %`)], ...rows]),
  ];
}

function shareFlagged(whole: Reference, size: number, rate: number, draw: number): number {
  const count = whole.items.length;
  const start = Math.floor((draw * count) / draws);
  const at = (from: number, many: number) =>
    Array.from({ length: many }, (_, n) => (start + from + n) % count);
  const own = at(0, size);
  const fresh = at(size, Math.min(mostFresh, count - size));
  const part = Object.entries(whole.measurements).map(([name, column]) => [
    name,
    Float64Array.from(own, (row) => column?.[row] ?? Number.NaN),
  ]);
  const calibration = calibrationOf({
    ...whole,
    items: own.flatMap((row) => whole.items[row] ?? []),
    measurements: Object.fromEntries(part) as Record<SignalName, Float64Array>,
  });
  const used = scorers.filter(
    ({ family, name }) => family === 'quality' && calibration.of(name) !== undefined,
  );
  const each = calibration.rateOfEach(
    used.map(({ name }) => name),
    rate,
  );
  const limits = used.map((scorer) => ({
    scorer,
    limit: calibration.of(scorer.name)?.limitFor(each) ?? Number.NaN,
  }));
  const flagged = fresh.filter((row) =>
    limits.some(({ scorer, limit }) => {
      const raw = whole.measurements[scorer.name]?.[row] ?? Number.NaN;
      return isBeyond(raw, limit, scorer);
    }),
  );
  return flagged.length / fresh.length;
}
