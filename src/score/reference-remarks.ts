import { calibrationOf } from './calibrate.js';
import { limitsThatDoNotHold } from './ordinary-limits.js';
import type { Reference } from './reference.js';
import { scorers as builtIn } from './registry.js';
import type { Scorer } from './scorer.js';
import type { SignalName } from './signal.js';
import { atDistance, isBeyond } from './unusual-end.js';

/** What whoever builds a reference should know of what it can't tell. */
export type ReferenceRemark =
  /** Fewer pictures than have a quantile of the rate: limits are extrapolated. */
  | { readonly kind: 'few-pictures'; readonly enough: number }
  /** Its own pictures are beyond what few photographs are, so their tails alone set the limits. */
  | {
      readonly kind: 'limits-do-not-hold';
      readonly signals: readonly SignalName[];
      /** Pictures beyond one of these limits at least. */
      readonly pictures: number;
    }
  /** More of its pictures than the rate are as unusual as can be, so that no picture is beyond them. */
  | {
      readonly kind: 'can-not-flag';
      readonly signal: SignalName;
      /** Share of the measured pictures that lie at the end, 0..1. */
      readonly atEnd: number;
    };

/** @param rate false alarms that are asked for, 0..1. */
export function remarksOn(
  reference: Omit<Reference, 'embeddings'>,
  rate: number,
  scorers: readonly Scorer[] = builtIn,
): readonly ReferenceRemark[] {
  const calibration = calibrationOf(reference, scorers);
  const { signals, rows } = limitsThatDoNotHold(reference, scorers);
  const limits: ReferenceRemark[] =
    signals.length === 0 ? [] : [{ kind: 'limits-do-not-hold', signals, pictures: rows }];
  const stuck = scorers.flatMap((scorer): ReferenceRemark[] => {
    const known = calibration.of(scorer.name);
    const end = atDistance(0, scorer);
    if (known === undefined || isBeyond(end, known.limitFor(rate), scorer)) return [];
    return [
      { kind: 'can-not-flag', signal: scorer.name, atEnd: 1 - known.standing(end).lessUnusual },
    ];
  });
  const enough = Math.ceil(1 / rate - 1e-9) - 1;
  const few: ReferenceRemark[] =
    reference.items.length < enough ? [{ kind: 'few-pictures', enough }] : [];
  return [...few, ...limits, ...stuck];
}
