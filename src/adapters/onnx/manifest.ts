import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { z } from 'zod';
import { EdgeminerError, isEdgeminerError, messageOf } from '../../faults.js';
import { classNamesSchema, manifestSchema } from './manifest-schema.js';
import type { Manifest, ModelEntry } from './manifest-schema.js';

/** Throws `model.not-found` without a manifest there, `config.invalid` naming a wrong field. */
export async function readManifest(modelsDir: string): Promise<Manifest> {
  const file = join(modelsDir, 'manifest.json');
  return parse(manifestSchema, file, await readText(file));
}

/** The manifest's text; undefined where there is none. */
export async function readManifestText(modelsDir: string): Promise<string | undefined> {
  const file = join(modelsDir, 'manifest.json');
  try {
    const text = await readFile(file, 'utf8');
    asJson(file, text);
    return text;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Throws `config.invalid` naming a wrong field. */
export function parseManifest(file: string, candidate: unknown): Manifest {
  return parsed(manifestSchema, file, candidate);
}

/** The entry, or `model.not-found` with the names that there are. */
export function modelEntry(found: Manifest, modelsDir: string, wanted: string): ModelEntry {
  const model = Object.hasOwn(found.models, wanted) ? found.models[wanted] : undefined;
  if (model !== undefined) return model;
  const names = Object.keys(found.models).join(', ');
  throw new EdgeminerError(
    'model.not-found',
    `There is no model "${wanted}" in ${join(modelsDir, 'manifest.json')}.`,
    {
      field: 'models.embedder',
      mend: names === '' ? 'Add it with edgeminer model add.' : `Use one of: ${names}; or none.`,
    },
  );
}

/** Names of the logits; undefined for a model that only embeds. */
export async function readClasses(
  modelsDir: string,
  model: ModelEntry,
): Promise<readonly string[] | undefined> {
  if (typeof model.classes !== 'string') return model.classes;
  const file = join(modelsDir, model.classes);
  return parse(classNamesSchema, file, await readText(file));
}

/** Where the ONNX file is. */
export function modelPath(modelsDir: string, { file }: Pick<ModelEntry, 'file'>): string {
  return isAbsolute(file) ? file : join(modelsDir, file);
}

/** Where a file of its weights is. */
export function dataPath(model: string, { file }: { readonly file: string }): string {
  return join(dirname(model), file);
}

/** Runs `open`; a fault of the entry that it throws names manifest, entry and field. */
export async function inEntry<T>(
  modelsDir: string,
  name: string,
  open: () => Promise<T>,
): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!isEdgeminerError(error) || !error.code.startsWith('model.') || error.retriable)
      throw error;
    const { code, message, field, mend, cause } = error;
    const place = field === undefined ? '' : ` ${field}:`;
    throw new EdgeminerError(
      code,
      `${join(modelsDir, 'manifest.json')}: entry ${name}:${place} ${message}`,
      {
        ...(field === undefined ? {} : { field }),
        ...(mend === undefined ? {} : { mend }),
        cause,
      },
    );
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new EdgeminerError('model.not-found', `The file ${file} can't be read.`, {
      field: 'modelsDir',
      mend: 'Set modelsDir to the directory that holds manifest.json and the ONNX files.',
      cause,
    });
  }
}

function parse<T>(schema: z.ZodType<T>, file: string, text: string): T {
  return parsed(schema, file, asJson(file, text));
}

function asJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EdgeminerError('config.invalid', `${file} is not JSON: ${messageOf(cause)}.`, {
      field: file,
      mend: 'Mend the file, or take it from the release again.',
      cause,
    });
  }
}

function parsed<T>(schema: z.ZodType<T>, file: string, candidate: unknown): T {
  const result = schema.safeParse(candidate);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  const what = path === '' ? issue?.message : `${path}: ${issue?.message ?? ''}`;
  throw new EdgeminerError('config.invalid', `${file} is not as it should be: ${what ?? ''}.`, {
    field: path === '' ? file : path,
    mend: 'Mend the field; docs/models.md describes them.',
    cause: result.error,
  });
}
