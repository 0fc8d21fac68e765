/**
 * How well each way to tell what is out of distribution does, alone and together:
 *
 *   npm run bench:ood -- --images DIR [--out-of-distribution DIR]... [--classes DIR]
 *     [--peers] [--python FILE] [--write]
 *
 * Broad: half of `--images` is the reference, the other half ordinary, in several splits. Narrow:
 * `--classes` holds train/CLASS and test/CLASS; a few classes are the reference, their test
 * pictures are ordinary, the other classes are left out. Out of distribution are besides: the
 * folders given, noise, double exposures, and the ordinary pictures degraded by src/image/degrade.ts
 * (other code than the reference is weighed with). A second table says how many are taken for
 * something new, and for how many the light or the quality is named as the cause. `--peers` runs cleanlab and pyod on the same
 * embeddings, by Python in a virtual environment. `--write` puts the table into docs/scores.md.
 */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEmbedder } from '../src/adapters/onnx/onnx-embedder.js';
import { table } from '../src/cli/output.js';
import { modelName, modelVersion } from '../src/ids.js';
import { decodeImage } from '../src/image/decode.js';
import { buildReference } from '../src/score/build-reference.js';
import { rowOf } from '../src/score/embedding-matrix.js';
import type { EmbeddingMatrix } from '../src/score/embedding-matrix.js';
import { exactNeighbours } from '../src/score/exact-neighbours.js';
import { GrowingMatrix } from '../src/score/growing-matrix.js';
import { areaUnderCurve, falseAlarmsAt95 } from '../src/score/novelty/area-under-curve.js';
import { detect } from '../src/score/novelty/detectors.js';
import { meanDistance } from '../src/score/novelty/embedding-distance.js';
import { combinedBy } from '../src/score/novelty/novelty-model.js';
import { isExposure, noveltyMethods } from '../src/score/novelty/novelty-methods.js';
import { exposedScore } from '../src/score/novelty/outlier-exposure.js';
import { encodeNpy } from '../src/score/npy.js';
import type { Reference } from '../src/score/reference.js';
import { judge, verdictRows } from './ood-causes.js';
import type { Verdicts } from './ood-causes.js';
import { comparePeers } from './ood-peers.js';
import { badlyLit, made } from './ood-pictures.js';
import { benchPictures } from './pictures.js';
import { writeBetweenMarks } from './write-between-marks.js';

const { values: options } = parseArgs({
  options: {
    images: { type: 'string' },
    'out-of-distribution': { type: 'string', multiple: true, default: [] },
    classes: { type: 'string' },
    peers: { type: 'boolean', default: false },
    python: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const { images } = options;
if (images === undefined) throw new Error('Give --images DIR.');

interface Embedded {
  readonly raw: EmbeddingMatrix;
  readonly logits: EmbeddingMatrix | undefined;
}

interface Labelled {
  readonly bytes: Uint8Array;
  readonly label?: string;
}

interface Domain {
  readonly name: string;
  readonly kind: 'broad' | 'narrow';
  readonly training: readonly Labelled[];
  readonly ordinary: readonly Uint8Array[];
  /** Sets that are strange to this domain, by name. */
  readonly strange: ReadonlyMap<string, readonly Uint8Array[]>;
}

const embedder = await openEmbedder({
  modelsDir: new URL('../models', import.meta.url).pathname,
  name: 'efficientnet-lite0',
});
const limits = { maxPixels: 50_000_000 };
const exposure = 'outlier-exposure';
const partOf = 'its part ';
const known = new Map<string, Promise<{ embedding: Float32Array; logits?: Float32Array }>>();
const verdicts: Verdicts[] = [];
const folder = await mkdtemp(join(tmpdir(), 'edgeminer-ood-'));
try {
  const areas: Cell[] = [];
  for await (const domain of domains()) {
    console.error(
      `${domain.name}: ${domain.training.length} training, ${domain.ordinary.length} ordinary`,
    );
    areas.push(...(await measure(domain)));
  }
  const peers = options.peers ? await comparePeers(folder, options.python) : [];
  const causes = table(verdictRows(verdicts)).join('\n');
  const text = `${report([...areas, ...peers])}\n\n${causes}`;
  console.log(text);
  if (options.write) await writeBetweenMarks('docs/scores.md', 'ood', [text]);
} finally {
  await embedder.close();
  await rm(folder, { recursive: true });
}

interface Cell {
  readonly method: string;
  readonly kind: string;
  readonly set: string;
  readonly auroc: number;
  readonly fpr95: number;
}

async function* domains(): AsyncGenerator<Domain> {
  const outside = new Map<string, readonly Uint8Array[]>();
  for (const directory of options['out-of-distribution']) {
    outside.set(basename(directory), await benchPictures(directory, Infinity));
  }
  const all = inHashOrder(await benchPictures(images, Infinity));
  const classNames =
    options.classes === undefined ? [] : (await readdir(join(options.classes, 'train'))).sort();
  const of = (part: string, name: string) =>
    benchPictures(join(options.classes ?? '', part, name), Infinity);
  const others: Uint8Array[] = [];
  for (const name of classNames) others.push(...(await of('test', name)).slice(0, 10));
  for (let split = 0; split < 3; split += 1) {
    const isTraining = (at: number) => (Math.floor(at / 3 ** split) + split) % 2 === 0;
    const ordinary = all.filter((_, at) => !isTraining(at));
    yield {
      name: `broad ${split + 1}`,
      kind: 'broad',
      training: all.filter((_, at) => isTraining(at)).map((bytes) => ({ bytes })),
      ordinary,
      strange: new Map([
        ...outside,
        ...(others.length === 0 ? [] : ([['left-out', others]] as const)),
        ...(await made(ordinary, [481, 321])),
      ]),
    };
  }
  // Two to five neighbouring classes of the alphabet at a time, with 50 to 150 pictures of each.
  for (const [from, count, each] of [
    [0, 2, 100],
    [3, 3, 100],
    [5, 2, 150],
    [4, 5, 50],
    [8, 2, 50],
  ] as const) {
    const chosen = classNames.slice(from, from + count);
    if (chosen.length < 2) continue;
    const training: Labelled[] = [];
    const ordinary: Uint8Array[] = [];
    const leftOut: Uint8Array[] = [];
    for (const name of classNames) {
      const test = await of('test', name);
      if (!chosen.includes(name)) leftOut.push(...test.slice(0, 50));
      else {
        ordinary.push(...test.slice(0, 100));
        for (const bytes of (await of('train', name)).slice(0, each)) {
          training.push({ bytes, label: name });
        }
      }
    }
    yield {
      name: chosen.join(', '),
      kind: 'narrow',
      training,
      ordinary,
      strange: new Map([
        ...outside,
        ['left-out', leftOut],
        ...(await made(
          ordinary.filter((_, at) => at % 3 === 0),
          [32, 32],
        )),
      ]),
    };
  }
}

async function measure({ name, kind, training, ordinary, strange }: Domain): Promise<Cell[]> {
  const { reference } = await buildReference({
    pictures: trainingPictures(training),
    decode: (bytes) => decodeImage(bytes, limits),
    embedder,
    modelName: modelName('bench'),
    modelVersion: modelVersion('1'),
    now: 0,
    concurrency: 8,
  });
  const usual = await embedAll(ordinary);
  const place = join(folder, name.replaceAll(/[^a-z0-9]+/giu, '-'));
  await mkdir(place);
  await save(place, 'reference', { raw: need(reference.embeddings), logits: undefined });
  await save(place, 'ordinary', usual);
  const usualScores = await scoresOf(reference, usual);
  const cells: Cell[] = [];
  for (const [set, pictures] of strange) {
    const odd = await embedAll(pictures);
    await save(place, `strange-${set}`, odd);
    for (const [method, scores] of await scoresOf(reference, odd)) {
      const against = need(usualScores.get(method));
      cells.push({
        method,
        kind,
        set,
        auroc: areaUnderCurve(against, scores),
        fpr95: falseAlarmsAt95(against, scores),
      });
    }
  }
  await writeFile(join(place, 'kind'), kind);
  for (const [set, pictures] of [
    ['ordinary', ordinary] as const,
    ...(await badlyLit(ordinary.filter((_, at) => kind === 'broad' || at % 3 === 0))),
    ...[...strange].filter(([name]) => name !== 'mixed' && name !== 'degraded'),
  ]) {
    verdicts.push(await judge({ kind, set }, pictures, reference, embed));
  }
  return cells;
}

async function scoresOf(
  reference: Reference,
  { raw, logits }: Embedded,
): Promise<ReadonlyMap<string, number[]>> {
  const model = need(reference.novelty);
  const embeddings = need(reference.embeddings);
  const index = exactNeighbours(embeddings);
  const byMethod = new Map<string, number[]>();
  const add = (method: string, value: number) => {
    if (Number.isNaN(value)) return;
    byMethod.set(method, [...(byMethod.get(method) ?? []), value]);
  };
  for (let row = 0; row < raw.rows; row += 1) {
    const embedding = rowOf(raw, row);
    const found = await index.nearest(embedding, reference.neighbours);
    const given = logits === undefined ? undefined : rowOf(logits, row);
    const { scores: each, towards } = detect(
      model.detectors,
      embedding,
      given,
      meanDistance(found),
    );
    for (const [at, method] of noveltyMethods.entries()) {
      add(isExposure(method) ? `${partOf}${method}` : method, each[at] ?? Number.NaN);
    }
    add(exposure, exposedScore(towards, model.detectors.exposed?.kinds ?? []));
    add('nearest-neighbours (raw)', rawDistance(embeddings, embedding, reference.neighbours));
    add('combination', combinedBy(model, each));
  }
  return byMethod;
}

/** Mean Euclidean distance to the k nearest: a method that the product left out. */
function rawDistance(
  { rows, dimensions, values }: EmbeddingMatrix,
  embedding: Float32Array,
  k: number,
) {
  const distances = Float64Array.from({ length: rows }, (_, row) => {
    let squares = 0;
    for (let at = 0; at < dimensions; at += 1) {
      squares += ((values[row * dimensions + at] ?? 0) - (embedding[at] ?? 0)) ** 2;
    }
    return Math.sqrt(squares);
  }).sort();
  return distances.subarray(0, k).reduce((sum, distance) => sum + distance, 0) / k;
}

function report(cells: readonly Cell[]): string {
  const kinds = [...new Set(cells.map(({ kind, set }) => `${kind}: ${set}`))];
  const methods = [...new Set(cells.map(({ method }) => method))];
  const mean = (method: string, column: string, figure: 'auroc' | 'fpr95') => {
    const own = cells.filter(
      (cell) => cell.method === method && `${cell.kind}: ${cell.set}` === column,
    );
    return own.reduce((sum, cell) => sum + cell[figure], 0) / own.length;
  };
  const lines = methods.map((method) => {
    const all = (figure: 'auroc' | 'fpr95') =>
      kinds.reduce((sum, column) => sum + mean(method, column, figure), 0) / kinds.length;
    return {
      auroc: all('auroc'),
      row: [
        method,
        ...kinds.map((column) =>
          figures(mean(method, column, 'auroc'), mean(method, column, 'fpr95')),
        ),
        figures(all('auroc'), all('fpr95')),
      ],
    };
  });
  // A method that some domains can't have has no mean, and comes last.
  const placed = (auroc: number) => (Number.isNaN(auroc) ? -Infinity : auroc);
  lines.sort((a, b) => placed(b.auroc) - placed(a.auroc));
  const tableOf = (isListed: (method: string) => boolean) =>
    table([
      ['AUROC / FPR95', ...kinds, 'mean'],
      ...lines.map(({ row }) => row).filter(([method = '']) => isListed(method)),
    ]).join('\n');
  return [
    tableOf((method) => !isFitted(method)),
    '',
    'The outlier exposure, which is fitted to spoilt copies of the reference, as one sum and in its parts:',
    '',
    tableOf((method) => isFitted(method) || method === 'combination'),
  ].join('\n');
}

/** No method by itself: what the combination learns from the reference's own spoilt copies. */
function isFitted(method: string): boolean {
  return method === exposure || method.startsWith(partOf);
}

/** A method that some domains can't have has no mean. */
function figures(auroc: number, fpr95: number): string {
  return Number.isNaN(auroc) ? '-' : `${auroc.toFixed(3)} / ${fpr95.toFixed(2)}`;
}

async function embedAll(pictures: readonly Uint8Array[]): Promise<Embedded> {
  const [raw, logits] = [new GrowingMatrix(), new GrowingMatrix()];
  for (let start = 0; start < pictures.length; start += 8) {
    for (const each of await Promise.all(pictures.slice(start, start + 8).map(embed))) {
      raw.append(each.embedding);
      if (each.logits !== undefined) logits.append(each.logits);
    }
  }
  return { raw: need(raw.matrix()), logits: logits.matrix() };
}

/** Each picture once, however many domains it is in. */
function embed(bytes: Uint8Array) {
  const hash = createHash('sha256').update(bytes).digest('hex');
  let inference = known.get(hash);
  if (inference === undefined) {
    inference = decodeImage(bytes, limits).then(({ plane }) => embedder.infer(plane));
    known.set(hash, inference);
  }
  return inference;
}

async function* trainingPictures(pictures: readonly Labelled[]) {
  for (const [at, picture] of pictures.entries()) yield { path: String(at), ...picture };
}

async function save(place: string, name: string, { raw, logits }: Embedded): Promise<void> {
  const bytesOf = ({ rows, dimensions, values }: EmbeddingMatrix) =>
    encodeNpy({ shape: [rows, dimensions], values });
  await writeFile(join(place, `${name}.npy`), bytesOf(raw));
  if (logits !== undefined) await writeFile(join(place, `${name}.logits.npy`), bytesOf(logits));
}

function inHashOrder(pictures: readonly Uint8Array[]): Uint8Array[] {
  return pictures
    .map((bytes) => ({ bytes, hash: createHash('sha256').update(bytes).digest('hex') }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1))
    .map(({ bytes }) => bytes);
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The embedder gave nothing to measure.');
  return value;
}
