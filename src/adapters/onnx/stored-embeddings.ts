import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EdgeminerError, isEdgeminerError, messageOf } from '../../faults.js';
import { decodeNpy, encodeNpy } from '../../score/npy.js';

/** The file that holds what a model made of the ten pictures. */
export function checkFileOf(name: string): string {
  return `${name}.check.npy`;
}

/** One row per picture, as NumPy's own format. */
export function encodeEmbeddings(embeddings: readonly Float32Array[]): Uint8Array {
  const columns = embeddings[0]?.length ?? 0;
  const values = new Float32Array(embeddings.length * columns);
  embeddings.forEach((one, row) => values.set(one, row * columns));
  return encodeNpy({ shape: [embeddings.length, columns], values });
}

/** Throws `model.not-found`, or `model.check-failed` for a file that holds something else. */
export async function readStoredEmbeddings(
  modelsDir: string,
  file: string,
  expected: { readonly rows: number; readonly dimensions: number },
): Promise<readonly Float32Array[]> {
  const path = join(modelsDir, file);
  const mend = 'Restore the file, or store new ones with edgeminer model check NAME --store.';
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const why = `the stored embeddings ${path} can't be read: ${messageOf(cause)}`;
    throw new EdgeminerError('model.not-found', why, { field: 'check', mend, cause });
  }
  const wrong = (why: string) =>
    new EdgeminerError('model.check-failed', why, { field: 'check', mend });
  try {
    const { shape, values } = decodeNpy(bytes, path);
    const [rows, dimensions = 1] = shape;
    if (rows !== expected.rows || dimensions !== expected.dimensions) {
      const wanted = `${expected.rows} x ${expected.dimensions}`;
      throw wrong(`${path} holds ${rows} x ${dimensions} values, not ${wanted}`);
    }
    return Array.from({ length: rows }, (_, row) =>
      Float32Array.from(values.subarray(row * dimensions, (row + 1) * dimensions)),
    );
  } catch (error) {
    if (isEdgeminerError(error) && error.code === 'reference.invalid') throw wrong(error.message);
    throw error;
  }
}
