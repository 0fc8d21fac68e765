import { isEdgeminerError, messageOf } from '../../faults.js';
import type { EdgeminerError } from '../../faults.js';
import { cutModelInput } from '../../image/model-input.js';
import type { Embedder, EmbedderModel, Inference } from '../../score/embedder.js';
import { modelEntry, readClasses, readManifest } from './manifest.js';
import { boundHash } from './model-files.js';
import { openSession, openSessions } from './open-session.js';
import type { OpenedModel, SessionOptions } from './open-session.js';
import { unavailable } from './session-client.js';
import type { SessionClient } from './session-client.js';

/** How inferences are batched and run. */
export interface InferenceOptions extends SessionOptions {
  /**
   * Pictures of one inference at most, 1 or more; 4 unless told. Larger batches did not raise the
   * throughput on two cores, and cost latency and memory.
   */
  readonly maxBatch?: number;
  /** How long a batch waits to be filled, in milliseconds; 0 unless told. */
  readonly maxWaitMs?: number;
}

export interface EmbedderOptions extends InferenceOptions {
  /** An entry of the manifest. */
  readonly name: string;
}

const defaultBatch = { maxBatch: 4, maxWaitMs: 0 };

interface Waiting {
  /** Milliseconds of performance.now(). */
  readonly since: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly resolve: (inference: Inference) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens an ONNX model in threads of its own. What waits when a session becomes free is run as one
 * batch, of `maxBatch` pictures at most; one that is not full waits `maxWaitMs` for more. Throws
 * `model.not-found`, `model.hash-mismatch` or `model.shape-mismatch`, naming what differs. If a
 * thread dies, the batch that it had rejects with `model.unavailable` and its next one starts a
 * new thread.
 */
export async function openEmbedder(options: EmbedderOptions): Promise<Embedder> {
  const { modelsDir, name } = options;
  const entry = modelEntry(await readManifest(modelsDir), modelsDir, name);
  return openModel({ name, entry, classes: await readClasses(modelsDir, entry) }, options);
}

/** The same for an entry that need not stand in the manifest. */
export async function openModel(opened: OpenedModel, options: InferenceOptions): Promise<Embedder> {
  const { name, entry, classes } = opened;
  const { input } = entry;
  const { maxWaitMs, ...asked } = { ...defaultBatch, ...options };
  // A model of a fixed batch costs the same full or not.
  const maxBatch = input.batch ?? asked.maxBatch;
  const model: EmbedderModel = {
    name,
    sha256: boundHash(entry),
    dimensions: entry.outputs.embedding.dimensions,
    ...(classes === undefined ? {} : { classes }),
  };
  const idle = await openSessions(options, opened);
  const queue: Waiting[] = [];
  const running = new Set<Promise<void>>();
  let waiting: NodeJS.Timeout | undefined;
  let closing: Promise<void> | undefined;

  const start = () => {
    clearTimeout(waiting);
    while (queue.length > 0) {
      const wait = queue.length < maxBatch ? (queue[0]?.since ?? 0) + maxWaitMs : 0;
      const left = wait - performance.now();
      if (maxWaitMs > 0 && left > 0) {
        waiting = setTimeout(start, left);
        return;
      }
      const session = idle.pop();
      if (session === undefined) return;
      // Shared with the other sessions that are free.
      const batch = queue.splice(
        0,
        Math.min(maxBatch, Math.ceil(queue.length / (idle.length + 1))),
      );
      const run = runBatch(session, batch).then((after) => {
        running.delete(run);
        idle.push(after);
        start();
      });
      running.add(run);
    }
  };

  /** Never rejects; gives the session for the next batch. */
  const runBatch = async (
    given: SessionClient,
    batch: readonly Waiting[],
  ): Promise<SessionClient> => {
    let session = given;
    try {
      if (!session.alive) session = await openSession(options, opened);
      const outputs = await session.run(batch.map(({ pixels }) => pixels));
      for (const [index, one] of batch.entries()) {
        const embedding = row(outputs.embedding, index, model.dimensions);
        one.resolve(
          outputs.logits === undefined || classes === undefined
            ? { embedding }
            : { embedding, logits: row(outputs.logits, index, classes.length) },
        );
      }
    } catch (error) {
      const fault = isEdgeminerError(error) ? error : unavailable(messageOf(error), error);
      for (const one of batch) one.reject(fault);
    }
    return session;
  };

  return {
    model,
    infer(plane) {
      if (closing !== undefined) return Promise.reject(closed());
      const pixels = cutModelInput(plane, input);
      return new Promise((resolve, reject) => {
        queue.push({ since: performance.now(), pixels, resolve, reject });
        // Whoever asks for several at once gets them in one batch.
        if (queue.length === 1) queueMicrotask(start);
      });
    },
    close() {
      closing ??= (async () => {
        for (const one of queue.splice(0)) one.reject(closed());
        clearTimeout(waiting);
        await Promise.all(running);
        await Promise.all(idle.map((session) => session.close()));
      })();
      return closing;
    },
  };
}

function row(values: Float32Array, index: number, length: number): Float32Array {
  return values.slice(index * length, (index + 1) * length);
}

function closed(): EdgeminerError {
  return unavailable('The embedder was closed.');
}
