import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { EdgeminerError } from '../../faults.js';
import { dataPath, modelPath } from './manifest.js';
import type { ModelEntry } from './manifest-schema.js';

/** The bytes of a model, each file as its entry says. */
export interface ModelFiles {
  readonly model: Uint8Array<ArrayBuffer>;
  readonly data: readonly { readonly path: string; readonly data: Uint8Array<ArrayBuffer> }[];
}

/**
 * Reads and checks the ONNX file and those of its weights. What was checked is what is loaded:
 * the runtime gets these bytes, not the path. Throws `model.not-found` or `model.hash-mismatch`.
 */
export async function readModelFiles(modelsDir: string, entry: ModelEntry): Promise<ModelFiles> {
  const file = modelPath(modelsDir, entry);
  const model = await readOne(file, 'file', entry.source);
  check(file, model, entry, 'sha256');
  const data = [];
  for (const [index, one] of (entry.data ?? []).entries()) {
    const path = dataPath(file, one);
    const bytes = await readOne(path, `data.${index}.file`, entry.source);
    check(path, bytes, one, `data.${index}.sha256`);
    data.push({ path: one.file, data: bytes });
  }
  return { model, data };
}

/**
 * sha256 that references are bound to: the ONNX file's own, or one over it and the files of its
 * weights where there are such.
 */
export function boundHash({ sha256, data }: Pick<ModelEntry, 'sha256' | 'data'>): string {
  if (data === undefined) return sha256;
  return sha256Of(Buffer.from([sha256, ...data.map((one) => one.sha256)].join('\n')));
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readOne(
  file: string,
  field: string,
  source: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // A copy of its own: it is given away to the session's thread.
    return Uint8Array.from(await readFile(file));
  } catch (cause) {
    throw new EdgeminerError('model.not-found', `The model file ${file} can't be read.`, {
      field,
      mend: `Put the file there (source: ${source}).`,
      cause,
    });
  }
}

function check(
  file: string,
  bytes: Uint8Array,
  expected: { readonly sha256: string; readonly bytes: number },
  field: string,
): void {
  const sha256 = sha256Of(bytes);
  if (sha256 === expected.sha256) return;
  throw new EdgeminerError(
    'model.hash-mismatch',
    `${file} has sha256 ${sha256} (${bytes.length} bytes); ` +
      `the manifest says ${expected.sha256} (${expected.bytes} bytes).`,
    {
      field,
      mend: 'Restore the file, or enter the new model with edgeminer model add --replace and rebuild its references.',
    },
  );
}
