import { EdgeminerError } from '../faults.js';
import { minMeasured } from './calibrate.js';
import { matrixOf, pickFrom } from './embedding-rows.js';
import type { EmbeddingRows } from './embedding-rows.js';
import type { PictureFormat } from './format/format-profile.js';
import type { TurnGathering } from './format/turn-gathering.js';
import { leaveOneOutNeighbours } from './leave-one-out.js';
import { measureConfidence } from './measure-confidence.js';
import type { HeldPicture } from './measure-confidence.js';
import { measureFormats } from './measure-formats.js';
import { measureNeighbours } from './measure-neighbours.js';
import { neighboursFor } from './novelty/embedding-distance.js';
import type { NoveltyModel } from './novelty/novelty-model.js';
import { referenceIdOf } from './reference-files.js';
import type { Reference, ReferenceItem } from './reference.js';
import type { NoveltyGathering } from './sample-novelty.js';
import type { OwnScorer, PredictionOrigin } from './scorer.js';
import type { SignalName } from './signal.js';
import type { BuildProgress, BuildReferenceOptions } from './training-pictures.js';

/** A row of the reference, without its measurements. */
export interface ReferenceRow {
  readonly item: ReferenceItem;
  readonly format: PictureFormat;
  readonly predictionsBy: PredictionOrigin | undefined;
  /** The likeliest class. */
  readonly predicted: string | undefined;
}

/** Measures what takes all pictures together, and puts the reference together. */
export async function assembleReference(
  options: BuildReferenceOptions,
  rows: readonly ReferenceRow[],
  gathered: {
    readonly columns: Partial<Record<SignalName, Float64Array>>;
    readonly embeddings: EmbeddingRows | undefined;
    readonly novelty: NoveltyGathering;
    readonly turns: TurnGathering;
    readonly sample: readonly HeldPicture[];
  },
): Promise<Reference> {
  const neighbours = options.neighbours ?? neighboursFor(rows.length);
  const predictionsBy = originOf(rows);
  const confidence = measureConfidence(gathered.sample, rows.length, options.scoreThreshold);
  const turned = await turnedCopies(options, gathered.turns);
  const formats = measureFormats(
    rows.map(({ format }) => format),
    turned,
  );
  const own = options.own?.scorers ?? [];
  const measurements = {
    ...ofOneOrigin(gathered.columns, rows, own),
    ...confidence.columns,
    ...formats.columns,
  };
  const labels = rows.flatMap(({ item }) => (item.label === undefined ? [] : [item.label]));
  const classes = [...new Set(labels)].sort();
  const items = rows.map(({ item, ...row }) =>
    row.predicted === undefined || row.predictionsBy !== predictionsBy
      ? item
      : { ...item, predicted: row.predicted },
  );
  const { embeddings } = gathered;
  let novelty: NoveltyModel | undefined;
  if (embeddings !== undefined) {
    const found = await leaveOneOutNeighbours(embeddings, neighbours, {
      chosen: gathered.novelty.rows(),
      turn: (done) => turn(options, 'neighbours', Math.round(100 * done), 100),
    });
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
    ...measuredBy(own, measurements),
    embeddings: embeddings === undefined ? undefined : await matrixOf(embeddings),
    ...(novelty === undefined ? {} : { novelty }),
    formats: formats.profile,
    ...(turned === undefined ? {} : { turns: turned.model }),
    neighbours,
    classes,
  };
  return { ...content, id: referenceIdOf(content), createdAt: options.now };
}

type Columns = Partial<Record<SignalName, Float64Array>>;

/** Without what one's own scores measured of predictions that others outrank. */
function ofOneOrigin(
  columns: Columns,
  rows: readonly ReferenceRow[],
  own: readonly OwnScorer[],
): Columns {
  const origin = originOf(rows);
  const byPredictions = new Set<string>(
    own.filter(({ needs }) => needs.includes('predictions')).map(({ name }) => name),
  );
  const kept = Object.entries(columns).map(([name, column = new Float64Array()]) => {
    if (!byPredictions.has(name)) return [name, column] as const;
    const ofOrigin = (raw: number, row: number) =>
      rows[row]?.predictionsBy === origin ? raw : Number.NaN;
    return [name, column.map(ofOrigin)] as const;
  });
  return Object.fromEntries(kept.filter(([, column]) => !column.every(Number.isNaN)));
}

/** What measured the columns of the user's own scores. */
function measuredBy(own: readonly OwnScorer[], columns: Columns): Pick<Reference, 'own'> {
  const measured = own.filter(({ name }) => columns[name] !== undefined);
  if (measured.length === 0) return {};
  return { own: Object.fromEntries(measured.map(({ name, fingerprint }) => [name, fingerprint])) };
}

/** How upright pictures look; undefined without an embedder, or with too few pictures. */
async function turnedCopies(
  options: BuildReferenceOptions,
  turns: TurnGathering,
): ReturnType<TurnGathering['fit']> {
  const { embedder, concurrency } = options;
  if (embedder === undefined) return undefined;
  return turns.fit(embedder, concurrency, (done, total) =>
    turn(options, 'turned-copies', done, total),
  );
}

/** The novelty model with its column; undefined where there are too few pictures to weigh it on. */
async function fitWhereItCan(
  options: BuildReferenceOptions,
  gathered: NoveltyGathering,
  whole: {
    readonly embeddings: EmbeddingRows;
    readonly nearest: Float64Array | undefined;
    readonly neighbours: number;
    readonly labels: readonly (string | undefined)[];
  },
): Promise<{ readonly model: NoveltyModel; readonly column: Float64Array } | undefined> {
  const { nearest } = whole;
  const { embedder, decode, concurrency } = options;
  if (embedder === undefined || nearest === undefined) return undefined;
  if (gathered.rows().length < minMeasured) return undefined;
  let fits = 0;
  const { fitted, rows } = await gathered.fit({
    ...whole,
    embeddings: await pickFrom(whole.embeddings, gathered.rows()),
    nearest,
    decode,
    embedder,
    concurrency,
    spoilt: (done, total) => turn(options, 'spoilt-copies', done, total),
    turn: () => turn(options, 'novelty', fits++, undefined),
  });
  const column = new Float64Array(whole.labels.length).fill(Number.NaN);
  for (const [at, row] of rows.entries()) column[row] = fitted.heldOut[at] ?? Number.NaN;
  return { model: fitted.model, column };
}

/** Lets others have their turn, and ends the build where it was asked to. */
async function turn(
  { ending, onProgress }: BuildReferenceOptions,
  step: BuildProgress['step'],
  done: number,
  total: number | undefined,
): Promise<void> {
  onProgress?.({ step, done, total });
  await new Promise<void>((resolve) => setImmediate(resolve));
  if (ending?.aborted === true) throw unfinished('all pictures, before it was fitted to them');
}

/** The production model's predictions, where any came, outrank the embedder's. */
export function originOf(rows: readonly ReferenceRow[]): PredictionOrigin | undefined {
  const origins = new Set(rows.map(({ predictionsBy }) => predictionsBy));
  if (origins.has('producer')) return 'producer';
  return origins.has('embedder') ? 'embedder' : undefined;
}

export function unfinished(after: string): EdgeminerError {
  return new EdgeminerError('reference.unfinished', `the build was ended after ${after}`, {
    mend: 'Run the same command again: it goes on from there.',
  });
}
