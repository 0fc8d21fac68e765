/**
 * Images per second of decoding, of inference, and of both together, against the ceiling that
 * they share the same cores allows: 1 / (1 / decode + 1 / inference).
 *
 *   node --import tsx --import ./test/register-typescript.mjs bench/throughput.ts --images DIR [--threads N] [--spinning on|off]
 *        [--in-flight N] [--rounds N]
 */
import { readFile, readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';
import { openEmbedder } from '../src/adapters/onnx/onnx-embedder.js';
import { contentTypeOf } from '../src/image/content-type.js';
import { decodeImage } from '../src/image/decode.js';
import type { PixelPlane } from '../src/image/decoded-image.js';
import { perceptualHash } from '../src/image/perceptual-hash.js';

const { values } = parseArgs({
  options: {
    images: { type: 'string' },
    threads: { type: 'string' },
    spinning: { type: 'string' },
    'in-flight': { type: 'string', default: '16' },
    rounds: { type: 'string', default: '3' },
  },
});
if (values.images === undefined) throw new Error('Name a directory of pictures: --images DIR');

const inFlight = Number(values['in-flight']);
const rounds = Number(values.rounds);
const pictures = await readPictures(values.images);
const embedder = await openEmbedder({
  modelsDir: new URL('../models', import.meta.url).pathname,
  name: 'efficientnet-lite0',
  ...(values.threads === undefined ? {} : { threads: Number(values.threads) }),
  ...(values.spinning === undefined ? {} : { spinning: values.spinning !== 'off' }),
});

try {
  const planes = await Promise.all(pictures.map(decode));
  const decodeRate = await bestRate(pictures, async (bytes) => {
    perceptualHash(await decode(bytes));
  });
  const inferRate = await bestRate(planes, async (plane) => {
    await embedder.infer(plane);
  });
  const bothRate = await bestRate(pictures, async (bytes) => {
    const plane = await decode(bytes);
    perceptualHash(plane);
    await embedder.infer(plane);
  });
  const ceiling = 1 / (1 / decodeRate + 1 / inferRate);
  console.log(
    `${pictures.length} pictures, ${availableParallelism()} cores, ${inFlight} in flight`,
  );
  console.log(`decode, luma and perceptual hash   ${decodeRate.toFixed(0)}/s`);
  console.log(`cut and inference                  ${inferRate.toFixed(0)}/s`);
  console.log(`both                               ${bothRate.toFixed(0)}/s`);
  console.log(
    `ceiling ${ceiling.toFixed(0)}/s, reached ${((100 * bothRate) / ceiling).toFixed(0)} %`,
  );
} finally {
  await embedder.close();
}

async function readPictures(directory: string): Promise<readonly Uint8Array[]> {
  const names = (await readdir(directory)).sort();
  const files = await Promise.all(
    names.map((name) => readFile(join(directory, name)).catch(() => new Uint8Array())),
  );
  const found = files.filter((bytes) => contentTypeOf(bytes) !== undefined);
  if (found.length === 0) throw new Error(`There are no pictures in ${directory}.`);
  return found;
}

async function decode(bytes: Uint8Array): Promise<PixelPlane> {
  return (await decodeImage(bytes, { maxPixels: 50_000_000 })).plane;
}

/** The best of several rounds: the machine's other work only ever makes it slower. */
async function bestRate<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<number> {
  let best = 0;
  for (let round = 0; round < rounds; round += 1) {
    const limit = pLimit(inFlight);
    const from = performance.now();
    await Promise.all(items.map((item) => limit(work, item)));
    best = Math.max(best, (1000 * items.length) / (performance.now() - from));
  }
  return best;
}
