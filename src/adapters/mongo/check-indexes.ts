import type { Db, IndexDescriptionInfo } from 'mongodb';
import { failed, ok } from '../../telemetry/checkup.js';
import type { Finding } from '../../telemetry/checkup.js';
import { chunkIndex } from './content-addressed-bucket.js';
import { answerIndexes } from './mongo-kept-answers.js';
import { setIndexes } from './mongo-curated-sets.js';
import { trialIndexes } from './mongo-gold-trials.js';
import { labelSetIndexes } from './mongo-label-sets.js';
import { outboxIndexes } from './mongo-outbox.js';
import { personIndexes } from './persons.js';
import { taskIndexes } from './task-filters.js';

interface Wanted {
  readonly name: string;
  readonly key: object;
  readonly unique?: boolean;
}

const wanted: Readonly<Record<string, readonly Wanted[]>> = {
  tasks: taskIndexes.map(({ name, key }) => ({ name, key })),
  persons: personIndexes,
  'gold.trials': trialIndexes,
  'curated.sets': setIndexes,
  answers: answerIndexes,
  'label.sets': labelSetIndexes,
  outbox: outboxIndexes,
  'images.chunks': [chunkIndex],
  'references.chunks': [chunkIndex],
};

/** Each index that the adapters rely on: its name, its keys in their order, its uniqueness. */
export async function checkIndexes(db: Db): Promise<Finding[]> {
  const there = new Set(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
  );
  const collections = Object.keys(wanted);
  if (!collections.some((name) => there.has(name))) {
    return [ok('indexes', 'the database is empty; the first start makes them')];
  }
  const findings: Finding[] = [];
  for (const collection of collections) {
    // GridFS of images is not used with every configuration.
    if (collection === 'images.chunks' && !there.has(collection)) continue;
    const found = there.has(collection) ? await db.collection(collection).indexes() : [];
    findings.push(...(wanted[collection] ?? []).flatMap((one) => problem(collection, one, found)));
  }
  if (findings.length > 0) return findings;
  const count = Object.values(wanted).flat().length;
  return [ok('indexes', `all ${count} are there, with their keys`)];
}

function problem(
  collection: string,
  { name, key, unique = false }: Wanted,
  found: readonly IndexDescriptionInfo[],
): Finding[] {
  const keys = JSON.stringify(key);
  const shown = `index ${name} of ${collection}`;
  const same = found.find((each) => each.name === name);
  // Another name does for one that is not asked for by it.
  const alike = same ?? found.find((each) => JSON.stringify(each.key) === keys);
  if (alike === undefined) {
    return [
      failed(
        shown,
        `is missing; its keys are ${keys}${unique ? ', unique' : ''}`,
        'Start edgeminer mine or serve once more: each start makes the indexes that are missing.',
      ),
    ];
  }
  const drop = `Drop it (db.getCollection('${collection}').dropIndex('${alike.name ?? name}')) and start edgeminer mine or serve, which makes it anew.`;
  if (JSON.stringify(alike.key) !== keys) {
    return [failed(shown, `has the keys ${JSON.stringify(alike.key)}, not ${keys}`, drop)];
  }
  if ((alike.unique ?? false) !== unique) {
    return [failed(shown, unique ? 'is not unique' : 'is unique, and must not be', drop)];
  }
  if (alike.name !== name) {
    return [failed(shown, `is called ${alike.name ?? 'nothing'}, and is asked for by name`, drop)];
  }
  return [];
}
