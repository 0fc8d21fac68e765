import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { EdgeminerError, messageOf } from '../../faults.js';
import { checkLength, distanceOfProduct } from '../../score/exact-neighbours.js';
import type { Neighbour } from '../../score/neighbours.js';
import type { Detected, Detectors } from '../../score/novelty/detectors.js';
import type { NoveltyIndex, Surroundings } from '../../score/novelty/novelty-index.js';
import { noveltyMethods } from '../../score/novelty/novelty-methods.js';
import type { EmbeddingMatrix } from '../../score/embedding-matrix.js';
import type {
  Found,
  FromNeighbours,
  Look,
  NeighbourStart,
  ToNeighbours,
} from './neighbour-thread.js';
import { unavailable } from './session-client.js';

/** Queries that share one pass over the rows, at most. */
const maxBatch = 32;
/** So many have to wait for a batch to be sent, by the number of batches that are at the thread. */
const enough = [1, maxBatch];

interface Waiting {
  readonly embedding: Float32Array;
  readonly k: number;
  readonly look: Look | undefined;
  readonly resolve: (found: Surroundings) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Nearest neighbours by one matrix product per batch, in a thread of its own: exact, and several
 * times as fast as exact-neighbours.ts. What waits when the thread becomes free is one batch; a full
 * one follows at once, so that the thread has work while the answers to the one before are used. If
 * the thread dies, the next batch starts another, for which the matrix is copied again.
 */
export async function openOnnxNeighbours(
  matrix: EmbeddingMatrix,
  detectors?: Detectors,
  threads = 1,
): Promise<NoveltyIndex> {
  const { rows, dimensions } = matrix;
  const begin = () => {
    const values = Float32Array.from(matrix.values);
    return startThread({ matrix: { rows, dimensions, values }, detectors, threads });
  };
  let thread = begin();
  await thread;
  const queue: Waiting[] = [];
  /** Batches at the thread. */
  const running = new Set<Promise<void>>();
  let closing: Promise<void> | undefined;
  let sending = false;

  /** Of several batches that find the thread dead, one starts another. */
  async function livingThread(): Promise<NeighbourThread> {
    const known = thread;
    const there = await known.catch(() => undefined);
    if (there?.alive === true) return there;
    if (thread === known) thread = begin();
    return thread;
  }

  async function findAll(batch: readonly Waiting[]): Promise<void> {
    try {
      const there = await livingThread();
      const k = Math.max(...batch.map((each) => each.k));
      const queries = new Float32Array(batch.length * dimensions);
      for (const [at, { embedding }] of batch.entries()) queries.set(embedding, at * dimensions);
      const looks = batch.map(({ look }) => look);
      const found = await there.find({ kind: 'find', queries, k, looks });
      for (const [at, { k: own, look, resolve }] of batch.entries()) {
        resolve({
          neighbours: neighboursAt(found, at * k, own),
          detected: look === undefined ? undefined : detectedAt(found, at, batch.length),
        });
      }
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
  }

  function send(): void {
    while (queue.length >= (enough[running.size] ?? Infinity)) {
      const done = findAll(queue.splice(0, maxBatch)).finally(() => {
        running.delete(done);
        // Those that the answers lead to come along.
        sendSoon();
      });
      running.add(done);
    }
  }

  /** Lets those that are asked for in the same turn come along. */
  function sendSoon(): void {
    if (sending) return;
    sending = true;
    setImmediate(() => {
      sending = false;
      send();
    });
  }

  async function ask(
    embedding: Float32Array,
    k: number,
    lookAt: (k: number) => Look | undefined,
  ): Promise<Surroundings> {
    checkLength(embedding, dimensions);
    const kept = Math.min(k, rows);
    if (kept < 1) return { neighbours: [], detected: undefined };
    if (closing !== undefined) throw unavailable('The neighbour index was closed.');
    return new Promise((resolve, reject) => {
      queue.push({ embedding, k: kept, look: lookAt(kept), resolve, reject });
      sendSoon();
    });
  }

  return {
    size: rows,
    dimensions,
    nearest: async (embedding, k) => (await ask(embedding, k, () => undefined)).neighbours,
    look: (embedding, logits, k) =>
      ask(embedding, k, (kept) => (detectors === undefined ? undefined : { k: kept, logits })),
    close: () =>
      (closing ??= (async () => {
        for (const { reject } of queue.splice(0)) {
          reject(unavailable('The neighbour index was closed.'));
        }
        await Promise.all(running);
        // One that could not start has nothing to close.
        await thread.then(
          (there) => there.close(),
          () => undefined,
        );
      })()),
  };
}

function neighboursAt({ similarities, rows }: Found, start: number, k: number): Neighbour[] {
  const neighbours: Neighbour[] = [];
  for (let at = start; at < start + k; at += 1) {
    const distance = distanceOfProduct(similarities[at] ?? 0);
    neighbours.push({ index: Number(rows[at] ?? 0n), distance });
  }
  return neighbours;
}

/** The part of one of `count` queries. */
function detectedAt({ scores, towards }: Found, at: number, count: number): Detected {
  const kinds = towards.length / count;
  return {
    scores: scores.subarray(at * noveltyMethods.length, (at + 1) * noveltyMethods.length),
    towards: towards.subarray(at * kinds, (at + 1) * kinds),
  };
}

type Find = Extract<ToNeighbours, { kind: 'find' }> & {
  /** It is transferred. */
  readonly queries: Float32Array<ArrayBuffer>;
};

interface NeighbourThread {
  readonly alive: boolean;
  find(message: Find): Promise<Found>;
  close(): Promise<void>;
}

async function startThread(start: NeighbourStart): Promise<NeighbourThread> {
  // The thread's file stands beside this one: .js when built, .ts in tests.
  const extension = extname(fileURLToPath(import.meta.url));
  const worker = new Worker(new URL(`./neighbour-thread${extension}`, import.meta.url), {
    name: 'edgeminer-neighbours',
    workerData: start,
    transferList: [start.matrix.values.buffer as ArrayBuffer],
  });
  const waiting: { resolve: (message: FromNeighbours) => void; reject: (e: unknown) => void }[] =
    [];
  let alive = true;
  const die = (error: unknown) => {
    alive = false;
    for (const { reject } of waiting.splice(0)) {
      reject(unavailable(`The neighbour index died: ${messageOf(error)}`, error));
    }
  };
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      die(new Error('the thread has ended'));
      resolve();
    });
  });
  worker.on('error', die);
  // It answers in the order in which it is asked.
  worker.on('message', (message: FromNeighbours) => waiting.shift()?.resolve(message));
  const next = () =>
    new Promise<FromNeighbours>((resolve, reject) => waiting.push({ resolve, reject }));
  const first = await next();
  if (first.kind !== 'ready') {
    await ended;
    throw new EdgeminerError(
      'model.unavailable',
      `The neighbour index can't start: ${first.kind === 'failed' ? first.message : first.kind}`,
      { mend: 'Check the memory of the process: the reference is held in it.' },
    );
  }
  const send = (message: ToNeighbours, transfer: ArrayBuffer[] = []) =>
    worker.postMessage(message, transfer);
  return {
    get alive() {
      return alive;
    },
    async find(message) {
      // First: a message that can't be sent has no answer to wait for.
      send(message, [message.queries.buffer]);
      const found = await next();
      if (found.kind === 'found') return found;
      throw unavailable(found.kind === 'failed' ? found.message : `Unexpected ${found.kind}.`);
    },
    async close() {
      if (alive) send({ kind: 'close' });
      await ended;
    },
  };
}
