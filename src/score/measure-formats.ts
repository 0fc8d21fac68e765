import type { TurnGathering } from './format/turn-gathering.js';
import { profileOf } from './format/format-profile.js';
import type { FormatProfile, PictureFormat } from './format/format-profile.js';
import { scorers } from './registry.js';
import type { SignalName } from './signal.js';

/** The forms of a reference's pictures, and of each how unusual it is among the others. */
export function measureFormats(
  formats: readonly PictureFormat[],
  turned?: Awaited<ReturnType<TurnGathering['fit']>>,
): {
  readonly profile: FormatProfile;
  readonly columns: Partial<Record<SignalName, Float64Array>>;
} {
  const profile = profileOf(formats);
  const columns: Partial<Record<SignalName, Float64Array>> = {};
  const turnOf = new Map(turned?.rows.map((row, at) => [row, turned.heldOut[at] ?? 0]));
  for (const scorer of scorers) {
    if (scorer.looksAt !== 'format') continue;
    columns[scorer.name] = Float64Array.from(formats, (format, row) => {
      const logOdds = turnOf.get(row);
      // How the others look was not asked; by their tags alone they would all pass for upright.
      if (scorer.name === 'rotated' && turned !== undefined && logOdds === undefined) {
        return Number.NaN;
      }
      const measured = scorer.measure({
        plane: undefined,
        predictions: { kind: 'none' },
        predictionsBy: 'embedder',
        neighbours: 'no-reference',
        format: { ...format, counted: true },
        formats: profile,
        ...(logOdds === undefined ? {} : { turn: { quarters: 1, logOdds } }),
      });
      return measured.kind === 'measured' ? measured.raw : Number.NaN;
    });
  }
  return { profile, columns };
}
