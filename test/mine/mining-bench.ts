import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDirectoryImageStore } from '../../src/adapters/directory/directory-image-store.js';
import { openImageFetcher } from '../../src/adapters/fetch/open-fetcher.js';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import type { Policy } from '../../src/decision/policy.js';
import type { Delivery, EventSource, Reading } from '../../src/event/event-source.js';
import type { InferenceEvent } from '../../src/event/inference-event.js';
import { eventId, modelName, modelVersion, sourceId } from '../../src/ids.js';
import { sharp } from '../../src/image/sharp.js';
import type { DeadLetter } from '../../src/mine/dead-letters.js';
import { LastFrames } from '../../src/mine/last-frames.js';
import type { MiningObserver } from '../../src/mine/mining-observer.js';
import type { Stations } from '../../src/mine/pipeline.js';
import { runWorker } from '../../src/mine/worker.js';
import type { WorkerOptions } from '../../src/mine/worker.js';
import { signalNames } from '../../src/score/signal.js';
import type { FlagRule, FlagRules } from '../../src/score/signal.js';
import { drawRgb, scene } from '../fixtures/draw-picture.js';

/** Stations over a real SQLite store, a folder of images and an image server of the test's own. */
export interface MiningBench {
  readonly store: Awaited<ReturnType<typeof openSqliteStore>>;
  readonly origin: string;
  /** Requests that the image server had, by path. */
  readonly requests: Map<string, number>;
  /** Answers of the image server by path; 404 where there is none. */
  readonly answers: Map<string, (request: IncomingMessage, response: ServerResponse) => void>;
  stations(policy?: Partial<Policy>): Stations;
  close(): Promise<void>;
}

/** Every signal off but those that are named. */
export function onlyFlags(rules: Partial<Record<(typeof signalNames)[number], FlagRule>>) {
  return Object.fromEntries(
    signalNames.map((name) => [name, rules[name] ?? { kind: 'off' }]),
  ) as FlagRules;
}

const darkOnly: Policy = {
  name: 'test',
  flags: onlyFlags({ dark: { kind: 'raw', limit: 55 } }),
  minFlags: 1,
  weights: { confidence: 1, quality: 1, format: 1, novelty: 1 },
  controlSample: 0,
};

export async function openMiningBench(): Promise<MiningBench> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeminer-mine-'));
  const store = await openSqliteStore({ file: join(folder, 'edgeminer.db') });
  const images = await openDirectoryImageStore({ path: join(folder, 'images') });
  const requests = new Map<string, number>();
  const answers: MiningBench['answers'] = new Map();
  const server: Server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.set(path, (requests.get(path) ?? 0) + 1);
    const answer = answers.get(path);
    if (answer !== undefined) answer(request, response);
    else response.writeHead(404).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fetcher = openImageFetcher({
    allowOrigins: [origin],
    allowDirectories: [],
    maxBytes: 1024 * 1024,
    timeoutMs: 60_000,
    attempts: 2,
  });
  return {
    store,
    origin,
    requests,
    answers,
    stations: (policy = {}) => ({
      images: { fetcher, maxPixels: 1_000_000 },
      models: {
        serve: async () => ({
          policy: { ...darkOnly, ...policy },
          labelSet: undefined,
          embedder: undefined,
          reference: undefined,
        }),
      },
      queue: {
        queue: store.queue,
        images,
        keep: 'copy',
        candidates: undefined,
        duplicates: { window: 86_400_000, bits: 10 },
        now: () => 1_770_000_000_000,
      },
      frames: new LastFrames({ maxSources: 10, maxGapMs: 10_000 }),
      took: () => undefined,
    }),
    async close() {
      await fetcher.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await images.close();
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A scene as PNG; a dark one is a candidate. Another seed is another scene. */
export function picture(seed: number, brightness: 'dark' | 'bright'): Promise<Uint8Array> {
  return mixture(seed, seed, 0, brightness === 'dark' ? 0.15 : 1);
}

/** Two scenes, the second shining through the first by `share`; as bright as `level`, 0..1. */
export async function mixture(
  first: number,
  second: number,
  share: number,
  level: number,
): Promise<Uint8Array> {
  const [below, above] = [scene(64, 48, first), scene(64, 48, second)];
  const rgb = drawRgb(64, 48, (x, y) => {
    const [p, q] = [below(x, y), above(x, y)];
    const mixed = (at: 0 | 1 | 2) => (p[at] * (1 - share) + q[at] * share) * level;
    return [mixed(0), mixed(1), mixed(2)];
  });
  const png = await sharp(rgb, { raw: { width: 64, height: 48, channels: 3 } })
    .png()
    .toBuffer();
  return new Uint8Array(png);
}

export function eventOf(
  id: string,
  image: Uint8Array | string,
  more: Partial<InferenceEvent> = {},
): InferenceEvent {
  return {
    eventId: eventId(id),
    occurredAt: 1_760_000_000_000,
    modelName: modelName('m'),
    modelVersion: modelVersion('1'),
    sourceId: sourceId('gate'),
    image:
      typeof image === 'string'
        ? { kind: 'reference', uri: image }
        : { kind: 'inline', bytes: image },
    predictions: { kind: 'none' },
    tags: {},
    ...more,
  };
}

/** One record of a stream in memory, and what became of it. */
export interface TestRecord {
  readonly delivery: Delivery;
  acknowledged: boolean;
  revoked: boolean;
}

export function recordOf(read: InferenceEvent | (() => Promise<Reading>)): TestRecord {
  const record: TestRecord = {
    acknowledged: false,
    revoked: false,
    delivery: {
      origin: { stream: 'memory', partition: 0, offset: '0' },
      raw: undefined,
      get revoked() {
        return record.revoked;
      },
      read: typeof read === 'function' ? read : async () => ({ kind: 'event', event: read }),
      acknowledge: () => (record.acknowledged = true),
    },
  };
  return record;
}

/** A stream that ends after its records, or waits for more until it is told to end. */
function streamOf(records: readonly TestRecord[], ends = true): EventSource {
  return {
    async *deliveries(signal) {
      for (const { delivery } of records) {
        if (signal.aborted) return;
        yield delivery;
      }
      if (!ends && !signal.aborted) await once(signal, 'abort');
    },
    backlog: () => [],
    close: async () => undefined,
  };
}

export interface Heard {
  readonly letters: DeadLetter[];
  readonly retried: string[];
  readonly outcomes: string[];
  readonly bytes: number[];
  readonly observer: MiningObserver;
}

export function listen(): Heard {
  const heard = { letters: [], retried: [], outcomes: [], bytes: [] } as Omit<Heard, 'observer'>;
  return {
    ...heard,
    observer: {
      eventSettled: (_model, outcome) => heard.outcomes.push(outcome),
      candidateQueued: () => undefined,
      deadLettered: () => undefined,
      retried: (code) => heard.retried.push(code),
      noReference: () => undefined,
      embeddingDiffers: () => undefined,
      ownScoreFailed: () => undefined,
      inFlight: (_events, bytes) => heard.bytes.push(bytes),
      stationTook: () => undefined,
    },
  };
}

const retry = { firstWaitMs: 5, longestWaitMs: 20 };
const never = new AbortController().signal;

/** One worker, until it has taken all of the records. */
export function workThrough(
  { bench, heard }: { readonly bench: MiningBench; readonly heard: Heard },
  records: readonly TestRecord[],
  signal = never,
  more: Partial<WorkerOptions> & { policy?: Partial<Policy>; ends?: boolean } = {},
): Promise<void> {
  const { policy, ends, ...options } = more;
  return runWorker(
    {
      source: streamOf(records, ends),
      stations: bench.stations(policy),
      deadLetters: {
        send: async (letter) => void heard.letters.push(letter),
        close: async () => undefined,
      },
      limits: { maxCount: 4, maxBytes: 1024 * 1024 },
      retry,
      observer: heard.observer,
      ...options,
    },
    signal,
  );
}
