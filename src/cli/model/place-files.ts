import { dirname, join, resolve } from 'node:path';
import { readIfThere, systemCode, writeDurably } from '../../adapters/directory/durable-write.js';
import type { FoundFiles } from '../../adapters/onnx/model-files.js';
import { sha256Of } from '../../adapters/onnx/model-files.js';
import { EdgeminerError } from '../../faults.js';

/** A file to be written, with its whole path. */
export interface NewFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What the manifest calls the ONNX file, and what must be copied for it. */
export interface Placement {
  readonly file: string;
  readonly copies: readonly NewFile[];
}

/** Leaves the files where they are, by a whole path where that is not beside the manifest. */
export function leaveInPlace(modelsDir: string, files: FoundFiles): Placement {
  const beside = resolve(modelsDir) === dirname(files.path);
  const file = beside && isPlain(files.facts.file) ? files.facts.file : files.path;
  return { file, copies: [] };
}

/**
 * Copies them beside the manifest; weights keep their names, by which the ONNX file finds them.
 * Throws `input.invalid` where another file of that name would be lost.
 */
export async function copyBeside(
  modelsDir: string,
  name: string,
  files: FoundFiles,
): Promise<Placement> {
  const file = isPlain(files.facts.file) ? files.facts.file : `${name}.onnx`;
  const copies: NewFile[] = [];
  for (const { path, bytes } of [
    { path: join(modelsDir, file), bytes: files.model },
    ...files.data.map((one) => ({ path: join(modelsDir, one.path), bytes: one.data })),
  ]) {
    const there = await readIfThere(path);
    if (there !== undefined && sha256Of(there) !== sha256Of(bytes)) {
      throw new EdgeminerError('input.invalid', `--copy: ${path} is there already, and differs`, {
        field: '--copy',
        mend: 'Move that file away, give this one another name, or leave --copy out.',
      });
    }
    if (there === undefined) copies.push({ path, bytes });
  }
  return { file, copies };
}

export async function writeAll(files: readonly NewFile[]): Promise<void> {
  for (const { path, bytes } of files) {
    try {
      await writeDurably(path, bytes);
    } catch (cause) {
      if (systemCode(cause) === undefined) throw cause;
      throw new EdgeminerError('input.invalid', `${path} can't be written: ${String(cause)}`, {
        field: 'modelsDir',
        mend: 'Set modelsDir to a folder that this user may write to.',
        cause,
      });
    }
  }
}

function isPlain(file: string): boolean {
  return /^[\w.-]+$/.test(file);
}
