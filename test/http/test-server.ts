import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDirectoryImageStore } from '../../src/adapters/directory/directory-image-store.js';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import type { SqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { curate } from '../../src/curate/curation.js';
import { readJsonEvent } from '../../src/event/json-event.js';
import type { AccessToken, IdentityProvider } from '../../src/http/auth.js';
import type { Role } from '../../src/http/access.js';
import { defaultHttpLimits } from '../../src/http/deps.js';
import type { HttpDeps, HttpLimits } from '../../src/http/deps.js';
import type { KeptAnswers } from '../../src/http/kept-answers.js';
import { createHttpServer } from '../../src/http/server.js';
import type { HttpServer } from '../../src/http/server.js';
import { batchId } from '../../src/ids.js';
import type { TaskId } from '../../src/ids.js';
import type { LabelSet } from '../../src/label/label.js';
import type { EventIntake } from '../../src/mine/event-intake.js';
import { usualFloor } from '../../src/label/agreement/annotator-quality.js';
import type { QueueRules } from '../../src/queue/rules.js';
import { createGoldDesk } from '../../src/queue/gold-desk.js';
import { createSupervisorDesk } from '../../src/queue/supervisor-desk.js';
import { createLabelDesk } from '../../src/queue/label-desk.js';
import { createLabelling } from '../../src/queue/labelling.js';
import { alwaysShown } from '../../src/queue/pre-annotation.js';
import { defaultRules } from '../../src/queue/rules.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { labelledTask } from '../fixtures/labelled-task.js';

export const animals: LabelSet = {
  name: 'animals',
  version: 2,
  kind: 'class',
  classes: ['cat', 'dog'],
  guidelines: 'The animal in front.',
  notes: [{ class: 'dog', guidelines: 'No wolves.', examples: ['coffee.jpg', 'lost.jpg'] }],
};

/** Plain tokens by name; the server has their hashes only. */
export const tokens = {
  'line-4': 'producer-secret',
  ana: 'annotator-secret',
  ben: 'other-annotator-secret',
  rita: 'reviewer-secret',
  cora: 'curator-secret',
  root: 'admin-secret',
} as const;

export type Who = keyof typeof tokens;

export const roleOf: Readonly<Record<Who, Role>> = {
  'line-4': 'producer',
  ana: 'annotator',
  ben: 'annotator',
  rita: 'reviewer',
  cora: 'curator',
  root: 'admin',
};

export const configured: readonly AccessToken[] = Object.entries(tokens).map(([name, token]) => ({
  name,
  role: roleOf[name as Who],
  tokenSha256: createHash('sha256').update(token).digest('hex'),
}));

export interface Sent {
  readonly as?: Who;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed, where the answer was JSON. */
  readonly json: unknown;
  readonly bytes: Uint8Array;
}

type Store = Pick<
  SqliteStore,
  'queue' | 'audit' | 'eraser' | 'curatedSets' | 'answers' | 'golds' | 'annotators' | 'close'
>;

export interface TestServer {
  readonly server: HttpServer;
  readonly url: string;
  readonly store: Store;
  /** Holds `edgeminer.db` and `images/`. */
  readonly folder: string;
  readonly logged: Record<string, unknown>[];
  /** The server's clock, in milliseconds; it stands still. */
  readonly clock: { now: number };
  send(method: string, path: string, sent?: Sent): Promise<Answer>;
  /** Puts tasks of the model `animals` into the queue, each with its own picture. */
  offer(count: number, model?: string, tags?: Readonly<Record<string, string>>): Promise<TaskId[]>;
  close(): Promise<void>;
}

export interface TestServerOptions {
  readonly tokens?: readonly AccessToken[];
  readonly limits?: Partial<HttpLimits>;
  readonly identityProvider?: IdentityProvider;
  /** A SQLite file unless said. */
  readonly openStore?: () => Promise<Store>;
  readonly rules?: QueueRules;
  readonly curate?: HttpDeps['curate'];
  readonly answersBy?: (answers: KeptAnswers) => KeptAnswers;
  readonly intake?: Pick<EventIntake, 'accept'>;
  readonly readiness?: HttpDeps['readiness'];
  readonly listen?: { readonly host: string; readonly port: number };
}

/** The API over a real SQLite file and a real folder of images, listening on a free port. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeminer-http-'));
  const openSqlite = () =>
    openSqliteStore({
      file: join(folder, 'edgeminer.db'),
      ...(options.rules === undefined ? {} : { rules: options.rules }),
    });
  const store: Store = await (options.openStore ?? openSqlite)();
  const images = await openDirectoryImageStore({ path: join(folder, 'images') });
  const picture = await readFile(new URL('../fixtures/pictures/coffee.jpg', import.meta.url));
  const clock = { now: Date.UTC(2025, 5, 1, 12) };
  const now = () => clock.now;
  const labelSetFor: HttpDeps['labelSetFor'] = (model) =>
    model === 'animals' ? animals : undefined;
  const metrics = createMetrics();
  metrics.watchQueue(async () => (await store.queue.stats(now())).byState);
  const logged: Record<string, unknown>[] = [];
  const labelling = createLabelling({
    queue: store.queue,
    golds: store.golds,
    records: store.annotators,
    labelSetFor,
    rules: defaultRules,
    shares: { share: 0.5 },
    floor: usualFloor,
    preAnnotation: alwaysShown,
    newSecret: randomUUID,
  });
  const server = await createHttpServer({
    intake: options.intake ?? readOnlyIntake,
    desk: createLabelDesk({
      queue: labelling.queue,
      reader: labelling.reader,
      admits: labelling.guard.admits,
      labelSetFor,
      now,
      newBatchId: () => batchId(randomUUID()),
      leaseSeconds: 600,
      maxBatch: 50,
    }),
    supervisor: createSupervisorDesk({
      governor: store.queue,
      reader: store.queue,
      labelSetFor,
      now,
    }),
    reader: labelling.reader,
    readerFor: (annotator) => labelling.readerFor(annotator),
    audit: store.audit,
    eraser: store.eraser,
    golds: createGoldDesk({
      golds: store.golds,
      reader: store.queue,
      audit: store.audit,
      labelSetFor,
      now,
    }),
    guard: labelling.guard,
    tasks: store.queue,
    answers: options.answersBy?.(store.answers) ?? store.answers,
    images,
    curatedSets: store.curatedSets,
    curate:
      options.curate ??
      ((wanted) => curate({ reader: store.queue, images, sets: store.curatedSets, now }, wanted)),
    splitPlan: {
      shares: { train: 0.5, validation: 0.25, test: 0.25 },
      seed: 'test',
      incidentGap: 1000,
      nearDuplicateBits: 4,
    },
    labelSetFor,
    labelSets: { animals },
    examplePicture: async (example) =>
      example === 'coffee.jpg' ? { bytes: picture, contentType: 'image/jpeg' } : undefined,
    tokens: options.tokens ?? configured,
    identityProvider: options.identityProvider,
    metrics,
    logger: createLogger({
      level: 'debug',
      output: { write: (line) => logged.push(JSON.parse(line) as Record<string, unknown>) },
    }),
    readiness:
      options.readiness ?? (async () => ({ ready: true, checks: { store: { ok: true } } })),
    now,
    version: '0.1.0',
    limits: { ...defaultHttpLimits, ...options.limits },
  });
  const close = async () => {
    await server.close();
    await images.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  };
  const { url } = await server
    .listen(options.listen ?? { host: '127.0.0.1', port: 0 })
    .catch(async (error: unknown) => {
      await close();
      throw error;
    });
  let offered = 0;

  return {
    server,
    url,
    store,
    folder,
    logged,
    clock,
    send: (method, path, sent) => send(`${url}${path}`, method, sent),
    async offer(count, model = 'animals', tags = {}) {
      const contents = [];
      for (let i = 0; i < count; i++) {
        // Bytes after the end of a JPEG are ignored: the same picture under another hash.
        const bytes = Buffer.concat([picture, Buffer.from(String(offered))]);
        const hash = await images.put(bytes, 'image/jpeg');
        const event = `event-${offered++}`;
        const perceptualHash = createHash('sha256').update(event).digest('hex').slice(0, 16);
        const occurredAt = clock.now + offered * 86_400_000;
        const image = { hash, perceptualHash };
        contents.push({ ...labelledTask({ event, model, occurredAt, image }), tags });
      }
      await store.queue.offer(
        contents.map((content) => ({ kind: 'task', content })),
        clock.now,
      );
      return contents.map(({ id }) => id);
    },
    close,
  };
}

/** Reads the event as the real intakes do, and hands it on to nobody. */
const readOnlyIntake: Pick<EventIntake, 'accept'> = {
  async accept(body) {
    const reading = readJsonEvent(body);
    return reading.kind === 'event'
      ? { kind: 'accepted', eventId: reading.event.eventId, mined: undefined }
      : { kind: 'rejected', fault: reading.fault };
  },
};

export async function send(url: string, method: string, sent: Sent = {}): Promise<Answer> {
  const { as, body, headers } = sent;
  const response = await fetch(url, {
    method,
    headers: {
      ...(as === undefined ? {} : { authorization: `Bearer ${tokens[as]}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const isJson = /\bjson\b/u.test(response.headers.get('content-type') ?? '');
  const json: unknown = isJson ? JSON.parse(Buffer.from(bytes).toString()) : undefined;
  return { status: response.status, headers: response.headers, json, bytes };
}
