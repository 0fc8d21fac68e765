import { minMeasured } from '../calibrate.js';
import type { Reference } from '../reference.js';
import type { OwnScorer } from '../scorer.js';
import type { OwnSignalName } from '../signal.js';

/** A score of the user's own that a reference does not calibrate, and why. */
export interface Uncalibrated {
  readonly name: OwnSignalName;
  readonly why: 'not-measured' | 'too-few' | 'changed-since';
}

/** Those that a reference was built without, or before they became what they are. */
export function uncalibratedBy(
  { measurements, own = {} }: Reference,
  scorers: readonly OwnScorer[],
): readonly Uncalibrated[] {
  return scorers.flatMap(({ name, fingerprint }): Uncalibrated[] => {
    const column = measurements[name];
    if (column === undefined) return [{ name, why: 'not-measured' }];
    if (own[name] !== fingerprint) return [{ name, why: 'changed-since' }];
    const measured = column.filter((raw) => !Number.isNaN(raw)).length;
    return measured < minMeasured ? [{ name, why: 'too-few' }] : [];
  });
}

/** For people: 'own:rust (not measured)'. */
export function uncalibratedText(found: readonly Uncalibrated[]): string {
  return found.map(({ name, why }) => `${name} (${why.replaceAll('-', ' ')})`).join(', ');
}
