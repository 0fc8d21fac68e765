import type { Db } from 'mongodb';
import type { CuratedItem, CuratedSet } from '../../curate/curated-set.js';
import type { CuratedSetStore } from '../../curate/curated-set-store.js';
import { verifyCuratedSet } from '../../curate/snapshot.js';
import { publicationOf } from '../../curate/publication.js';
import { curatedSetVersion } from '../../ids.js';
import type { CuratedSetVersion } from '../../ids.js';
import { durable, guarded } from './content-addressed-bucket.js';
import { documentToSet, setToDocument } from './documents.js';
import type { CuratedItemDocument, CuratedSetDocument } from './documents.js';
import { announce } from './mongo-outbox.js';
import type { Telling } from './tell-steps.js';
import { transact, upsert } from './transactions.js';

/** Items in one request. */
const chunk = 1000;

/** Of `curated.sets`. */
export const setIndexes = [{ key: { createdAt: -1, _id: 1 }, name: 'newest-first' }] as const;

/**
 * Curated sets in the collections `curated.sets` and `curated.items`. The document in
 * `curated.sets` comes after the last item, and only that makes a set visible; what a crashed
 * publisher left is completed by the next, because the version fixes the items. The connection
 * is its opener's.
 * @throws EdgeminerError `store.unavailable`, as every method does
 */
export async function openMongoCuratedSets(
  db: Db,
  { client, messages, subscribers }: Pick<Telling, 'client' | 'messages' | 'subscribers'>,
): Promise<CuratedSetStore> {
  const sets = db.collection<CuratedSetDocument>('curated.sets', durable);
  const items = db.collection<CuratedItemDocument>('curated.items', durable);
  await guarded(() => sets.createIndexes([...setIndexes]));

  async function writeItems(set: CuratedSet): Promise<void> {
    for (let first = 0; first < set.items.length; first += chunk) {
      const writes = set.items.slice(first, first + chunk).map((item) => ({
        replaceOne: {
          filter: { _id: itemKey(set.version, item.taskId) },
          replacement: { item },
          upsert: true,
        },
      }));
      await upsert(() => items.bulkWrite(writes, { ordered: false }));
    }
  }

  async function itemsOf(version: CuratedSetVersion): Promise<CuratedItem[]> {
    const found = items
      .find({ _id: { $gte: itemKey(version, ''), $lt: `${version};` } })
      .sort({ _id: 1 })
      .batchSize(chunk);
    const all: CuratedItem[] = [];
    for await (const { item } of found) all.push(item);
    return all;
  }

  return {
    publish: (set) =>
      guarded(async () => {
        verifyCuratedSet(set);
        // The filter says `_id` already; `$setOnInsert` must not.
        const { _id, ...head } = setToDocument(set);
        if ((await sets.countDocuments({ _id }, { limit: 1 })) > 0) return 'known';
        await writeItems(set);
        return transact(client, async (session) => {
          const update = { $setOnInsert: head };
          const written = await sets.updateOne({ _id }, update, { upsert: true, session });
          if (written.upsertedCount === 0) return 'known';
          const terms = { subscribers, at: set.createdAt, session };
          await announce(messages, publicationOf(set), terms);
          return 'published';
        });
      }),

    find: (version) =>
      guarded(async () => {
        const head = await sets.findOne({ _id: version });
        if (head === null) return undefined;
        const set = documentToSet(head, await itemsOf(version));
        verifyCuratedSet(set);
        return set;
      }),

    list: () =>
      guarded(async () => {
        const heads = await sets.find().sort({ createdAt: -1, _id: 1 }).toArray();
        return heads.map(({ _id, name, createdAt, items: count }) => ({
          version: curatedSetVersion(_id),
          name,
          createdAt,
          items: count,
        }));
      }),

    async close() {
      // The connection is its opener's.
    },
  };
}

/** `;` is the character after `:`, which bounds the keys of a version. */
function itemKey(version: CuratedSetVersion, task: string): string {
  return `${version}:${task}`;
}
