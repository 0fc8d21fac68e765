import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { EdgeminerError, isEdgeminerError, messageOf } from '../../faults.js';
import {
  referenceFileNames,
  referenceFiles,
  referenceFromFiles,
} from '../../score/reference-files.js';
import type { Reference } from '../../score/reference.js';
import {
  flushFolder,
  makeFolderDurably,
  systemCode,
  temporaryName,
  writeAndFlush,
} from './durable-write.js';

/**
 * Reads the reference in a folder and verifies every byte of it.
 * @throws EdgeminerError `reference.not-found` where there is none, `reference.invalid` where
 * it is damaged; both name the folder and what to do.
 */
export async function readReferenceFolder(path: string): Promise<Reference> {
  const files = new Map<string, Uint8Array>();
  for (const name of referenceFileNames) {
    try {
      files.set(name, await readFile(join(path, name)));
    } catch (error) {
      const code = systemCode(error);
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw unreadable(path, name, error);
    }
  }
  if (files.size === 0) {
    throw new EdgeminerError('reference.not-found', `there is no reference in ${path}`, {
      field: path,
      mend: 'Build one with `edgeminer reference build --images DIR --model-version V --out DIR`.',
    });
  }
  try {
    return referenceFromFiles(files);
  } catch (error) {
    if (!isEdgeminerError(error)) throw error;
    throw new EdgeminerError(error.code, `reference ${path}: ${error.message}`, {
      cause: error,
      field: join(path, error.field ?? ''),
      ...(error.mend === undefined ? {} : { mend: error.mend }),
    });
  }
}

/**
 * Writes a reference as a folder, so that a reader sees the whole of it or none. An earlier
 * reference in the same place is replaced; anything else there is left alone.
 * @throws EdgeminerError `input.invalid` where the folder holds something else.
 */
export async function writeReferenceFolder(path: string, reference: Reference): Promise<void> {
  const target = resolve(path);
  const parent = dirname(target);
  await refuseForeignFolder(target);
  await makeFolderDurably(parent);
  const temporary = join(parent, temporaryName());
  try {
    await mkdir(temporary);
    for (const [name, bytes] of referenceFiles(reference)) {
      await writeAndFlush(join(temporary, name), bytes);
    }
    await flushFolder(temporary);
    await moveInto(temporary, target, reference);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  await flushFolder(parent);
}

/** A rename replaces no folder that holds files, so an earlier reference is moved aside first. */
async function moveInto(temporary: string, target: string, reference: Reference): Promise<void> {
  const tries = 5;
  for (let left = tries; left > 0; left--) {
    try {
      await rename(temporary, target);
      return;
    } catch (error) {
      const code = systemCode(error);
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'EPERM') throw error;
      if (left === 1) throw error;
    }
    if (await holds(target, reference)) return;
    const aside = join(dirname(target), temporaryName());
    await rename(target, aside).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
    });
    await rm(aside, { recursive: true, force: true });
  }
}

async function holds(path: string, { id }: Reference): Promise<boolean> {
  try {
    return (await readReferenceFolder(path)).id === id;
  } catch {
    // Missing or damaged: what we are about to write is better.
    return false;
  }
}

/** @throws EdgeminerError `input.invalid` where a folder holds more than a reference. */
export async function refuseForeignFolder(path: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw new EdgeminerError('input.invalid', `${path} can't be written: ${messageOf(error)}`, {
      cause: error,
      field: path,
      mend: 'Name a folder that this user may write, or one that is not there yet.',
    });
  }
  const own: readonly string[] = referenceFileNames;
  const foreign = names.find((name) => !own.includes(name));
  if (foreign === undefined) return;
  throw new EdgeminerError('input.invalid', `${path} holds more than a reference: ${foreign}`, {
    field: path,
    mend: `Name another folder, such as ${join(path, 'reference')}; ${basename(path)} stays as it is.`,
  });
}

function unreadable(path: string, name: string, cause: unknown): EdgeminerError {
  return new EdgeminerError(
    'reference.invalid',
    `${join(path, name)} can't be read: ${messageOf(cause)}`,
    { cause, field: join(path, name), mend: 'Give this user the right to read it.' },
  );
}
