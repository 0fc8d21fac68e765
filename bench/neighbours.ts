/**
 * What neighbours cost beside an inference, and what the shortlist misses:
 *
 *   npm run bench:neighbours -- [--rows 50000] [--queries 400] [--embeddings FILE.npy]...
 *
 * Without `--embeddings` (float32, as references hold them) they are made up: clusters on a curved
 * surface of few dimensions, with noise. Too few are filled up with mixtures of two.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { openEmbedder } from '../src/adapters/onnx/onnx-embedder.js';
import { openOnnxNeighbours } from '../src/adapters/onnx/onnx-neighbours.js';
import { table } from '../src/cli/output.js';
import { decodeImage } from '../src/image/decode.js';
import type { PixelPlane } from '../src/image/decoded-image.js';
import { normalDeviate } from '../src/image/normal-deviate.js';
import { GrowingMatrix } from '../src/score/growing-matrix.js';
import type { NeighbourIndex } from '../src/score/neighbours.js';
import { decodeNpy } from '../src/score/npy.js';
import { openShortlistedNeighbours } from '../src/score/shortlisted-neighbours.js';
import { benchPictures } from './pictures.js';
import { seeded } from '../test/fixtures/planes.js';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '50000' },
    queries: { type: 'string', default: '400' },
    embeddings: { type: 'string', multiple: true, default: [] },
  },
});
const [rows, queries] = [Number(options.rows), Number(options.queries)];
const k = 5;
const atOnce = 8;
const random = seeded(11);
const dimensions = 1280;

const given: Float32Array[] = [];
for (const file of options.embeddings) {
  const { shape, values } = decodeNpy(await readFile(file), file);
  const width = shape[1] ?? 0;
  if (!(values instanceof Float32Array) || width !== dimensions) {
    throw new Error(`${file} does not hold float32 rows of ${dimensions}.`);
  }
  for (let row = 0; row < shape[0]; row += 1)
    given.push(values.slice(row * width, (row + 1) * width));
}
const pool = given.length > 0 ? given : madeUp();
// Shuffled, so that the queries are of the same sources as the rows.
for (let at = pool.length - 1; at > 0; at -= 1) {
  const other = Math.floor(random() * (at + 1));
  const kept = pool[at];
  const moved = pool[other];
  if (kept !== undefined && moved !== undefined) [pool[at], pool[other]] = [moved, kept];
}
const asked = pool.splice(0, Math.min(queries, Math.floor(pool.length / 5)));
const matrix = new GrowingMatrix();
for (let row = 0; row < rows; row += 1) {
  const own = pool[row % pool.length] ?? new Float32Array(dimensions);
  const other = pool[Math.floor(random() * pool.length)] ?? own;
  const share = row < pool.length ? 0 : 0.1 + 0.4 * random();
  matrix.append(own.map((value, at) => value + share * ((other[at] ?? 0) - value)));
}
const embeddings = matrix.matrix();
if (embeddings === undefined) throw new Error('Give --rows 1 or more.');

const perInference = await timeInference();
console.log(
  `${rows} rows of ${dimensions} (${pool.length} as given, the rest mixtures), ${atOnce} asked at once`,
);
const lines: (string | number)[][] = [
  ['', 'ms each', 'of an inference', `recall of ${k}`, 'opened in s'],
];
const truth: number[][] = [];
for (const [name, open] of [
  ['exact', () => openOnnxNeighbours(embeddings)],
  ['shortlist', () => openShortlistedNeighbours(embeddings, openOnnxNeighbours)],
] as const) {
  const start = performance.now();
  const index = await open();
  const opened = (performance.now() - start) / 1000;
  await ask(index, asked.slice(0, atOnce));
  const begin = performance.now();
  const found = await ask(index, asked);
  const each = (performance.now() - begin) / asked.length;
  await index.close();
  if (name === 'exact') truth.push(...found);
  const hits = found.flatMap((own, at) => own.filter((row) => truth[at]?.includes(row))).length;
  lines.push([
    name,
    each.toFixed(2),
    `${((100 * each) / perInference).toFixed(0)} %`,
    (hits / (asked.length * k)).toFixed(4),
    opened.toFixed(1),
  ]);
}
console.log(`inference: ${perInference.toFixed(2)} ms each, in batches of ${atOnce}`);
console.log(table(lines).join('\n'));

async function ask(index: NeighbourIndex, all: readonly Float32Array[]): Promise<number[][]> {
  const found: number[][] = [];
  for (let start = 0; start < all.length; start += atOnce) {
    const batch = all.slice(start, start + atOnce).map((each) => index.nearest(each, k));
    for (const each of await Promise.all(batch)) found.push(each.map(({ index: row }) => row));
  }
  return found;
}

async function timeInference(): Promise<number> {
  const modelsDir = new URL('../models', import.meta.url).pathname;
  const embedder = await openEmbedder({ modelsDir, name: 'efficientnet-lite0' });
  const planes: PixelPlane[] = [];
  for (const bytes of await benchPictures(undefined, atOnce)) {
    planes.push((await decodeImage(bytes, { maxPixels: 50_000_000 })).plane);
  }
  const round = () => Promise.all(planes.map((plane) => embedder.infer(plane)));
  await round();
  const rounds = 20;
  const start = performance.now();
  for (let at = 0; at < rounds; at += 1) await round();
  const each = (performance.now() - start) / (rounds * atOnce);
  await embedder.close();
  return each;
}

function madeUp(): Float32Array[] {
  const latent = 60;
  const normal = () => normalDeviate(random);
  const mixing = Float32Array.from({ length: latent * dimensions }, normal);
  const centres = Array.from({ length: 40 }, () => Array.from({ length: latent }, normal));
  return Array.from({ length: 4000 }, (_, at) => {
    const centre = centres[at % centres.length] ?? [];
    const place = centre.map((value) => value + 0.7 * normal());
    return Float32Array.from({ length: dimensions }, (_value, column) => {
      let sum = 0;
      for (const [axis, value] of place.entries())
        sum += value * (mixing[axis * dimensions + column] ?? 0);
      // Pooled features of rectified channels are not below 0.
      return Math.max(0, sum / 8 + 0.3 * normal());
    });
  });
}
