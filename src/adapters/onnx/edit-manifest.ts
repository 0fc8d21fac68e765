import { join } from 'node:path';
import { EdgeminerError } from '../../faults.js';
import { parseManifest, readManifestText } from './manifest.js';
import type { ModelEntry, WrittenEntry } from './manifest-schema.js';

/** A manifest as it stands on the disk, and what it becomes with another entry. */
export interface EditedManifest {
  readonly path: string;
  /** False where there was no manifest before. */
  readonly existed: boolean;
  readonly text: string;
}

/**
 * The manifest with the entry added, or put in the place of one of that name. Others stay as they
 * were written. Throws `config.invalid` for a manifest that can't be read as one.
 */
export async function manifestWith(
  modelsDir: string,
  name: string,
  entry: WrittenEntry,
): Promise<EditedManifest> {
  const path = join(modelsDir, 'manifest.json');
  const before = await readManifestText(modelsDir);
  const written: unknown = before === undefined ? { version: 1, models: {} } : JSON.parse(before);
  // Asserted by parseManifest, which also takes the new entry before anybody relies on it.
  if (before !== undefined) parseManifest(path, written);
  const { models } = written as { models: Record<string, unknown> };
  const after = { ...(written as object), models: { ...models, [name]: entry } };
  parseManifest(path, after);
  return { path, existed: before !== undefined, text: `${readable(after)}\n` };
}

/** The entry as it is written: what is left at its default is left out. */
export function writtenEntry(entry: ModelEntry): WrittenEntry {
  const { file, sha256, bytes, data, licence, source, input, outputs, classes, check } = entry;
  const { name, layout, type, channels, batch, width, height, ...rest } = input;
  const { pool, ...embedding } = outputs.embedding;
  return {
    ...{ file, sha256, bytes },
    ...(data === undefined ? {} : { data }),
    ...{ licence, source },
    input: {
      ...{ name, layout, type, channels },
      ...(batch === undefined ? {} : { batch }),
      ...{ width, height },
      ...(type === 'uint8' ? withoutScale(rest) : rest),
    },
    outputs: {
      embedding: { ...embedding, ...(pool === 'none' ? {} : { pool }) },
      ...(outputs.logits === undefined ? {} : { logits: outputs.logits }),
    },
    ...(classes === undefined ? {} : { classes }),
    ...(check === undefined ? {} : { check }),
  };
}

function withoutScale({
  fit,
  crop,
  interpolation,
}: Pick<ModelEntry['input'], 'fit' | 'crop' | 'interpolation'>) {
  return { fit, crop, interpolation };
}

/** JSON with lists of numbers on one line, as a person writes them. */
export function readable(value: object): string {
  return JSON.stringify(value, undefined, 2).replaceAll(
    /\[\n\s+(-?[\d.eE+-]+(?:,\n\s+-?[\d.eE+-]+)*)\n\s+\]/g,
    (_, numbers: string) => `[${numbers.replaceAll(/\s+/g, ' ')}]`,
  );
}

/** Refuses a name that can't be that of a file too. */
export function checkModelName(name: string): void {
  if (/^[A-Za-z0-9_][\w.-]*$/.test(name) && name !== 'none') return;
  throw new EdgeminerError('input.invalid', `--name: "${name}" can't name a model`, {
    field: '--name',
    mend: 'Use letters, digits, dots, dashes and underscores; not "none".',
  });
}
