import { access } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { EdgeminerError } from '../../faults.js';

/** A path as `walkPictures` writes it, or undefined where it is absolute or leads outside. */
export function pathInside(written: string): string | undefined {
  const path = posix.normalize(written);
  return path === '.' || path === '..' || path.startsWith('../') || posix.isAbsolute(path)
    ? undefined
    : path;
}

/**
 * A file about pictures may name more of them than there are, but where it names none that
 * there is, its paths were written against another directory.
 * @throws EdgeminerError `input.invalid`
 */
export async function refuseIfNothingMatches(
  file: string,
  paths: Iterable<string>,
  directory: string,
): Promise<void> {
  let first: string | undefined;
  for (const path of paths) {
    first ??= path;
    const found = await access(join(directory, path)).then(
      () => true,
      () => false,
    );
    if (found) return;
  }
  if (first === undefined) return;
  throw new EdgeminerError(
    'input.invalid',
    `no path in ${file} is a picture in ${directory}; the first is ${first}`,
    { field: 'path', mend: 'Write paths relative to the directory, with forward slashes.' },
  );
}

/** The first folder of a picture's path, where it lies in one: a camera's, say. */
export function folderOf(path: string): string | undefined {
  const end = path.indexOf('/');
  return end < 1 ? undefined : path.slice(0, end);
}
