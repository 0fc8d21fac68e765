/**
 * How fast the path is, in one run, side by side:
 *
 *   npm run bench -- [--images DIR] [--pictures N] [--rounds N] [--complete N] [--reference N]
 *                    [--quick] [--json] [--write]
 *
 * Every round runs each row once, so that what disturbs the machine disturbs all; medians are
 * printed, and ratios to the overlapped best case: sharp and the ONNX runtime alone, with no code
 * of edgeminer's. Topics are filled before the clock starts; opening models and joining groups is
 * not counted. Runs of 200 pictures end before all code is compiled: their ratios are 0.1 lower.
 * `--write` puts the table into docs/performance.md.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDirectorySource } from '../src/adapters/directory/directory-source.js';
import { table } from '../src/cli/output.js';
import { scorers } from '../src/score/registry.js';
import { measureBatches } from './batches.js';
import { openBestCase } from './best-case.js';
import { mineFromKafka } from './kafka-runs.js';
import {
  benchModel,
  completeEvents,
  memorySource,
  openMining,
  pictureEvents,
  referenceOf,
} from './mining.js';
import type { MiningRun } from './mining.js';
import { benchPictures } from './pictures.js';
import { benchServices } from './services.js';
import { writeBetweenMarks } from './write-between-marks.js';

const { values: options } = parseArgs({
  options: {
    images: { type: 'string' },
    pictures: { type: 'string' },
    rounds: { type: 'string' },
    complete: { type: 'string' },
    reference: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const count = Number(options.pictures ?? (options.quick ? 100 : 800));
const rounds = Number(options.rounds ?? (options.quick ? 1 : 3));
const complete = Number(options.complete ?? (options.quick ? 5000 : 20_000));

/** Every candidate has a task of its own: which pictures are alike is not measured here. */
const settings = {
  models: [{ name: 'bench', versions: ['1'] }],
  mining: { duplicates: { windowSeconds: 0, bits: 0 } },
};
const off = Object.fromEntries(
  scorers
    .filter(({ looksAt }) => looksAt === 'pixels' || looksAt === 'frames')
    .map(({ name }) => [name, 'off']),
);
const withoutPixels = {
  models: [{ name: 'bench', versions: ['1'], embedder: 'none' }],
  policies: { default: { signals: off, controlSample: 0, falseAlarms: 0 } },
};

const say = (line: string) => process.stderr.write(`${line}\n`);
const perSecond = new Map<string, number[]>();
const delays: MiningRun['delay'][] = [];
const note = (row: string, rate: number) => {
  perSecond.set(row, [...(perSecond.get(row) ?? []), rate]);
  say(`  ${row}: ${rate.toFixed(1)}/s`);
};
const rateOf = ({ events, seconds }: MiningRun) => events / seconds;

say('making pictures and the reference, starting Kafka, registry and MongoDB');
const pictures = await benchPictures(options.images, count);
// Of one size however long the runs are: every event is compared with all of it.
const reference = await referenceOf(pictures.slice(0, Number(options.reference ?? 200)));
const services = await benchServices(process.env);
const folder = await mkdtemp(join(tmpdir(), 'edgeminer-bench-pictures-'));
for (const [n, bytes] of pictures.entries()) await writeFile(join(folder, `${n}.jpg`), bytes);
const onMongo = {
  MONGODB_URI: services.mongo.uri,
  EDGEMINER_STORE_DATABASE: `bench_${process.pid}`,
};
const bestCase = await openBestCase('efficientnet-lite0', availableParallelism(), 1);
const sqlite = await openMining(reference, settings);
const mongo = await openMining(reference, settings, onMongo);
const completeOnMongo = await openMining(reference, withoutPixels, {
  ...onMongo,
  EDGEMINER_STORE_DATABASE: `bench_complete_${process.pid}`,
});
try {
  for (let round = 0; round <= rounds; round += 1) {
    const warm = round > 0;
    say(warm ? `round ${round} of ${rounds}` : 'warming up');
    const record = warm ? note : () => undefined;
    record('decode', count / (await bestCase.decode(pictures)));
    record('inference', count / (await bestCase.infer(count)));
    record('both overlapped: the best case', count / (await bestCase.both(pictures)));
    const run = `r${round}-${process.pid}`;
    record(
      'mine from memory into SQLite',
      rateOf(await sqlite.run(memorySource(pictureEvents(pictures, `m-${run}`)))),
    );
    const directory = await openDirectorySource({
      directory: folder,
      modelName: benchModel.name,
      modelVersion: benchModel.version,
      maxBytes: 32 * 1024 * 1024,
    });
    record('mine from a directory into SQLite', rateOf(await sqlite.run(directory)));
    await directory.close();
    const onSqlite = pictureEvents(pictures, `ks-${run}`);
    record(
      'mine from Kafka into SQLite',
      rateOf(await mineFromKafka(services, onSqlite, 'avro', sqlite)),
    );
    const onKafka = pictureEvents(pictures, `km-${run}`);
    const mined = await mineFromKafka(services, onKafka, 'avro', mongo);
    record('mine from Kafka into MongoDB', rateOf(mined));
    if (warm) delays.push(mined.delay);
    for (const format of ['avro', 'json'] as const) {
      const events = completeEvents(complete, reference.embeddings?.dimensions ?? 1, run);
      const fast = await mineFromKafka(services, events, format, completeOnMongo);
      record(`without inference, ${format === 'avro' ? 'Avro' : 'JSON'}`, rateOf(fast));
    }
  }
  const batches = await measureBatches(pictures);
  await report(batches);
} finally {
  await bestCase.close();
  for (const place of [sqlite, mongo, completeOnMongo]) await place.close();
  await services.close();
  await rm(folder, { recursive: true });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function report(batches: Awaited<ReturnType<typeof measureBatches>>): Promise<void> {
  const rates = new Map([...perSecond].map(([row, each]) => [row, median(each)]));
  const bests = perSecond.get('both overlapped: the best case') ?? [];
  const best = median(bests);
  // Round by round: what else the machine does changes from one to the next.
  const ratioOf = (row: string) =>
    median((perSecond.get(row) ?? []).map((each, round) => each / (bests[round] ?? Number.NaN)));
  const spread = (row: string) => {
    const all = perSecond.get(row) ?? [];
    return `${Math.min(...all).toFixed(0)} to ${Math.max(...all).toFixed(0)}`;
  };
  const delay = {
    p50: median(delays.map(({ p50 }) => p50)),
    p99: median(delays.map(({ p99 }) => p99)),
  };
  if (options.json) {
    const result = { rates: Object.fromEntries(rates), best, delay, batches };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
  const rows = [...rates].map(([row, rate]) => {
    const ofBest = row.startsWith('without') ? '' : ratioOf(row).toFixed(2);
    return [row, rate.toFixed(1), spread(row), ofBest];
  });
  const lines = [
    `${count} pictures of ${options.images === undefined ? '500 x 375' : 'the folder'}, a reference of ${reference.items.length}, ` +
      `${availableParallelism()} cores, ${rounds} rounds; Kafka, registry and MongoDB on the same cores.`,
    '',
    ...table([['what', 'per second', 'over the rounds', 'of the best case'], ...rows]),
    '',
    `Event loop's delay while mining from Kafka into MongoDB: ${delay.p50.toFixed(1)} ms at the median, ` +
      `${delay.p99.toFixed(1)} ms at the 99th percentile.`,
    '',
    ...table([
      ['batch of at most', 'waits ms', 'images per second'],
      ...batches.map((each) => [each.maxBatch, each.maxWaitMs, each.perSecond.toFixed(0)]),
    ]),
  ];
  if (!options.json) process.stdout.write(`${lines.join('\n')}\n`);
  if (options.write) await writeBetweenMarks('docs/performance.md', 'bench', lines);
}
