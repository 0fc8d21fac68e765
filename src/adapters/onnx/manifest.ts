import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EdgeminerError, messageOf } from '../../faults.js';

const name = z.string().min(1);
const side = z.int().min(1).max(4096);
const channels = z.tuple([z.number(), z.number(), z.number()]);
/** A name inside the models directory, never a path out of it. */
const fileName = name.regex(/^[\w.-]+$/, { error: 'must be a plain file name' });

const entry = z
  .strictObject({
    file: fileName,
    sha256: z.string().regex(/^[0-9a-f]{64}$/, { error: 'must be 64 lower-case hex digits' }),
    bytes: z.int().positive(),
    licence: name,
    /** Where the file comes from, for people. */
    source: name,
    input: z.strictObject({
      name,
      layout: z.literal('NCHW'),
      width: side,
      height: side,
      /** Per channel R, G, B, in units of 0..255: the model sees (pixel - mean) / std. */
      mean: channels,
      std: channels.refine((values) => values.every((value) => value > 0), {
        error: 'must be above 0',
      }),
      /** Share of the short side that the centre crop keeps. */
      crop: z.number().gt(0).max(1),
      interpolation: z.enum(['bicubic', 'bilinear']),
    }),
    outputs: z.strictObject({
      embedding: z.strictObject({ name, dimensions: z.int().positive() }),
      logits: z.strictObject({ name }).optional(),
    }),
    /** A JSON list of the logits' names, in their order. */
    classes: fileName.optional(),
  })
  .refine((model) => (model.outputs.logits === undefined) === (model.classes === undefined), {
    error: 'outputs.logits and classes go together',
    path: ['classes'],
  });

const manifest = z.strictObject({ version: z.literal(1), models: z.record(name, entry) });

const classNames = z
  .array(name)
  .min(2)
  .refine((names) => new Set(names).size === names.length, { error: 'must not repeat a name' });

/** models/manifest.json: what is known of each ONNX file, by the name that settings use. */
export type Manifest = z.output<typeof manifest>;
export type ModelEntry = Manifest['models'][string];

/** Throws `model.not-found` without a manifest there, `config.invalid` naming a wrong field. */
export async function readManifest(modelsDir: string): Promise<Manifest> {
  const file = join(modelsDir, 'manifest.json');
  return parse(manifest, file, await readText(file));
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
      mend: names === '' ? 'Add it to the manifest.' : `Use one of: ${names}; or none.`,
    },
  );
}

/** Names of the logits; undefined for a model that only embeds. */
export async function readClasses(
  modelsDir: string,
  model: ModelEntry,
): Promise<readonly string[] | undefined> {
  if (model.classes === undefined) return undefined;
  const file = join(modelsDir, model.classes);
  return parse(classNames, file, await readText(file));
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
  let candidate: unknown;
  try {
    candidate = JSON.parse(text);
  } catch (cause) {
    throw new EdgeminerError('config.invalid', `${file} is not JSON: ${messageOf(cause)}.`, {
      field: file,
      mend: 'Mend the file, or take it from the release again.',
      cause,
    });
  }
  const result = schema.safeParse(candidate);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  const what = path === '' ? issue?.message : `${path}: ${issue?.message ?? ''}`;
  throw new EdgeminerError('config.invalid', `${file} is not as it should be: ${what ?? ''}.`, {
    field: path === '' ? file : path,
    mend: 'Mend the field; models/README.md describes them.',
    cause: result.error,
  });
}
