import type { Predictions } from '../event/inference-event.js';
import { EdgeminerError, isEdgeminerError } from '../faults.js';
import type { ModelName, ModelVersion } from '../ids.js';
import { contentHash } from '../image/content-hash.js';
import type { DecodedImage, PixelPlane } from '../image/decoded-image.js';
import { minMeasured } from './calibrate.js';
import { predictedClass } from './confidence/class-scores.js';
import type { Embedder, Inference } from './embedder.js';
import type { EmbeddingMatrix } from './embedding-matrix.js';
import { GrowingMatrix } from './growing-matrix.js';
import { leaveOneOutNeighbours } from './leave-one-out.js';
import { measureConfidence, mostHeld } from './measure-confidence.js';
import type { HeldPicture } from './measure-confidence.js';
import { measureNeighbours } from './measure-neighbours.js';
import { neighboursFor } from './novelty/embedding-distance.js';
import type { NoveltyModel } from './novelty/novelty-model.js';
import { predictionsFrom } from './predictions.js';
import { referenceIdOf } from './reference-files.js';
import type { Reference, ReferenceItem } from './reference.js';
import type { OwnScores } from './own/own-scores.js';
import { scorers as builtIn } from './registry.js';
import { NoveltyGathering } from './sample-novelty.js';
import type { PredictionOrigin, InputWithPixels, Scorer } from './scorer.js';
import type { SignalName } from './signal.js';
import { SpreadSample } from './spread-sample.js';

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
  /** Scores of the user's own, measured beside the built-in ones. */
  readonly own?: OwnScores;
  readonly modelName: ModelName;
  readonly modelVersion: ModelVersion;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: number;
  /** Pictures in work at once; 1 or more. */
  readonly concurrency: number;
  /** The score from which the deployed detector's boxes count, 0..1, where it is known. */
  readonly scoreThreshold?: number;
  /** Neighbours that the embedding distance looks at; by default `neighboursFor`. */
  readonly neighbours?: number;
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
  /** The likeliest class. */
  readonly predicted: string | undefined;
}

type Outcome =
  | {
      readonly kind: 'measured';
      readonly picture: MeasuredPicture;
      readonly predictions: Predictions;
      readonly inference: Inference | undefined;
      readonly plane: PixelPlane;
    }
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
  const novelty = new NoveltyGathering();
  // Lists of a thousand classes: those of a sample are kept until all pictures were seen.
  const held = {
    producer: new SpreadSample<HeldPicture>(mostHeld),
    embedder: new SpreadSample<HeldPicture>(mostHeld),
  };
  for await (const outcome of inOrder(options)) {
    if (outcome.kind === 'failed') throw outcome.error;
    if (outcome.kind === 'skipped') skipped.push(outcome.picture);
    else {
      const { picture, predictions, inference, plane } = outcome;
      if (inference !== undefined) {
        embeddings.append(inference.embedding);
        novelty.offer(picture.item.sha256, measured.length, plane, inference);
      }
      if (picture.predictionsBy !== undefined) {
        const { predictionsBy, item } = picture;
        held[predictionsBy].offer({
          row: measured.length,
          predictions,
          predictionsBy,
          label: item.label,
        });
      }
      measured.push(picture);
    }
    options.onProgress?.(measured.length + skipped.length);
  }
  if (measured.length < minMeasured) throw tooFew(measured.length, skipped.length);
  const predictionsBy = originOf(measured);
  const sample = predictionsBy === undefined ? [] : held[predictionsBy].values();
  const gathered = { embeddings: embeddings.matrix(), novelty, sample };
  return { reference: await assemble(options, measured, gathered), skipped };
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
    return { kind: 'measured', ...(await measurePicture(picture, options)) };
  } catch (error) {
    if (!isEdgeminerError(error) || error.kind !== 'data') return { kind: 'failed', error };
    return { kind: 'skipped', picture: { path: picture.path, why: error.message } };
  }
}

async function measurePicture(
  { path, bytes, label, predictions: own }: TrainingPicture,
  { decode, embedder, own: ownScores }: BuildReferenceOptions,
): Promise<Omit<Extract<Outcome, { kind: 'measured' }>, 'kind'>> {
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
  // What looks at predictions or neighbours is measured at the end, when all of them are there.
  const input: InputWithPixels = { plane, predictions, predictionsBy, neighbours: 'no-reference' };
  for (const scorer of builtIn) {
    if (scorer.looksAt !== 'pixels') continue;
    const measurement = scorer.measure(input);
    if (measurement.kind === 'measured') measurements.set(scorer.name, measurement.raw);
  }
  const embedding = inference?.embedding ?? 'no-embedding';
  const found = await ownScores?.measure({ plane, predictions, embedding }, undefined);
  for (const [name, measurement] of found ?? []) {
    if (measurement.kind === 'measured') measurements.set(name, measurement.raw);
  }
  const sha256 = contentHash(bytes);
  return {
    picture: {
      item: label === undefined ? { path, sha256 } : { path, sha256, label },
      measurements,
      predictionsBy: predictions.kind === 'none' ? undefined : predictionsBy,
      predicted: predictedClass(predictions),
    },
    predictions,
    inference,
    plane,
  };
}

async function assemble(
  options: BuildReferenceOptions,
  measured: readonly MeasuredPicture[],
  gathered: {
    readonly embeddings: EmbeddingMatrix | undefined;
    readonly novelty: NoveltyGathering;
    readonly sample: readonly HeldPicture[];
  },
): Promise<Reference> {
  const neighbours = options.neighbours ?? neighboursFor(measured.length);
  const predictionsBy = originOf(measured);
  const confidence = measureConfidence(gathered.sample, measured.length, options.scoreThreshold);
  const scorers = options.own?.all ?? builtIn;
  const measurements = {
    ...columnsOf(measured, scorers, predictionsBy),
    ...confidence.columns,
  };
  const labels = measured.flatMap(({ item }) => (item.label === undefined ? [] : [item.label]));
  const classes = [...new Set(labels)].sort();
  const items = measured.map(({ item, ...picture }) =>
    picture.predicted === undefined || picture.predictionsBy !== predictionsBy
      ? item
      : { ...item, predicted: picture.predicted },
  );
  const { embeddings } = gathered;
  let novelty: NoveltyModel | undefined;
  if (embeddings !== undefined) {
    const found = await leaveOneOutNeighbours(embeddings, neighbours, gathered.novelty.rows());
    Object.assign(measurements, measureNeighbours(found, items, predictionsBy));
    const fitted = await fitWhereItCan(options, gathered.novelty, {
      embeddings,
      nearest: measurements['embedding-distance'],
      neighbours,
      labels: items.map(({ label }) => label),
    });
    if (fitted !== undefined) {
      novelty = fitted.model;
      measurements['out-of-distribution'] = fitted.column;
    }
  }
  const model = options.embedder?.model;
  const content = {
    modelName: options.modelName,
    modelVersion: options.modelVersion,
    embedder: model === undefined ? undefined : { name: model.name, sha256: model.sha256 },
    ...(predictionsBy === undefined ? {} : { predictionsBy }),
    ...(confidence.temperature === undefined ? {} : { temperature: confidence.temperature }),
    ...(confidence.detection === undefined ? {} : { detection: confidence.detection }),
    items,
    measurements,
    ...ownOf(scorers, measurements),
    embeddings,
    ...(novelty === undefined ? {} : { novelty }),
    neighbours,
    classes,
  };
  return { ...content, id: referenceIdOf(content), createdAt: options.now };
}

/** The novelty model with its column; undefined where there are too few pictures to weigh it on. */
async function fitWhereItCan(
  { embedder, concurrency }: BuildReferenceOptions,
  gathered: NoveltyGathering,
  whole: {
    readonly embeddings: EmbeddingMatrix;
    readonly nearest: Float64Array | undefined;
    readonly neighbours: number;
    readonly labels: readonly (string | undefined)[];
  },
): Promise<{ readonly model: NoveltyModel; readonly column: Float64Array } | undefined> {
  const { nearest } = whole;
  if (embedder === undefined || nearest === undefined) return undefined;
  if (gathered.rows().length < minMeasured) return undefined;
  const { fitted, rows } = await gathered.fit({ ...whole, nearest, embedder, concurrency });
  const column = new Float64Array(whole.labels.length).fill(Number.NaN);
  for (const [at, row] of rows.entries()) column[row] = fitted.heldOut[at] ?? Number.NaN;
  return { model: fitted.model, column };
}

/** The production model's predictions, where any came, outrank the embedder's. */
function originOf(measured: readonly MeasuredPicture[]): PredictionOrigin | undefined {
  const origins = new Set(measured.map(({ predictionsBy }) => predictionsBy));
  if (origins.has('producer')) return 'producer';
  return origins.has('embedder') ? 'embedder' : undefined;
}

function columnsOf(
  measured: readonly MeasuredPicture[],
  scorers: readonly Scorer[],
  origin: PredictionOrigin | undefined,
): Partial<Record<SignalName, Float64Array>> {
  const columns: Partial<Record<SignalName, Float64Array>> = {};
  for (const scorer of scorers) {
    const { name } = scorer;
    const byOrigin = scorer.looksAt === 'own' && scorer.needs.includes('predictions');
    const column = Float64Array.from(measured, ({ measurements, predictionsBy }) =>
      byOrigin && predictionsBy !== origin ? Number.NaN : (measurements.get(name) ?? Number.NaN),
    );
    if (column.some((raw) => !Number.isNaN(raw))) columns[name] = column;
  }
  return columns;
}

/** What measured the columns of the user's own scores. */
function ownOf(
  scorers: readonly Scorer[],
  measurements: Partial<Record<SignalName, Float64Array>>,
): Pick<Reference, 'own'> {
  const own = scorers.flatMap((scorer) =>
    scorer.looksAt === 'own' && measurements[scorer.name] !== undefined
      ? [[scorer.name, scorer.fingerprint] as const]
      : [],
  );
  return own.length === 0 ? {} : { own: Object.fromEntries(own) };
}

function tooFew(measured: number, skipped: number): EdgeminerError {
  const broken = skipped === 0 ? '' : `, ${skipped} could not be read`;
  return new EdgeminerError(
    'input.invalid',
    `a reference needs at least ${minMeasured} training pictures; there are ${measured}${broken}`,
    { field: 'images', mend: 'Add training pictures: 100 or more give false alarms their bound.' },
  );
}
