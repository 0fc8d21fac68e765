import type { Config } from '../config/load-config.js';
import { EdgeminerError } from '../faults.js';
import type { LabelSet } from '../label/label.js';
import { labelSetChanges } from '../label/label-set-changes.js';
import type { LabelSetStore } from '../label/label-set-store.js';

/**
 * Remembers each label set of the configuration under its version, before labels are held against
 * it. Throws `config.invalid` for one whose version had another content before: labels of one
 * version would have been made against two label sets.
 */
export async function recordLabelSets(
  { labelSets }: Pick<Config, 'labelSets'>,
  store: Pick<LabelSetStore, 'record'>,
  now: number,
): Promise<void> {
  for (const labelSet of Object.values(labelSets)) {
    const answer = await store.record(labelSet, now);
    if (answer.kind === 'differs') throw changedUnderItsVersion(answer.recorded, labelSet);
  }
}

/** What to tell whoever changed a label set and not its version. */
export function changedUnderItsVersion(recorded: LabelSet, labelSet: LabelSet): EdgeminerError {
  const { name, version } = labelSet;
  const changes = labelSetChanges(recorded, labelSet).map(({ what }) => what);
  const what = changes.length === 0 ? 'It is written in another way.' : changes.join(' ');
  return new EdgeminerError(
    'config.invalid',
    `the label set '${name}' changed, and its version is still ${version}. ${what}`,
    {
      field: `labelSets.${name}.version`,
      mend: `Raise labelSets.${name}.version above ${version}, or take the change back.`,
    },
  );
}
