import type { Predictions } from '../event/inference-event.js';
import { EdgeminerError, isEdgeminerError } from '../faults.js';
import type { ModelName, ModelVersion } from '../ids.js';
import { contentHash } from '../image/content-hash.js';
import type { DecodedImage, PixelPlane } from '../image/decoded-image.js';
import { minMeasured } from './calibrate.js';
import type { Embedder, Inference } from './embedder.js';
import { GrowingMatrix } from './growing-matrix.js';
import { leaveOneOutDistances } from './leave-one-out.js';
import { mostSpoilt, NoveltyGathering } from './sample-novelty.js';
import { neighboursFor } from './novelty/embedding-distance.js';
import type { NoveltyModel } from './novelty/novelty-model.js';
import { predictionsFrom } from './predictions.js';
import { referenceIdOf } from './reference-files.js';
import type { Reference, ReferenceItem } from './reference.js';
import { scorers } from './registry.js';
import type { PredictionOrigin, InputWithPixels } from './scorer.js';
import type { SignalName } from './signal.js';

export interface TrainingPicture {
  /** Relative to the directory, with forward slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly label?: string;
  /** What the production model says of it. */
  readonly predictions?: Predictions;
}

export interface BuildReferenceOptions {
  /** Read one by one, a few ahead; the reference keeps their order. */
  readonly pictures: AsyncIterable<TrainingPicture>;
  readonly decode: (bytes: Uint8Array) => Promise<DecodedImage>;
  readonly embedder?: Embedder;
  readonly modelName: ModelName;
  readonly modelVersion: ModelVersion;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: number;
  /** Pictures in work at once; 1 or more. */
  readonly concurrency: number;
  /** Neighbours that the embedding distance looks at; by default `neighboursFor`. */
  readonly neighbours?: number;
  /**
   * Pictures of which spoilt copies are made, to weigh the ways to tell what is out of
   * distribution; 64 unless told. Each costs fourteen inferences.
   */
  readonly spoilt?: number;
  /** Hears the number of pictures that are done, skipped ones included. */
  readonly onProgress?: (done: number) => void;
}

export interface BuiltReference {
  readonly reference: Reference;
  /** Pictures that could not be decoded, and why. */
  readonly skipped: readonly SkippedPicture[];
}

export interface SkippedPicture {
  readonly path: string;
  readonly why: string;
}

/** One picture's part of the reference. */
interface MeasuredPicture {
  readonly item: ReferenceItem;
  readonly measurements: ReadonlyMap<SignalName, number>;
  readonly predictionsBy: PredictionOrigin | undefined;
  readonly inference: Inference | undefined;
  readonly plane: PixelPlane | undefined;
}

type Outcome =
  | { readonly kind: 'measured'; readonly picture: MeasuredPicture }
  | { readonly kind: 'skipped'; readonly picture: SkippedPicture }
  | { readonly kind: 'failed'; readonly error: unknown };

/**
 * Measures training pictures by every scorer that can be had. Where pictures come with the
 * production model's predictions, the confidence signals are measured on those alone; else on
 * the embedder's, if it names classes.
 * @throws EdgeminerError `input.invalid` where fewer than `minMeasured` pictures could be read;
 * whatever `pictures` and the embedder throw.
 */
export async function buildReference(options: BuildReferenceOptions): Promise<BuiltReference> {
  const measured: MeasuredPicture[] = [];
  const skipped: SkippedPicture[] = [];
  const embeddings = new GrowingMatrix();
  const novelty = new NoveltyGathering(options.spoilt ?? mostSpoilt);
  for await (const outcome of inOrder(options)) {
    if (outcome.kind === 'failed') throw outcome.error;
    if (outcome.kind === 'skipped') skipped.push(outcome.picture);
    else {
      const { inference, plane, ...picture } = outcome.picture;
      if (inference !== undefined) embeddings.append(inference.embedding);
      if (inference !== undefined && plane !== undefined) {
        novelty.offer(picture.item.sha256, measured.length, plane, inference);
      }
      // The logits are measured and let go: a thousand numbers a picture.
      measured.push({ ...picture, inference: undefined, plane: undefined });
    }
    options.onProgress?.(measured.length + skipped.length);
  }
  if (measured.length < minMeasured) throw tooFew(measured.length, skipped.length);
  return { reference: await assemble(options, measured, embeddings, novelty), skipped };
}

/** Outcomes in the pictures' order, with `concurrency` of them in work at once. */
async function* inOrder(options: BuildReferenceOptions): AsyncGenerator<Outcome> {
  const inWork: Promise<Outcome>[] = [];
  try {
    for await (const picture of options.pictures) {
      inWork.push(workOn(picture, options));
      if (inWork.length < options.concurrency) continue;
      const oldest = inWork.shift();
      if (oldest !== undefined) yield await oldest;
    }
    for (let next = inWork.shift(); next !== undefined; next = inWork.shift()) yield await next;
  } finally {
    // Nothing is left running behind a caller that stopped at an error.
    await Promise.all(inWork);
  }
}

/** Never rejects: a failure must wait for its turn. */
async function workOn(picture: TrainingPicture, options: BuildReferenceOptions): Promise<Outcome> {
  try {
    return { kind: 'measured', picture: await measurePicture(picture, options) };
  } catch (error) {
    if (!isEdgeminerError(error) || error.kind !== 'data') return { kind: 'failed', error };
    return { kind: 'skipped', picture: { path: picture.path, why: error.message } };
  }
}

async function measurePicture(
  { path, bytes, label, predictions: own }: TrainingPicture,
  { decode, embedder }: BuildReferenceOptions,
): Promise<MeasuredPicture> {
  const { plane } = await decode(bytes);
  const inference = await embedder?.infer(plane);
  const brought = own !== undefined && own.kind !== 'none' ? own : undefined;
  const predictions: Predictions =
    brought ??
    (inference === undefined || embedder === undefined
      ? { kind: 'none' }
      : predictionsFrom(inference, embedder.model));
  const predictionsBy = brought === undefined ? 'embedder' : 'producer';
  const measurements = new Map<SignalName, number>();
  // Embedding distances need the whole reference; they are measured at the end.
  const input: InputWithPixels = { plane, predictions, predictionsBy, neighbours: 'no-reference' };
  for (const scorer of scorers) {
    const measurement = scorer.measure(input);
    if (measurement.kind === 'measured') measurements.set(scorer.name, measurement.raw);
  }
  const sha256 = contentHash(bytes);
  return {
    item: label === undefined ? { path, sha256 } : { path, sha256, label },
    measurements,
    predictionsBy: predictions.kind === 'none' ? undefined : predictionsBy,
    inference,
    plane: inference === undefined ? undefined : plane,
  };
}

async function assemble(
  options: BuildReferenceOptions,
  measured: readonly MeasuredPicture[],
  growing: GrowingMatrix,
  gathered: NoveltyGathering,
): Promise<Reference> {
  const neighbours = options.neighbours ?? neighboursFor(measured.length);
  const predictionsBy = originOf(measured);
  const measurements = columnsOf(measured, predictionsBy);
  const embeddings = growing.matrix();
  let novelty: NoveltyModel | undefined;
  if (embeddings !== undefined && options.embedder !== undefined) {
    const nearest = await leaveOneOutDistances(embeddings, neighbours, gathered.rows());
    measurements['embedding-distance'] = nearest;
    if (gathered.rows().length >= minMeasured) {
      const { fitted, rows } = await gathered.fit({
        embeddings,
        nearest,
        neighbours,
        labels: measured.map(({ item }) => item.label),
        embedder: options.embedder,
        concurrency: options.concurrency,
      });
      novelty = fitted.model;
      const column = new Float64Array(measured.length).fill(Number.NaN);
      for (const [at, row] of rows.entries()) column[row] = fitted.heldOut[at] ?? Number.NaN;
      measurements['out-of-distribution'] = column;
    }
  }
  const model = options.embedder?.model;
  const labels = measured.flatMap(({ item }) => (item.label === undefined ? [] : [item.label]));
  const content = {
    modelName: options.modelName,
    modelVersion: options.modelVersion,
    embedder: model === undefined ? undefined : { name: model.name, sha256: model.sha256 },
    ...(predictionsBy === undefined ? {} : { predictionsBy }),
    items: measured.map(({ item }) => item),
    measurements,
    embeddings,
    ...(novelty === undefined ? {} : { novelty }),
    neighbours,
    classes: [...new Set(labels)].sort(),
  };
  return { ...content, id: referenceIdOf(content), createdAt: options.now };
}

/** The production model's predictions, where any came, outrank the embedder's. */
function originOf(measured: readonly MeasuredPicture[]): PredictionOrigin | undefined {
  const origins = new Set(measured.map(({ predictionsBy }) => predictionsBy));
  if (origins.has('producer')) return 'producer';
  return origins.has('embedder') ? 'embedder' : undefined;
}

function columnsOf(
  measured: readonly MeasuredPicture[],
  origin: PredictionOrigin | undefined,
): Partial<Record<SignalName, Float64Array>> {
  const columns: Partial<Record<SignalName, Float64Array>> = {};
  for (const { name, family } of scorers) {
    const column = Float64Array.from(measured, ({ measurements, predictionsBy }) =>
      family === 'confidence' && predictionsBy !== origin
        ? Number.NaN
        : (measurements.get(name) ?? Number.NaN),
    );
    if (column.some((raw) => !Number.isNaN(raw))) columns[name] = column;
  }
  return columns;
}

function tooFew(measured: number, skipped: number): EdgeminerError {
  const broken = skipped === 0 ? '' : `, ${skipped} could not be read`;
  return new EdgeminerError(
    'input.invalid',
    `a reference needs at least ${minMeasured} training pictures; there are ${measured}${broken}`,
    { field: 'images', mend: 'Add training pictures: 100 or more give false alarms their bound.' },
  );
}
