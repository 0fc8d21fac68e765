import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openEmbedder } from '../src/adapters/onnx/onnx-embedder.js';
import { openStations, inFlightLimits } from '../src/cli/stations.js';
import { openStores } from '../src/cli/open-stores.js';
import { loadConfig } from '../src/config/load-config.js';
import type { Delivery, EventSource } from '../src/event/event-source.js';
import type { InferenceEvent } from '../src/event/inference-event.js';
import { eventId, modelName, modelVersion, sourceId } from '../src/ids.js';
import { decodeImage } from '../src/image/decode.js';
import { observers } from '../src/mine/mining-observer.js';
import { SummaryCounter } from '../src/mine/summary.js';
import { runWorker } from '../src/mine/worker.js';
import { buildReference } from '../src/score/build-reference.js';
import type { Reference } from '../src/score/reference.js';
import { createLogger } from '../src/telemetry/logger.js';

export const benchModel = { name: modelName('bench'), version: modelVersion('1') };
const logger = createLogger({ level: 'silent' });

/** What one run of the worker came to. */
export interface MiningRun {
  readonly events: number;
  /** From the first record that was delivered to the last that was settled. */
  readonly seconds: number;
  readonly queued: number;
  /** Of the event loop, while it ran; milliseconds. */
  readonly delay: { readonly p50: number; readonly p99: number };
}

export interface MiningPlace {
  run(source: EventSource): Promise<MiningRun>;
  close(): Promise<void>;
}

/** A reference of the pictures, as `edgeminer reference build` makes it. */
export async function referenceOf(pictures: readonly Uint8Array[]): Promise<Reference> {
  const embedder = await openEmbedder({
    modelsDir: new URL('../models', import.meta.url).pathname,
    name: 'efficientnet-lite0',
  });
  try {
    const { reference } = await buildReference({
      pictures: (async function* () {
        for (const [n, bytes] of pictures.entries()) yield { path: `${n}.jpg`, bytes };
      })(),
      decode: (bytes) => decodeImage(bytes, { maxPixels: 50_000_000 }),
      embedder,
      modelName: benchModel.name,
      modelVersion: benchModel.version,
      now: Date.now(),
      concurrency: 8,
      onProgress: () => undefined,
    });
    return reference;
  } finally {
    await embedder.close();
  }
}

/** The worker as the command line opens it, on a store of its own. */
export async function openMining(
  reference: Reference,
  settings: object,
  environment: Readonly<Record<string, string>> = {},
): Promise<MiningPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeminer-bench-'));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'edgeminer.config.yaml'), JSON.stringify(settings));
  const config = await loadConfig({
    workingDirectory: folder,
    environment,
    packagedModels: new URL('../models', import.meta.url).pathname,
  });
  const stores = await openStores(config);
  await stores.references.publish(reference);
  let counter = new SummaryCounter();
  const stations = await openStations(config, stores, {
    candidates: undefined,
    observer: counter,
    logger,
    now: Date.now,
  });
  return {
    async run(source) {
      counter = new SummaryCounter();
      const timed = timing(source);
      const delay = monitorEventLoopDelay({ resolution: 2 });
      delay.enable();
      await runWorker(
        {
          source: timed.source,
          stations,
          deadLetters: {
            send: async ({ fault }) => {
              throw new Error(`the bench has no bad events: ${fault.message}`);
            },
            close: async () => undefined,
          },
          limits: inFlightLimits(config),
          retry: { firstWaitMs: 100, longestWaitMs: 1000 },
          observer: observers([counter]),
        },
        new AbortController().signal,
      );
      delay.disable();
      const { events, queued } = counter.summary(1);
      return {
        events,
        queued,
        seconds: timed.seconds(),
        delay: { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6 },
      };
    },
    async close() {
      await stations.close();
      await stores.close();
      await rm(folder, { recursive: true });
    },
  };
}

function timing(source: EventSource): { source: EventSource; seconds: () => number } {
  let first: number | undefined;
  let last = 0;
  return {
    source: {
      async *deliveries(signal) {
        for await (const delivery of source.deliveries(signal)) {
          first ??= performance.now();
          const timed: Delivery = {
            origin: delivery.origin,
            raw: delivery.raw,
            get revoked() {
              return delivery.revoked;
            },
            read: () => delivery.read(),
            acknowledge: () => {
              delivery.acknowledge();
              last = performance.now();
            },
          };
          yield timed;
        }
      },
      backlog: () => source.backlog(),
      close: () => source.close(),
    },
    seconds: () => (last - (first ?? last)) / 1000,
  };
}

/** One event per picture, of sixteen cameras. */
export function pictureEvents(pictures: readonly Uint8Array[], run: string): InferenceEvent[] {
  return pictures.map((bytes, n) => ({
    ...eventBase(run, n),
    image: { kind: 'inline', bytes },
    predictions: { kind: 'none' },
  }));
}

/**
 * Events that bring predictions and an embedding, with a reference to an image nobody needs. Made one
 * by one: a hundred megabytes of embeddings in the process that is measured would slow it.
 */
export function* completeEvents(
  count: number,
  dimensions: number,
  run: string,
): Generator<InferenceEvent, void, undefined> {
  const classes = ['apple', 'bread', 'milk', 'pear', 'tea', 'salt', 'rice', 'soap', 'egg', 'other'];
  for (let n = 0; n < count; n += 1) {
    yield {
      ...eventBase(run, n),
      image: { kind: 'reference', uri: `https://images.example.com/${n}.jpg` },
      predictions: {
        kind: 'classification',
        classes,
        probabilities: classes.map((_name, at) => (at === n % classes.length ? 0.91 : 0.01)),
      },
      embedding: Float32Array.from({ length: dimensions }, (_v, at) => Math.sin(n * 0.37 + at)),
    };
  }
}

function eventBase(run: string, n: number) {
  return {
    eventId: eventId(`${run}-${n}`),
    occurredAt: Date.UTC(2026, 0, 1) + n * 1000,
    modelName: benchModel.name,
    modelVersion: benchModel.version,
    sourceId: sourceId(`camera-${n % 16}`),
    tags: {},
  };
}

/** A source in memory; it ends after its events. */
export function memorySource(events: readonly InferenceEvent[]): EventSource {
  return {
    async *deliveries() {
      for (const [n, event] of events.entries()) {
        yield {
          origin: { stream: 'memory', partition: 0, offset: String(n) },
          raw: undefined,
          revoked: false,
          read: async () => ({ kind: 'event', event }),
          acknowledge: () => undefined,
        };
      }
    },
    backlog: () => [],
    close: async () => undefined,
  };
}
