import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
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
  const putThere = `Put the file there (source: ${entry.source}).`;
  const model = await readOne(file, 'file', putThere);
  check(file, model, entry, 'sha256');
  const data = [];
  for (const [index, one] of (entry.data ?? []).entries()) {
    const path = dataPath(file, one);
    const bytes = await readOne(path, `data.${index}.file`, putThere);
    check(path, bytes, one, `data.${index}.sha256`);
    data.push({ path: one.file, data: bytes });
  }
  return { model, data };
}

/** What the manifest says of a file. */
export interface FileFacts {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** A model that is on its way into the manifest. */
export interface FoundFiles extends ModelFiles {
  /** Its whole path. */
  readonly path: string;
  readonly facts: FileFacts & { readonly data?: FileFacts[] };
}

/**
 * Reads an ONNX file and, from its folder, those of its weights (`dataFiles`, as the graph names
 * them). Throws `model.not-found`, and `model.unsuitable` for a path out of the folder.
 */
export async function findModelFiles(
  path: string,
  dataFilesOf: (model: Uint8Array) => readonly string[],
): Promise<FoundFiles> {
  const model = await readOne(path, 'file', 'Check the path of the ONNX file.');
  const data = [];
  for (const file of dataFilesOf(model)) {
    if (/^([\\/]|[A-Za-z]:)/.test(file) || file.split(/[\\/]/).includes('..')) {
      throw new EdgeminerError(
        'model.unsuitable',
        `${path} keeps weights in ${file}, which is outside its folder`,
        { field: 'file', mend: 'Export it again with its weights in it or beside it.' },
      );
    }
    data.push({
      path: file,
      data: await readOne(join(dirname(path), file), 'data', `Put it beside ${path}.`),
    });
  }
  const facts = (file: string, bytes: Uint8Array) => ({
    file,
    sha256: sha256Of(bytes),
    bytes: bytes.length,
  });
  return {
    ...{ path, model, data },
    facts: {
      ...facts(basename(path), model),
      ...(data.length === 0 ? {} : { data: data.map((one) => facts(one.path, one.data)) }),
    },
  };
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
  mend: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // A copy of its own: it is given away to the session's thread.
    return Uint8Array.from(await readFile(file));
  } catch (cause) {
    throw new EdgeminerError('model.not-found', `The model file ${file} can't be read.`, {
      field,
      mend,
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
