/**
 * What `reference build` and `mine` take with a large reference:
 *
 *   npm run bench:reference -- [--pictures 100000] [--write]
 *
 * Everything is real but the pictures and the network: pictures are drawn at 48 x 32 and never were
 * files, and the network's 1,280 values and 1,000 logits are made of the picture's number, in
 * clusters. So it is about memory and about what edgeminer does besides decoding and inference. Opening
 * is measured in a process of its own. `--write` puts the table into docs/performance.md.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openBuildCheckpoint } from '../src/adapters/directory/build-checkpoint.js';
import { openDirectoryReferenceStore } from '../src/adapters/directory/directory-reference-store.js';
import { openNoveltyIndex } from '../src/adapters/onnx/open-novelty-index.js';
import { table } from '../src/cli/output.js';
import type { DecodedImage } from '../src/image/decoded-image.js';
import { modelName, modelVersion } from '../src/ids.js';
import { loadReference } from '../src/mine/model-directory.js';
import { buildReference } from '../src/score/build-reference.js';
import type { Embedder } from '../src/score/embedder.js';
import { measuringFingerprint } from '../src/score/measured-pictures.js';
import { factsOf } from '../test/fixtures/formats.js';
import { seeded } from '../test/fixtures/planes.js';
import { writeBetweenMarks } from './write-between-marks.js';

const { values: options } = parseArgs({
  options: {
    pictures: { type: 'string', default: '100000' },
    write: { type: 'boolean', default: false },
    open: { type: 'string' },
  },
});
const pictures = Number(options.pictures);
const dimensions = 1280;
const classes = Array.from({ length: 1000 }, (_, at) => `class ${at}`);
const model = { name: modelName('bench'), version: modelVersion('1') };

interface Mark {
  readonly what: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** The most that was seen since the mark before. */
  readonly residentMb: number;
}

/** Watches this process's time and memory from mark to mark. */
class Watch {
  readonly marks: Mark[] = [];
  #at = performance.now();
  #cpu = process.cpuUsage();
  #most = 0;
  readonly #timer = setInterval(() => this.look(), 50);

  look(): void {
    this.#most = Math.max(this.#most, process.memoryUsage.rss());
  }

  mark(what: string): void {
    this.look();
    const used = process.cpuUsage(this.#cpu);
    this.marks.push({
      what,
      seconds: (performance.now() - this.#at) / 1000,
      cpuSeconds: (used.user + used.system) / 1e6,
      residentMb: this.#most / 2 ** 20,
    });
    process.stderr.write(`${rowOf(this.marks.at(-1)).join('  ')}\n`);
    this.#at = performance.now();
    this.#cpu = process.cpuUsage();
    this.#most = 0;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}

function rowOf(mark: Mark | undefined): readonly string[] {
  if (mark === undefined) return [];
  const { what, seconds, cpuSeconds, residentMb } = mark;
  return [what, seconds.toFixed(1), cpuSeconds.toFixed(1), residentMb.toFixed(0)];
}

function decoded(bytes: Uint8Array): DecodedImage {
  const random = seeded(numberOf(bytes));
  const [width, height] = [48, 32];
  const level = 40 + 170 * random();
  const rgb = new Uint8Array(width * height * 3);
  for (let at = 0; at < rgb.length; at += 1) {
    rgb[at] = level + 60 * ((at / 90) % 1) - 30 * random();
  }
  const format = factsOf({ width, height, container: 'image/png' });
  return { width, height, contentType: 'image/png', format, plane: { width, height, rgb } };
}

const numberOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);

/** Fifty clusters: a centre, five directions of its own, and noise. */
const deviates = Float32Array.from({ length: 1 << 16 }, normal(seeded(5)));
function normal(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
function vector(seed: number, length: number, noise: number): Float32Array {
  const values = new Float32Array(length);
  const cluster = seed % 50;
  const [fromCentre, fromNoise] = [cluster * 1283, Math.imul(seed, 2_654_435_761) >>> 0];
  for (let at = 0; at < length; at += 1) {
    const centre = deviates[(fromCentre + at) & 0xffff] ?? 0;
    const own = deviates[(fromNoise + Math.imul(at, 40_503)) & 0xffff] ?? 0;
    values[at] = Math.max(0, 0.4 + centre * 0.5 + own * noise);
  }
  return values;
}

function made(): Embedder {
  return {
    model: { name: 'made', sha256: 'ab'.repeat(32), dimensions, classes },
    async infer({ rgb }) {
      let seed = 0;
      for (let at = 0; at < rgb.length; at += 7)
        seed = (Math.imul(seed, 31) + (rgb[at] ?? 0)) >>> 0;
      return { embedding: vector(seed, dimensions, 0.3), logits: vector(seed, 1000, 1) };
    },
    close: async () => undefined,
  };
}

async function* numbered() {
  for (let n = 0; n < pictures; n += 1) {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, n);
    yield { path: `camera-${n % 8}/${String(n).padStart(6, '0')}.png`, bytes };
  }
}

async function build(folder: string): Promise<Mark[]> {
  const watch = new Watch();
  const store = await openDirectoryReferenceStore({ path: join(folder, 'references') });
  const checkpoint = await openBuildCheckpoint(join(folder, 'building'), {
    edgeminer: 'bench',
    measuring: measuringFingerprint(),
    own: undefined,
    embedder: made().model,
  });
  watch.mark('start');
  let step = '';
  const names: Readonly<Record<string, string>> = {
    neighbours: 'neighbours of 2,000, left out one by one',
    'spoilt-copies': 'spoilt copies',
    novelty: 'novelty fit, then all embeddings together',
  };
  const { reference } = await buildReference({
    pictures: numbered(),
    total: pictures,
    decode: async (bytes) => decoded(bytes),
    embedder: made(),
    measured: checkpoint,
    modelName: model.name,
    modelVersion: model.version,
    now: Date.now(),
    concurrency: 8,
    onProgress({ step: next, done }) {
      if (next !== step && step !== '' && step !== 'pictures') watch.mark(names[step] ?? step);
      step = next;
      if (next === 'pictures' && done % Math.ceil(pictures / 5) === 0)
        watch.mark(`pictures up to ${done.toLocaleString('en-US')}`);
    },
  });
  watch.mark(names[step] ?? step);
  await store.publish(reference);
  watch.mark('publish');
  await checkpoint.close();
  watch.end();
  return watch.marks;
}

/** As `mine` does; prints its marks as JSON. */
async function open(folder: string): Promise<void> {
  const watch = new Watch();
  watch.mark('before opening');
  const store = await openDirectoryReferenceStore({ path: join(folder, 'references') });
  const id = await store.current(model.name, model.version);
  const reference = id === undefined ? undefined : await store.load(id);
  if (reference === undefined) throw new Error('the reference was not published');
  watch.mark('read and verified');
  const loaded = await loadReference(reference, openNoveltyIndex);
  watch.mark('index and calibration opened');
  for (let n = 0; n < 200; n += 1) {
    const embedding = vector(Math.imul(n, 77_777), dimensions, 0.3);
    await loaded.index?.look(embedding, undefined, loaded.reference.neighbours);
  }
  watch.mark('200 pictures’ neighbours');
  await loaded.index?.close();
  watch.end();
  process.stdout.write(JSON.stringify(watch.marks));
}

async function openElsewhere(folder: string): Promise<Mark[]> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(import.meta.url), '--open', folder],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  await new Promise<void>((resolve) => child.once('close', () => resolve()));
  return JSON.parse(text) as Mark[];
}

if (options.open === undefined) {
  const folder = await mkdtemp(join(tmpdir(), 'edgeminer-bench-reference-'));
  try {
    const heading = ['', 'seconds', 'of which CPU', 'most resident, MB'];
    const built = await build(folder);
    const opened = await openElsewhere(folder);
    const lines = [
      `${pictures.toLocaleString('en-US')} pictures, embeddings of ${dimensions} (${((pictures * dimensions * 4) / 2 ** 20).toFixed(0)} MB), 1,000 logits`,
      '',
      ...table([heading, ...[...built, ...opened].map(rowOf)]),
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
    if (options.write) await writeBetweenMarks('docs/performance.md', 'bench:reference', lines);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
} else {
  await open(options.open);
}
