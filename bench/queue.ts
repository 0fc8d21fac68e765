/**
 * `npm run bench:queue`: what people and programs at the queue wait for, with 16 of them at once, beside a
 * queue that is almost empty, one of 10,000 tasks and a full one, in one run. `--tasks N` sets the full
 * one on MongoDB (1,000,000), a tenth of it is that on SQLite; `--write` puts the table into
 * docs/performance.md. Tasks come in through the adapter's own `offer`.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MongoClient } from 'mongodb';
import { openMongoStore } from '../src/adapters/mongo/open-mongo-store.js';
import { taskIndexes } from '../src/adapters/mongo/task-filters.js';
import { openSqliteStore } from '../src/adapters/sqlite/open-sqlite-store.js';
import type { Reason } from '../src/decision/decision.js';
import {
  annotatorId,
  batchId,
  eventId,
  imageHash,
  modelName,
  modelVersion,
  sourceId,
  taskId,
} from '../src/ids.js';
import type { RelabelQueue, TaskReader } from '../src/queue/relabel-queue.js';
import type { TaskContent } from '../src/queue/task.js';
import { taskIdOf } from '../src/queue/task-id.js';
import { startMongo } from '../test/services/local-services.js';
import { openProcesses } from '../test/services/processes.js';
import { writeBetweenMarks } from './write-between-marks.js';

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '1000000' },
    write: { type: 'boolean', default: false },
  },
});
const full = Number(values.tasks);
const clients = 16;
const almostNone = 100;
const usual = 10_000;
const perBatch = 10;
/** Of each client, in each queue. */
const rounds = 30;
/** Between two things that a client does, at most; milliseconds. Without a pause, the machine's cores would be measured. */
const longestPause = 200;
const statsRounds = 2;

type Queue = RelabelQueue & TaskReader;

interface Place {
  readonly name: string;
  /** Another connection; the bench closes them. */
  readonly connect: () => Promise<{ queue: Queue; close: () => Promise<void> }>;
  /** How the server found what each operation asked for; where it can be asked. */
  readonly plans?: (run: () => Promise<unknown>) => Promise<readonly string[]>;
}

const reasons: readonly Reason[] = ['dark', 'blur', 'margin', 'out-of-distribution', 'noise'];
const classes = ['cat', 'dog', 'bird', 'fox', 'hare', 'owl', 'rat', 'toad', 'vole', 'wren'];

/** Task `n`: of one of 64 sources and 4 models, with one to three reasons. */
function content(n: number): TaskContent {
  const event = eventId(`bench-${n}`);
  const source = sourceId(`camera-${n % 64}`);
  const digest = createHash('sha256').update(event).digest('hex');
  const draw = Number.parseInt(digest.slice(0, 8), 16) / 2 ** 32;
  const own = reasons.filter((_, at) => (n + at) % 5 < 1 + (n % 3));
  return {
    id: taskIdOf(source, event),
    eventId: event,
    occurredAt: Date.UTC(2026, 0, 1) + n * 1000,
    modelName: modelName(`model-${n % 4}`),
    modelVersion: modelVersion('1'),
    sourceId: source,
    image: {
      hash: imageHash(digest),
      contentType: 'image/jpeg',
      width: 1280,
      height: 720,
      perceptualHash: digest.slice(0, 16),
    },
    predictions: {
      kind: 'classification',
      classes,
      probabilities: classes.map((_, at) => (at === n % classes.length ? 0.6 : 0.4 / 9)),
    },
    tags: { project: `project-${n % 8}`, line: 'A' },
    scores: {
      signals: own.flatMap((name) =>
        name === 'control-sample' || name.startsWith('own:')
          ? []
          : [
              {
                name: name as 'dark',
                family: 'quality' as const,
                raw: draw,
                edgeScore: 0.99,
                calibrated: true,
                flagged: true,
                explanation: 'More than in the training pictures.',
              },
            ],
      ),
      absent: [],
    },
    decision: {
      kind: 'queue',
      reasons: own,
      priority: draw,
      control: false,
      policy: 'default',
      reference: 'no-reference',
      inclusionProbability: 1,
    },
  };
}

async function fill(queue: Queue, from: number, to: number): Promise<number> {
  const begun = performance.now();
  for (let n = from; n < to; n += 1000) {
    const size = Math.min(1000, to - n);
    const offers = Array.from({ length: size }, (_, at) => content(n + at));
    await queue.offer(
      offers.map((one) => ({ kind: 'task', content: one })),
      Date.now(),
    );
    if (n > 0 && n % 100_000 === 0) process.stderr.write(`  ${n} tasks\n`);
  }
  return (to - from) / ((performance.now() - begun) / 1000);
}

const operations = ['lease', 'lease by reason', 'complete', 'list', 'find', 'stats'] as const;
type Operation = (typeof operations)[number];
type Times = Record<Operation, number[]>;

/** All clients at once, each one doing what an annotator's tool does. */
async function measure(place: Place, at: number): Promise<Times> {
  const times: Times = {
    lease: [],
    'lease by reason': [],
    complete: [],
    list: [],
    find: [],
    stats: [],
  };
  const timed = async <T>(what: Operation, work: () => Promise<T>): Promise<T> => {
    await pause(Math.random() * longestPause);
    const begun = performance.now();
    const result = await work();
    times[what].push(performance.now() - begun);
    return result;
  };
  const connections = await Promise.all(Array.from({ length: clients }, () => place.connect()));
  await Promise.all(
    connections.map(async ({ queue }, client) => {
      for (let round = 0; round < rounds; round += 1) {
        const by = round % 2 === 0;
        const id = batchId(`${at}-${client}-${round}`);
        const request = {
          batchId: id,
          annotator: annotatorId(`client ${client}`),
          limit: perBatch,
          expiresAt: Date.now() + 3_600_000,
          filter: by ? {} : ({ reason: 'blur' } as const),
        };
        const leased = await timed(by ? 'lease' : 'lease by reason', () =>
          queue.lease(request, Date.now()),
        );
        for (const task of leased) {
          const claim = { taskId: task.id, batchId: id, fence: task.fence };
          const body = { kind: 'class', class: 'cat' } as const;
          await timed('complete', () =>
            queue.complete(claim, { kind: 'label', body, labelSet: 'bench@1' }, Date.now()),
          );
        }
        const after = taskId(createHash('sha256').update(`${client}${round}`).digest('hex'));
        await timed('list', () =>
          queue.list({ state: 'pending' }, { after, limit: 100 }, Date.now()),
        );
        await timed('find', () => queue.find(content((client * rounds + round) % almostNone).id));
      }
    }),
  );
  // Apart: nobody asks for them 16 at a time while they lease.
  for (let round = 0; round < statsRounds; round += 1) {
    await timed('stats', async () => connections[0]?.queue.stats(Date.now()));
  }
  for (const { close } of connections) await close();
  return times;
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

function row(operation: string, sizes: readonly Times[], of: Operation): string {
  const cells = sizes.map((times) => {
    const sorted = [...times[of]].sort((a, b) => a - b);
    const cell = [0.5, 0.99].map((share) => percentile(sorted, share).toFixed(1).padStart(9));
    return cell.join('');
  });
  return `${operation.padEnd(18)}${cells.join('  ')}`;
}

async function bench(place: Place, most: number): Promise<readonly string[]> {
  process.stderr.write(`${place.name}\n`);
  const first = await place.connect();
  const sizes = [almostNone, ...(most > usual ? [usual] : []), most];
  const measured: Times[] = [];
  let there = 0;
  let rate = 0;
  for (const size of sizes) {
    // What was completed before stays: a queue in use has labelled tasks, too.
    rate = await fill(first.queue, there, size);
    there = size;
    measured.push(await measure(place, size));
  }
  const lines = [
    `${place.name}: ${clients} clients, each pausing up to ${longestPause} ms between two calls; milliseconds at p50 and p99; filled at ${rate.toFixed(0)} tasks/s`,
    `${''.padEnd(18)}${sizes.map((size) => `${size} tasks`.padStart(18)).join('  ')}`,
    ...operations.map((operation) => row(operation, measured, operation)),
  ];
  const leases = measured.map((times) =>
    percentile(
      [...times.lease].sort((a, b) => a - b),
      0.99,
    ),
  );
  const [last = NaN, before = NaN] = leases.toReversed();
  lines.push(
    `lease p99 at ${most}: ${last.toFixed(1)} ms, ${(last / before).toFixed(2)} times that at ${sizes.at(-2) ?? 0}`,
  );
  if (place.plans !== undefined) {
    lines.push(
      '',
      'how the server found it, each operation once: calls, index, keys and documents that it examined',
    );
    for (const [name, run] of single(first.queue)) {
      const plans = await place.plans(run);
      lines.push(...plans.map((plan) => `${name.padEnd(16)}${plan}`));
    }
  }
  await first.close();
  return [...lines, ''];
}

/** Each operation once, alone. */
function single(queue: Queue): readonly (readonly [string, () => Promise<unknown>])[] {
  const id = batchId('plans');
  const lease = (filter: object) => async () => {
    const expiresAt = Date.now() + 60_000;
    const who = annotatorId('planner');
    await queue.lease({ batchId: id, annotator: who, limit: 1, expiresAt, filter }, Date.now());
    await queue.release(id, 'all', Date.now());
  };
  return [
    ['lease', lease({})],
    ['lease by reason', lease({ reason: 'blur' })],
    ['list', () => queue.list({ state: 'pending' }, { limit: 100 }, Date.now())],
    ['find', () => queue.find(content(0).id)],
    ['stats', () => queue.stats(Date.now())],
  ];
}

/** What MongoDB's profiler notes of the operations on tasks, with the names of indexes. */
async function profiled(
  client: MongoClient,
  database: string,
  run: () => Promise<unknown>,
): Promise<readonly string[]> {
  const db = client.db(database);
  await db.setProfilingLevel('all');
  const since = new Date();
  await run();
  await db.setProfilingLevel('off');
  const found = await db
    .collection('system.profile')
    .find({ ns: `${database}.tasks`, ts: { $gte: since }, planSummary: { $exists: true } })
    .sort({ ts: 1 })
    .toArray();
  const names = new Map(
    taskIndexes.map(({ key, name }) => [JSON.stringify(key).replace(/[\s"]/g, ''), name]),
  );
  const seen = new Map<string, { times: number; keys: number; documents: number }>();
  for (const entry of found) {
    const summary = String(entry['planSummary']);
    const plan = summary.split(/, (?=[A-Z])/).map((part) => {
      const key = part.slice(part.indexOf('{')).replace(/[\s"]/g, '');
      return `${part.split(' ', 1).join('')} ${names.get(key) ?? (part.includes('{') ? key : '')}`.trim();
    });
    const command = Object.keys((entry['command'] as object | undefined) ?? {})[0] ?? '';
    const what = entry['op'] === 'update' ? 'update' : command;
    const key = `${what} by ${[...new Set(plan)].join(' + ')}`;
    const before = seen.get(key) ?? { times: 0, keys: 0, documents: 0 };
    seen.set(key, {
      times: before.times + 1,
      keys: before.keys + Number(entry['keysExamined'] ?? 0),
      documents: before.documents + Number(entry['docsExamined'] ?? 0),
    });
  }
  return [...seen].map(
    ([key, { times, keys, documents }]) =>
      `${times} x ${key}: ${keys} keys, ${documents} documents`,
  );
}

const lines: string[] = [];
const processes = openProcesses();
const folder = await mkdtemp(join(tmpdir(), 'edgeminer-bench-queue-'));
try {
  const { MONGODB_URI } = process.env;
  const uri = MONGODB_URI ?? (await startMongo(processes)).address.uri;
  const database = `bench-queue-${process.pid}`;
  const client = await MongoClient.connect(uri);
  try {
    const connect = async () => openMongoStore({ uri, database });
    lines.push(
      ...(await bench(
        { name: 'MongoDB', connect, plans: (run) => profiled(client, database, run) },
        full,
      )),
    );
  } finally {
    await client.db(database).dropDatabase();
    await client.close();
  }
  const file = join(folder, 'queue.db');
  const sqlite: Place = { name: 'SQLite', connect: () => openSqliteStore({ file }) };
  lines.push(...(await bench(sqlite, Math.max(almostNone + 1, Math.round(full / 10)))));
} finally {
  await processes.close();
  await rm(folder, { recursive: true });
}
process.stdout.write(`${lines.join('\n')}\n`);
if (values.write)
  await writeBetweenMarks('docs/performance.md', 'queue-figures', lines.slice(0, -1));
