import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { EdgeminerError } from '../faults.js';
import { modelName, modelVersion, referenceId } from '../ids.js';
import type { ReferenceId } from '../ids.js';
import { decodeNpy, encodeNpy } from './npy.js';
import type { NpyArray } from './npy.js';
import type { EmbeddingMatrix } from './embedding-matrix.js';
import type { NoveltyModel } from './novelty/novelty-model.js';
import type { Reference } from './reference.js';
import { formatVersion, headSchema, itemsSchema } from './reference-schema.js';
import type { Head } from './reference-schema.js';
import { formatsSchema, turnsFromTable, turnsTable } from './format/format-files.js';
import type { TurnModel } from './format/turn-model.js';
import { noveltyFromFiles, noveltyHead, noveltyToFiles } from './novelty/novelty-files.js';
import { inSignalOrder } from './signal.js';
import type { SignalName } from './signal.js';

/**
 * A reference as files that Python can open, the same in every store:
 *
 * - `reference.json`: format version, id, model, embedder, whose predictions were measured and
 *   with what temperature, what is usual of their boxes, and the sha256 of each other file.
 * - `items.json`: [{ path, sha256, label?, sourceId?, predicted? }], one per training picture.
 * - `measurements.npy`: float64, items x columns as named in reference.json; NaN is absent.
 * - `embeddings.npy`: float32, items x dimensions; only where there was an embedder.
 * - `formats.json`: how many pictures there are of each container, colour mode, size and so on.
 * - `turns.npy`: float32, 3 x (dimensions + 2): of each quarter turn the weights and the offset of its
 *   log-odds, and the log-odds from which turned copies are looked at.
 * - `novelty.json` and `novelty.npy`: the fitted novelty model and the choice of its methods, with
 *   their figures; only beside embeddings.
 */
export const referenceFileNames = [
  'reference.json',
  'items.json',
  'measurements.npy',
  'formats.json',
  'embeddings.npy',
  'turns.npy',
  'novelty.json',
  'novelty.npy',
] as const;

type ReferenceFileName = (typeof referenceFileNames)[number];
type ReferenceContent = Omit<Reference, 'id' | 'createdAt'>;

type HeadContent = Omit<Head, 'formatVersion' | 'id' | 'createdAt'>;
/** What reference.json says besides the content that the id is of. */
const notContent: ReadonlySet<string> = new Set(['formatVersion', 'id', 'createdAt']);

interface DataFiles {
  readonly 'items.json': Uint8Array;
  readonly 'measurements.npy': Uint8Array;
  readonly 'formats.json'?: Uint8Array;
  readonly 'embeddings.npy'?: Uint8Array;
  readonly 'turns.npy'?: Uint8Array;
  readonly 'novelty.json'?: Uint8Array;
  readonly 'novelty.npy'?: Uint8Array;
}

/**
 * The id of a reference with this content: a sha256 over all of it but the time of its making.
 * A measurement's absence has one bit pattern and keys one order, so the same content always
 * has the same id.
 */
export function referenceIdOf(content: ReferenceContent): ReferenceId {
  return idOf(contentHead(content, dataFiles(content)));
}

/** @throws RangeError where the reference's arrays do not fit each other, or its id the content. */
export function referenceFiles(reference: Reference): ReadonlyMap<string, Uint8Array> {
  const files = dataFiles(reference);
  const content = contentHead(reference, files);
  if (idOf(content) !== reference.id) {
    throw new RangeError(`reference ${reference.id} is not named by its content`);
  }
  const createdAt = new Date(reference.createdAt).toISOString();
  const head = { formatVersion, id: reference.id, createdAt, ...content };
  return new Map<string, Uint8Array>([
    ['reference.json', jsonBytes(head)],
    ...Object.entries(files),
  ]);
}

/**
 * Reads a reference back and verifies every byte of it.
 * @throws EdgeminerError `reference.invalid` that names the file and says what is wrong.
 */
export function referenceFromFiles(files: ReadonlyMap<string, Uint8Array>): Reference {
  const head = parseJson(headSchema, 'reference.json', need(files, 'reference.json'));
  const { id, createdAt } = head;
  if (idOf(head) !== id) {
    throw invalid('reference.json', 'was changed after it was written: its id does not match');
  }
  const read = (name: keyof DataFiles): Uint8Array => {
    const bytes = need(files, name);
    if (sha256(bytes) !== head.files[name]) {
      throw invalid(name, 'is damaged: its sha256 is not the one in reference.json');
    }
    return bytes;
  };

  const items = parseJson(itemsSchema, 'items.json', read('items.json')).map(
    ({ path, sha256: hash, label, sourceId, predicted }) => ({
      path,
      sha256: hash,
      ...(label === undefined ? {} : { label }),
      ...(sourceId === undefined ? {} : { sourceId }),
      ...(predicted === undefined ? {} : { predicted }),
    }),
  );
  const measured = decodeNpy(read('measurements.npy'), 'measurements.npy');
  const embeddings =
    head.files['embeddings.npy'] === undefined
      ? undefined
      : embeddingMatrix(decodeNpy(read('embeddings.npy'), 'embeddings.npy'), items.length);
  return {
    id: referenceId(id),
    modelName: modelName(head.modelName),
    modelVersion: modelVersion(head.modelVersion),
    createdAt: Date.parse(createdAt),
    embedder: head.embedder ?? undefined,
    ...(head.predictionsBy === null ? {} : { predictionsBy: head.predictionsBy }),
    ...(head.temperature === undefined ? {} : { temperature: head.temperature }),
    ...(head.detection === undefined ? {} : { detection: head.detection }),
    items,
    measurements: columnsOf(measured, items.length, head.columns),
    ...(head.own === undefined ? {} : { own: head.own }),
    embeddings,
    ...(head.files['novelty.json'] === undefined
      ? {}
      : { novelty: noveltyModel(read('novelty.json'), read('novelty.npy')) }),
    ...(head.files['formats.json'] === undefined
      ? {}
      : { formats: parseJson(formatsSchema, 'formats.json', read('formats.json')) }),
    ...(head.files['turns.npy'] === undefined
      ? {}
      : { turns: turnModel(decodeNpy(read('turns.npy'), 'turns.npy'), embeddings) }),
    neighbours: head.neighbours,
    classes: head.classes,
  };
}

/** All of reference.json but what says when and by what id. */
function contentHead(content: ReferenceContent, files: DataFiles): HeadContent {
  return {
    modelName: content.modelName,
    modelVersion: content.modelVersion,
    embedder: content.embedder ?? null,
    predictionsBy: content.predictionsBy ?? null,
    ...(content.temperature === undefined ? {} : { temperature: content.temperature }),
    ...(content.detection === undefined ? {} : { detection: content.detection }),
    neighbours: content.neighbours,
    classes: [...content.classes],
    ...(content.own === undefined ? {} : { own: content.own }),
    columns: columnNames(content.measurements),
    files: {
      'items.json': sha256(files['items.json']),
      'measurements.npy': sha256(files['measurements.npy']),
      ...hashOf('formats.json', files),
      ...hashOf('embeddings.npy', files),
      ...hashOf('turns.npy', files),
      ...hashOf('novelty.json', files),
      ...hashOf('novelty.npy', files),
    },
  };
}

function dataFiles(content: ReferenceContent): DataFiles {
  const { items, embeddings, formats } = content;
  const plainItems = items.map(({ path, sha256: hash, label, sourceId, predicted }) => ({
    path,
    sha256: hash,
    label,
    sourceId,
    predicted,
  }));
  const files = {
    'items.json': jsonBytes(plainItems),
    'measurements.npy': encodeNpy(measurementTable(content)),
    ...(formats === undefined ? {} : { 'formats.json': jsonBytes(formats) }),
  };
  if (embeddings === undefined) return files;
  if (embeddings.rows !== items.length) {
    throw new RangeError(`${embeddings.rows} embeddings for ${items.length} items`);
  }
  const shape = [embeddings.rows, embeddings.dimensions] as const;
  const embedded = {
    ...files,
    'embeddings.npy': encodeNpy({ shape, values: embeddings.values }),
    ...(content.turns === undefined ? {} : { 'turns.npy': encodeNpy(turnsTable(content.turns)) }),
  };
  if (content.novelty === undefined) return embedded;
  const { head, vectors } = noveltyToFiles(content.novelty);
  return {
    ...embedded,
    'novelty.json': jsonBytes(head),
    'novelty.npy': encodeNpy({ shape: [vectors.length], values: vectors }),
  };
}

function hashOf<Name extends keyof DataFiles>(
  name: Name,
  files: DataFiles,
): Partial<Record<Name, string>> {
  const bytes = files[name];
  return bytes === undefined ? {} : ({ [name]: sha256(bytes) } as Record<Name, string>);
}

function turnModel(table: NpyArray, embeddings: EmbeddingMatrix | undefined): TurnModel {
  const model = turnsFromTable(table, embeddings?.dimensions ?? 0);
  if (model === undefined) throw invalid('turns.npy', 'is not float32 (3, dimensions + 2)');
  return model;
}

function noveltyModel(json: Uint8Array, npy: Uint8Array): NoveltyModel {
  const { values } = decodeNpy(npy, 'novelty.npy');
  if (!(values instanceof Float32Array)) throw invalid('novelty.npy', 'is not float32');
  try {
    return noveltyFromFiles(parseJson(noveltyHead, 'novelty.json', json), values);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid('novelty.npy', `does not fit novelty.json: ${error.message}`, error);
  }
}

/** Signals in their fixed order, so that the order of keys in memory does not matter. */
function columnNames(measurements: Reference['measurements']): SignalName[] {
  const present = Object.entries(measurements).filter(([, column]) => column !== undefined);
  return inSignalOrder(present.map(([name]) => name));
}

function measurementTable({ items, measurements }: ReferenceContent): NpyArray {
  const names = columnNames(measurements);
  const values = new Float64Array(items.length * names.length);
  names.forEach((name, column) => {
    const measured = measurements[name];
    if (measured?.length !== items.length) {
      throw new RangeError(`${measured?.length ?? 0} values of ${name} for ${items.length} items`);
    }
    measured.forEach((value, row) => {
      values[row * names.length + column] = Number.isNaN(value) ? Number.NaN : value;
    });
  });
  return { shape: [items.length, names.length], values };
}

function columnsOf(
  table: NpyArray,
  rows: number,
  names: readonly SignalName[],
): Partial<Record<SignalName, Float64Array>> {
  const { shape, values } = table;
  if (shape[0] !== rows || shape[1] !== names.length || !(values instanceof Float64Array)) {
    const expected = `float64 (${rows}, ${names.length})`;
    throw invalid('measurements.npy', `is not ${expected}: items x columns of reference.json`);
  }
  const columns: Partial<Record<SignalName, Float64Array>> = {};
  names.forEach((name, column) => {
    columns[name] = Float64Array.from(
      { length: rows },
      (_, row) => values[row * names.length + column] ?? Number.NaN,
    );
  });
  return columns;
}

function embeddingMatrix({ shape, values }: NpyArray, rows: number): EmbeddingMatrix {
  if (shape[0] !== rows || shape[1] === undefined || !(values instanceof Float32Array)) {
    throw invalid('embeddings.npy', `is not float32 (${rows}, dimensions): one row per item`);
  }
  return { rows, dimensions: shape[1], values };
}

function idOf(head: HeadContent): ReferenceId {
  const content = Object.entries(head).filter(([key]) => !notContent.has(key));
  const text = JSON.stringify(inOrder(Object.fromEntries(content)));
  return referenceId(sha256(new TextEncoder().encode(text)));
}

/** Keys sorted at every depth: a file that another tool wrote back in another order is equal. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, inOrder(inner)]),
  );
}

function need(files: ReadonlyMap<string, Uint8Array>, name: ReferenceFileName): Uint8Array {
  const bytes = files.get(name);
  if (bytes === undefined) throw invalid(name, 'is missing');
  return bytes;
}

function parseJson<T>(schema: z.ZodType<T>, name: ReferenceFileName, bytes: Uint8Array): T {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw invalid(name, 'is not JSON', error);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  throw invalid(
    name,
    `has a fault at ${where === '' ? 'its top' : where}: ${issue?.message ?? ''}`,
  );
}

function invalid(name: ReferenceFileName, what: string, cause?: unknown): EdgeminerError {
  return new EdgeminerError('reference.invalid', `${name} ${what}`, {
    field: name,
    mend: 'Restore it from a copy, or build the reference again with `edgeminer reference build`.',
    ...(cause === undefined ? {} : { cause }),
  });
}

function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, undefined, 1)}\n`);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
