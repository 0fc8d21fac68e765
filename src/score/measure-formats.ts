import { profileOf } from './format/format-profile.js';
import type { FormatProfile, PictureFormat } from './format/format-profile.js';
import { scorers } from './registry.js';
import type { SignalName } from './signal.js';

/** The forms of a reference's pictures, and of each how unusual it is among the others. */
export function measureFormats(formats: readonly PictureFormat[]): {
  readonly profile: FormatProfile;
  readonly columns: Partial<Record<SignalName, Float64Array>>;
} {
  const profile = profileOf(formats);
  const columns: Partial<Record<SignalName, Float64Array>> = {};
  for (const scorer of scorers) {
    if (scorer.looksAt !== 'format') continue;
    columns[scorer.name] = Float64Array.from(formats, (format) => {
      const measured = scorer.measure({
        plane: undefined,
        predictions: { kind: 'none' },
        predictionsBy: 'embedder',
        neighbours: 'no-reference',
        format: { ...format, counted: true },
        formats: profile,
      });
      return measured.kind === 'measured' ? measured.raw : Number.NaN;
    });
  }
  return { profile, columns };
}
