/**
 * A worker thread that holds a reference's embeddings and compares batches of queries with them:
 * one pass over the rows serves a whole batch. Then it runs the reference's detectors on those that
 * ask for them. Answers one message at a time, in order.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { messageOf } from '../../faults.js';
import { distanceOfProduct, normalisedRows } from '../../score/exact-neighbours.js';
import type { EmbeddingMatrix } from '../../score/embedding-matrix.js';
import { detect } from '../../score/novelty/detectors.js';
import type { Detectors } from '../../score/novelty/detectors.js';
import { noveltyMethods } from '../../score/novelty/novelty-methods.js';
import { neighbourGraph } from './neighbour-graph.js';

export interface NeighbourStart {
  /** Its values are transferred. */
  readonly matrix: EmbeddingMatrix;
  readonly detectors: Detectors | undefined;
  readonly threads: number;
}

export type ToNeighbours =
  | {
      readonly kind: 'find';
      readonly queries: Float32Array;
      readonly k: number;
      /** One a query: what the detectors are to look at besides; undefined where they are not asked. */
      readonly looks: readonly (Look | undefined)[];
    }
  | { readonly kind: 'close' };

export interface Look {
  /** Neighbours whose mean distance counts. */
  readonly k: number;
  readonly logits: Float32Array | undefined;
}

export type Found = Extract<FromNeighbours, { kind: 'found' }>;

export type FromNeighbours =
  | { readonly kind: 'ready' }
  /** Row-major, `k` per query, nearest first. */
  | {
      readonly kind: 'found';
      readonly similarities: Float32Array;
      readonly rows: BigInt64Array;
      /** Row-major, as many per query as there are methods, and as there are ways of spoiling. */
      readonly scores: Float64Array;
      readonly towards: Float64Array;
    }
  | { readonly kind: 'failed'; readonly message: string };

const port = parentPort;
if (port === null) throw new Error('neighbour-thread runs as a worker thread only.');

const { matrix, detectors, threads } = workerData as NeighbourStart;
const { rows, dimensions } = matrix;
const post = (message: FromNeighbours) => port.postMessage(message);

try {
  const session = await InferenceSession.create(neighbourGraph, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  const unit = new Tensor('float32', normalisedRows(matrix), [rows, dimensions]);
  let before = Promise.resolve();
  port.on('message', (message: ToNeighbours) => {
    before = before.then(async () => {
      if (message.kind === 'close') {
        // The session goes before the thread: a thread that ends under a live one may crash.
        await session.release().finally(() => port.close());
        return;
      }
      await find(session, unit, message).then(post, (error: unknown) =>
        post({ kind: 'failed', message: messageOf(error) }),
      );
    });
  });
  post({ kind: 'ready' });
} catch (error) {
  post({ kind: 'failed', message: messageOf(error) });
}

async function find(
  session: InferenceSession,
  unit: Tensor,
  { queries, k, looks }: Extract<ToNeighbours, { kind: 'find' }>,
): Promise<FromNeighbours> {
  const count = looks.length;
  const asked = normalisedRows({ rows: count, dimensions, values: queries });
  const { values, indices } = await session.run({
    queries: new Tensor('float32', asked, [count, dimensions]),
    rows: unit,
    k: new Tensor('int64', BigInt64Array.of(BigInt(k)), [1]),
  });
  if (!(values?.data instanceof Float32Array) || !(indices?.data instanceof BigInt64Array)) {
    throw new Error('the neighbour graph answered with other types');
  }
  const similarities = Float32Array.from(values.data);
  const found = { similarities, rows: BigInt64Array.from(indices.data) };
  return { kind: 'found', ...found, ...detectAll(queries, similarities, k, looks) };
}

function detectAll(
  queries: Float32Array,
  similarities: Float32Array,
  k: number,
  looks: readonly (Look | undefined)[],
): Pick<Found, 'scores' | 'towards'> {
  const kinds = detectors?.exposed?.kinds.length ?? 0;
  const scores = new Float64Array(looks.length * noveltyMethods.length);
  const towards = new Float64Array(looks.length * kinds);
  for (const [at, look] of looks.entries()) {
    if (look === undefined || detectors === undefined) continue;
    let sum = 0;
    for (const similarity of similarities.subarray(at * k, at * k + look.k)) {
      sum += distanceOfProduct(similarity);
    }
    const query = queries.subarray(at * dimensions, (at + 1) * dimensions);
    const detected = detect(detectors, query, look.logits, sum / look.k);
    scores.set(detected.scores, at * noveltyMethods.length);
    towards.set(detected.towards, at * kinds);
  }
  return { scores, towards };
}
