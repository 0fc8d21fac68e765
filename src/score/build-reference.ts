import type { Predictions } from '../event/inference-event.js';
import { uprightBoxes } from '../event/turned-boxes.js';
import type { UprightPicture } from '../event/turned-boxes.js';
import { EdgeminerError, isEdgeminerError } from '../faults.js';
import { contentHash } from '../image/content-hash.js';
import type { PixelPlane } from '../image/decoded-image.js';
import { assembleReference, originOf, unfinished } from './assemble-reference.js';
import type { ReferenceRow } from './assemble-reference.js';
import { minMeasured } from './calibrate.js';
import { indexOfHighest, predictedClass } from './confidence/class-scores.js';
import type { Embedder } from './embedder.js';
import { isColoured } from './format/is-coloured.js';
import { TurnGathering } from './format/turn-gathering.js';
import { mostHeld } from './measure-confidence.js';
import type { HeldPicture } from './measure-confidence.js';
import { measuredInMemory, measurePixels } from './measured-pictures.js';
import type { MeasuredPicture, MeasuredPictures, OwnMeasurements } from './measured-pictures.js';
import { measureOwn, measureOwnAgain } from './own/measure-own.js';
import { predictionsFrom } from './predictions.js';
import type { Reference } from './reference.js';
import { scorers } from './registry.js';
import { NoveltyGathering } from './sample-novelty.js';
import type { OwnScorer, PredictionOrigin, PreviousFrame } from './scorer.js';
import type { SignalName } from './signal.js';
import { SpreadSample } from './spread-sample.js';
import type { BuildReferenceOptions, TrainingPicture, UnreadPicture } from './training-pictures.js';

export interface BuiltReference {
  readonly reference: Reference;
  /** Pictures that could not be decoded, and why. */
  readonly skipped: readonly SkippedPicture[];
}

export interface SkippedPicture {
  readonly path: string;
  readonly why: string;
}

type Outcome =
  | {
      readonly kind: 'measured';
      readonly picture: TrainingPicture;
      readonly sha256: string;
      /** Of a picture that was measured before; then it was not decoded. */
      readonly place: number | undefined;
      readonly plane: PixelPlane | undefined;
      readonly measured: MeasuredPicture;
      /** By all scores of one's own. */
      readonly own: OwnMeasurements;
    }
  | { readonly kind: 'skipped'; readonly picture: SkippedPicture }
  | { readonly kind: 'failed'; readonly error: unknown };

const defaultMostBroken = 0.1;

/**
 * Measures training pictures by every scorer that can be had. Where pictures come with the
 * production model's predictions, the confidence signals are measured on those alone; else on
 * the embedder's, if it names classes. What a picture gives lies in `measured`, so that memory
 * grows by its name and a few numbers only; the embeddings come together at the end, once.
 * @throws EdgeminerError `input.invalid` where fewer than `minMeasured` pictures could be read or
 * more than `mostBroken` of them could not; `reference.unfinished` where it was ended; whatever
 * `pictures`, `measured` and the embedder throw.
 */
export async function buildReference(options: BuildReferenceOptions): Promise<BuiltReference> {
  const { measured: kept = measuredInMemory(), total, ending } = options;
  const rows: ReferenceRow[] = [];
  const places: number[] = [];
  const skipped: SkippedPicture[] = [];
  const columns = new PictureColumns(options.own?.scorers ?? []);
  const novelty = new NoveltyGathering();
  const turns = new TurnGathering();
  const frames = new FramesBefore(options.maxGapMs ?? 0);
  // Lists of a thousand classes: those of a sample are kept until all pictures were seen.
  const held = {
    producer: new SpreadSample<HeldPicture>(mostHeld),
    embedder: new SpreadSample<HeldPicture>(mostHeld),
  };
  for await (const outcome of inOrder(options, kept)) {
    if (outcome.kind === 'failed') throw outcome.error;
    if (outcome.kind === 'skipped') {
      skipped.push(outcome.picture);
      refuseTooManyBroken(skipped, total ?? Infinity, options);
    } else {
      const { picture, sha256, measured } = outcome;
      const { label, sourceId } = picture;
      const row = rows.length;
      places.push(outcome.place ?? (await kept.keep(sha256, measured)));
      columns.append(measured.pixels, outcome.own);
      if (measured.inference !== undefined) {
        novelty.offer(sha256, row, picture.bytes, measured.inference);
        turns.offer(sha256, row, async () => {
          return outcome.plane ?? (await options.decode(picture.bytes)).plane;
        });
      }
      const { predictionsBy, predicted, predictions } = predictionsOf(
        picture,
        measured,
        options.embedder,
      );
      const previous = frames.before(picture);
      if (predictionsBy !== undefined) {
        held[predictionsBy].offer(() => ({
          row,
          predictions: predictions(),
          predictionsBy,
          label,
          previous,
        }));
      }
      rows.push({
        item: {
          path: picture.path,
          sha256,
          ...(label === undefined ? {} : { label }),
          ...(sourceId === undefined ? {} : { sourceId }),
        },
        format: measured.format,
        predictionsBy,
        predicted,
      });
    }
    const done = rows.length + skipped.length;
    options.onProgress?.({ step: 'pictures', done, total });
    if (ending?.aborted === true) throw unfinished(`${done} pictures`);
  }
  refuseTooManyBroken(skipped, rows.length + skipped.length, options);
  if (rows.length < minMeasured) throw tooFew(rows.length, skipped.length);
  const predictionsBy = originOf(rows);
  const sample = predictionsBy === undefined ? [] : held[predictionsBy].values();
  const embeddings = options.embedder === undefined ? undefined : kept.embeddings(places);
  const gathered = { columns: columns.all(), embeddings, novelty, turns, sample };
  return { reference: await assembleReference(options, rows, gathered), skipped };
}

/** Outcomes in the pictures' order, with `concurrency` of them in work at once. */
async function* inOrder(
  options: BuildReferenceOptions,
  kept: MeasuredPictures,
): AsyncGenerator<Outcome> {
  const inWork: Promise<Outcome>[] = [];
  try {
    for await (const picture of options.pictures) {
      inWork.push(workOn(picture, options, kept));
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
async function workOn(
  picture: TrainingPicture | UnreadPicture,
  { decode, embedder, own: ownScores }: BuildReferenceOptions,
  kept: MeasuredPictures,
): Promise<Outcome> {
  try {
    if ('fault' in picture) throw picture.fault;
    const sha256 = contentHash(picture.bytes);
    const place = kept.placeOf(sha256);
    if (place !== undefined) {
      const measured = await kept.read(place);
      refuseTurned(picture, measured.format.facts);
      const { predictions } = predictionsOf(picture, measured, embedder);
      const own = await measureOwnAgain(ownScores, measured, {
        predictions,
        plane: async () => (await decode(picture.bytes)).plane,
      });
      return { kind: 'measured', picture, sha256, place, plane: undefined, measured, own };
    }
    const { plane, format: facts } = await decode(picture.bytes);
    refuseTurned(picture, facts);
    const inference = await embedder?.infer(plane);
    const format = { facts, coloured: isColoured(plane) };
    const found = { pixels: measurePixels(plane), format, inference, own: {} };
    const { predictions } = predictionsOf(picture, found, embedder);
    const embedding = inference?.embedding ?? 'no-embedding';
    const own = await measureOwn(ownScores, { plane, predictions: predictions(), embedding });
    const measured = { ...found, own: own.ofPicture };
    return { kind: 'measured', picture, sha256, place, plane, measured, own: own.all };
  } catch (error) {
    if (!isEdgeminerError(error) || error.kind !== 'data') return { kind: 'failed', error };
    return { kind: 'skipped', picture: { path: picture.path, why: error.message } };
  }
}

/** @throws EdgeminerError `event.invalid` where its boxes are of another picture. */
function refuseTurned({ predictions }: TrainingPicture, picture: UprightPicture): void {
  if (predictions !== undefined) uprightBoxes(predictions, picture);
}

interface MadePredictions {
  readonly predictionsBy: PredictionOrigin | undefined;
  /** The likeliest class. */
  readonly predicted: string | undefined;
  /** All of them, to be made for few: a thousand classes are more than all else that is kept. */
  readonly predictions: () => Predictions;
}

/** The production model's, where the picture came with some; else the embedder's. */
function predictionsOf(
  { predictions: own }: TrainingPicture,
  { inference }: MeasuredPicture,
  embedder: Embedder | undefined,
): MadePredictions {
  if (own !== undefined && own.kind !== 'none') {
    return { predictionsBy: 'producer', predicted: predictedClass(own), predictions: () => own };
  }
  const classes = embedder?.model.classes;
  if (embedder === undefined || classes === undefined || inference?.logits === undefined) {
    return {
      predictionsBy: undefined,
      predicted: undefined,
      predictions: () => ({ kind: 'none' }),
    };
  }
  return {
    predictionsBy: 'embedder',
    predicted: classes[indexOfHighest(inference.logits)],
    predictions: () => predictionsFrom(inference, embedder.model),
  };
}

/**
 * The last frame of each source, where the pictures' times make frames of them: what an event's
 * is in use (mine/last-frames.ts), if the pictures come in the order of their times.
 */
class FramesBefore {
  readonly #last = new Map<string, PreviousFrame>();
  readonly #maxGapMs: number;

  constructor(maxGapMs: number) {
    this.#maxGapMs = maxGapMs;
  }

  before({ sourceId, occurredAt, predictions }: TrainingPicture): PreviousFrame | undefined {
    if (sourceId === undefined || occurredAt === undefined) return undefined;
    const last = this.#last.get(sourceId);
    if (last !== undefined && occurredAt <= last.occurredAt) return undefined;
    this.#last.set(sourceId, { predictions: predictions ?? { kind: 'none' }, occurredAt });
    const inTime = last !== undefined && occurredAt - last.occurredAt <= this.#maxGapMs;
    return inTime ? last : undefined;
  }
}

/** The measurements that are made picture by picture, by signal. */
class PictureColumns {
  readonly #columns: ReadonlyMap<SignalName, number[]>;

  constructor(own: readonly OwnScorer[]) {
    const pixelScorers = scorers.filter(({ looksAt }) => looksAt === 'pixels');
    this.#columns = new Map([...pixelScorers, ...own].map(({ name }) => [name, []]));
  }

  append(pixels: MeasuredPicture['pixels'], own: OwnMeasurements): void {
    const found: Partial<Record<SignalName, number | 'failed'>> = { ...pixels, ...own };
    for (const [name, column] of this.#columns) {
      const raw = found[name];
      column.push(typeof raw === 'number' ? raw : Number.NaN);
    }
  }

  /** Those that were measured of any picture. */
  all(): Partial<Record<SignalName, Float64Array>> {
    const all: Partial<Record<SignalName, Float64Array>> = {};
    for (const [name, column] of this.#columns) {
      if (column.some((raw) => !Number.isNaN(raw))) all[name] = Float64Array.from(column);
    }
    return all;
  }
}

/** Some are always broken; many are a fault of the whole, and the rest may be no fair sample. */
function refuseTooManyBroken(
  skipped: readonly SkippedPicture[],
  total: number,
  { mostBroken = defaultMostBroken }: BuildReferenceOptions,
): void {
  if (skipped.length <= mostBroken * total) return;
  const first = skipped[0];
  const example = first === undefined ? '' : `, such as ${first.path} (${first.why})`;
  throw new EdgeminerError(
    'input.invalid',
    `${skipped.length} of ${total} pictures could not be read${example}; ` +
      `more than ${100 * mostBroken} % are too many`,
    {
      field: 'images',
      mend: 'Mend or remove them, or allow more with --max-broken, a share from 0 to 1.',
    },
  );
}

function tooFew(measured: number, skipped: number): EdgeminerError {
  const broken = skipped === 0 ? '' : `, ${skipped} could not be read`;
  return new EdgeminerError(
    'input.invalid',
    `a reference needs at least ${minMeasured} training pictures; there are ${measured}${broken}`,
    { field: 'images', mend: 'Add training pictures: 100 or more give false alarms their bound.' },
  );
}
