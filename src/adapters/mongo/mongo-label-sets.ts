import type { Db } from 'mongodb';
import { labelSetFromText, labelSetKey, labelSetText } from '../../label/label-set.js';
import { recordAgainst } from '../../label/label-set-store.js';
import type { LabelSetStore } from '../../label/label-set-store.js';
import { durable, guarded } from './content-addressed-bucket.js';
import { upsert } from './transactions.js';

/** Of the collection `label.sets`. */
interface LabelSetDocument {
  /** `name@version` */
  readonly _id: string;
  readonly name: string;
  readonly version: number;
  readonly recordedAt: number;
  /** The whole of it as canonical JSON, so that it comes back to the letter. */
  readonly body: string;
}

/** Of `label.sets`. */
export const labelSetIndexes = [{ key: { name: 1, version: -1 }, name: 'newest-first' }] as const;

/**
 * Label sets in the collection `label.sets`. The connection is its opener's.
 * @throws EdgeminerError `store.unavailable`, as every method does
 */
export async function openMongoLabelSets(db: Db): Promise<LabelSetStore> {
  const sets = db.collection<LabelSetDocument>('label.sets', durable);
  await guarded(() => sets.createIndexes([...labelSetIndexes]));

  return {
    record: (labelSet, now) =>
      guarded(async () => {
        const { name, version } = labelSet;
        const body = labelSetText(labelSet);
        const _id = labelSetKey(labelSet);
        const known = await sets.findOne({ _id });
        if (known !== null) return recordAgainst(labelSet, known.body);
        const update = { $setOnInsert: { name, version, recordedAt: now, body } };
        const written = await upsert(() => sets.updateOne({ _id }, update, { upsert: true }));
        if (written.upsertedCount === 1) return { kind: 'recorded' };
        // Another process was first.
        return recordAgainst(labelSet, (await sets.findOne({ _id }))?.body ?? body);
      }),

    find: (name, version) =>
      guarded(async () => {
        const found = await sets.findOne({ _id: labelSetKey({ name, version }) });
        return found === null ? undefined : labelSetFromText(found.body);
      }),

    list: (name) =>
      guarded(async () => {
        const found = await sets
          .find(name === undefined ? {} : { name })
          .sort({ name: 1, version: -1 })
          .toArray();
        return found.map(({ body, recordedAt }) => ({
          labelSet: labelSetFromText(body),
          recordedAt,
        }));
      }),

    async close() {
      // The connection is its opener's.
    },
  };
}
