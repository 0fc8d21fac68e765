import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EdgeminerError, isEdgeminerError } from '../../faults.js';
import { referenceId } from '../../ids.js';
import type { ModelName, ModelVersion, ReferenceId } from '../../ids.js';
import type { ReferenceStore } from '../../score/reference-store.js';
import type { Reference } from '../../score/reference.js';
import { diskFault, makeFolderDurably, systemCode, writeDurably } from './durable-write.js';
import {
  readReferenceFolder,
  refuseForeignFolder,
  writeReferenceFolder,
} from './reference-folder.js';

export { readReferenceFolder, refuseForeignFolder, writeReferenceFolder };

const hexId = z.string().regex(/^[0-9a-f]{64}$/);
const pointerSchema = z.strictObject({
  modelName: z.string(),
  modelVersion: z.string(),
  reference: hexId,
});

/**
 * References as folders under their id, and in `current` one small file per model and version
 * that names the reference in use. Several processes may share the folder.
 */
export async function openDirectoryReferenceStore(options: {
  path: string;
}): Promise<ReferenceStore> {
  const { path: root } = options;
  try {
    await makeFolderDurably(join(root, 'current'));
  } catch (error) {
    throw diskFault(error, root);
  }
  const folderOf = (id: ReferenceId): string => join(root, id);

  async function loadIfThere(id: ReferenceId): Promise<Reference | undefined> {
    if (!hexId.safeParse(id).success) return undefined;
    let reference: Reference;
    try {
      reference = await readReferenceFolder(folderOf(id));
    } catch (error) {
      if (isEdgeminerError(error) && error.code === 'reference.not-found') return undefined;
      throw error;
    }
    if (reference.id === id) return reference;
    throw new EdgeminerError('reference.invalid', `${folderOf(id)} holds ${reference.id}`, {
      field: folderOf(id),
      mend: 'Publish the reference again with `edgeminer reference build`.',
    });
  }

  return {
    async publish(reference) {
      try {
        if (!(await isWhole(() => loadIfThere(reference.id)))) {
          await writeReferenceFolder(folderOf(reference.id), reference);
        }
        const { modelName, modelVersion } = reference;
        const pointer = { modelName, modelVersion, reference: reference.id };
        const path = join(root, 'current', `${referencePlaceName(modelName, modelVersion)}.json`);
        await writeDurably(path, new TextEncoder().encode(`${JSON.stringify(pointer)}\n`));
      } catch (error) {
        throw diskFault(error, root);
      }
    },

    async current(modelName, modelVersion) {
      const path = join(root, 'current', `${referencePlaceName(modelName, modelVersion)}.json`);
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return undefined;
        throw diskFault(error, path);
      }
      const pointer = parsePointer(text);
      if (pointer?.modelName !== modelName || pointer.modelVersion !== modelVersion) {
        throw new EdgeminerError('reference.invalid', `${path} is damaged`, {
          field: path,
          mend: 'Remove it and publish the reference again with `edgeminer reference build`.',
        });
      }
      return referenceId(pointer.reference);
    },

    load: loadIfThere,

    async close() {
      // Nothing is held open between calls.
    },
  };
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

/** Readable and safe on every file system; the hash keeps names apart that look alike. */
export function referencePlaceName(modelName: ModelName, modelVersion: ModelVersion): string {
  const readable = `${modelName}@${modelVersion}`
    .replaceAll(/[^A-Za-z0-9@._-]+/g, '-')
    .slice(0, 80);
  const hash = createHash('sha256')
    .update(JSON.stringify([modelName, modelVersion]))
    .digest('hex');
  return `${readable}.${hash.slice(0, 16)}`;
}

function parsePointer(text: string): z.output<typeof pointerSchema> | undefined {
  try {
    return pointerSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
