import type { Db } from 'mongodb';
import { EdgeminerError, isEdgeminerError } from '../../faults.js';
import { referenceId } from '../../ids.js';
import type { ModelName, ModelVersion, ReferenceId } from '../../ids.js';
import { referenceFiles, referenceFromFiles } from '../../score/reference-files.js';
import type { ReferenceStore } from '../../score/reference-store.js';
import type { Reference } from '../../score/reference.js';
import { durable, guarded, openContentAddressedBucket } from './content-addressed-bucket.js';
import { upsert } from './transactions.js';

/** Says which files of the bucket are a reference; written after them. */
interface ReferenceDocument {
  readonly _id: string;
  readonly modelName: string;
  readonly modelVersion: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

/** Says which reference a model version uses; written last. */
interface CurrentDocument {
  readonly _id: string;
  readonly modelName: string;
  readonly modelVersion: string;
  readonly reference: string;
}

/**
 * References in MongoDB: their files in the GridFS bucket `references` under their sha256, and
 * two small collections that name them. Who opened the connection of `db` closes it. `toRead` makes
 * nothing that is not there.
 * @throws EdgeminerError `store.unavailable`
 */
export async function openGridFsReferenceStore(
  db: Db,
  options: { readonly toRead?: boolean } = {},
): Promise<ReferenceStore> {
  const bucket = await openContentAddressedBucket(db, 'references', options);
  const manifests = db.collection<ReferenceDocument>('references', durable);
  const currents = db.collection<CurrentDocument>('references.current', durable);

  async function load(id: ReferenceId): Promise<Reference | undefined> {
    const manifest = await guarded(() => manifests.findOne({ _id: id }));
    if (manifest === null) return undefined;
    const files = new Map<string, Uint8Array>();
    for (const { name, sha256 } of manifest.files) {
      const found = await bucket.get(sha256);
      if (found?.intact === true) files.set(name, found.bytes);
      else throw damaged(id, `${name} is ${found === undefined ? 'missing' : 'damaged'}`);
    }
    const reference = referenceFromFiles(files);
    if (reference.id !== id) throw damaged(id, `its files are those of ${reference.id}`);
    return reference;
  }

  return {
    async publish(reference) {
      const { id, modelName, modelVersion } = reference;
      if (!(await isWhole(() => load(id)))) {
        const files: { name: string; sha256: string }[] = [];
        for (const [name, bytes] of referenceFiles(reference)) {
          const about = { filename: `${id}/${name}`, metadata: {} };
          files.push({ name, sha256: await bucket.put(bytes, about) });
        }
        const update = { $set: { modelName, modelVersion, files } };
        await guarded(() =>
          upsert(() => manifests.updateOne({ _id: id }, update, { upsert: true })),
        );
      }
      const filter = { _id: currentKey(modelName, modelVersion) };
      const update = { $set: { modelName, modelVersion, reference: id } };
      await guarded(() => upsert(() => currents.updateOne(filter, update, { upsert: true })));
    },

    async current(modelName, modelVersion) {
      const filter = { _id: currentKey(modelName, modelVersion) };
      const found = await guarded(() => currents.findOne(filter));
      return found === null ? undefined : referenceId(found.reference);
    },

    load,

    async close() {
      // The connection is its opener's.
    },
  };
}

/** One string for the two names; JSON, because either may hold any character. */
function currentKey(modelName: ModelName, modelVersion: ModelVersion): string {
  return JSON.stringify([modelName, modelVersion]);
}

/** True where the reference is stored undamaged; a damaged one is to be written again. */
async function isWhole(load: () => Promise<Reference | undefined>): Promise<boolean> {
  try {
    return (await load()) !== undefined;
  } catch (error) {
    if (isEdgeminerError(error) && error.code === 'reference.invalid') return false;
    throw error;
  }
}

function damaged(id: ReferenceId, what: string): EdgeminerError {
  return new EdgeminerError('reference.invalid', `stored reference ${id}: ${what}`, {
    field: id,
    mend: 'Publish it again with `edgeminer reference build`.',
  });
}
