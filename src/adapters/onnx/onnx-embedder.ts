import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { EdgeminerError, isEdgeminerError, messageOf } from '../../faults.js';
import { cutModelInput } from '../../image/model-input.js';
import type { Embedder, EmbedderModel, Inference } from '../../score/embedder.js';
import { checkSignature } from './check-signature.js';
import { modelEntry, readClasses, readManifest } from './manifest.js';
import type { ModelEntry } from './manifest.js';
import { startSession, unavailable } from './session-client.js';
import type { SessionClient } from './session-client.js';

export interface EmbedderOptions {
  /** Holds manifest.json and the ONNX files. */
  readonly modelsDir: string;
  /** An entry of the manifest. */
  readonly name: string;
  /**
   * Inferences at once, each in a thread of its own with the model's weights; one per core
   * unless told, `mostSessions` at most. Two cores did a tenth more pictures with a session each
   * than with one that they share.
   */
  readonly sessions?: number;
  /** Threads that share one inference; unless told, the cores shared out among the sessions. */
  readonly threads?: number;
  /**
   * Whether those threads spin while they wait; false unless told. On cores of its own it gains
   * next to nothing; beside other work it takes half as much CPU again and is slower for it.
   */
  readonly spinning?: boolean;
  /**
   * Pictures of one inference at most, 1 or more; 4 unless told. Larger batches did not raise the
   * throughput on two cores, and cost latency and memory.
   */
  readonly maxBatch?: number;
  /** How long a batch waits to be filled, in milliseconds; 0 unless told. */
  readonly maxWaitMs?: number;
}

const defaultBatch = { maxBatch: 4, maxWaitMs: 0 };

/** Each holds the weights and the activations of a batch. */
const mostSessions = 4;

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
  const { maxBatch, maxWaitMs } = { ...defaultBatch, ...options };
  const entry = modelEntry(await readManifest(modelsDir), modelsDir, name);
  const classes = await readClasses(modelsDir, entry);
  const model: EmbedderModel = {
    name,
    sha256: entry.sha256,
    dimensions: entry.outputs.embedding.dimensions,
    ...(classes === undefined ? {} : { classes }),
  };
  const { input } = entry;
  const idle = await openSessions(options, entry, classes?.length);
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
      if (!session.alive) session = await openSession(options, entry, classes?.length);
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

async function openSessions(
  options: EmbedderOptions,
  entry: ModelEntry,
  classes: number | undefined,
): Promise<SessionClient[]> {
  // The first alone: what is wrong with the file is found once.
  const sessions = [await openSession(options, entry, classes)];
  try {
    while (sessions.length < sessionsOf(options)) {
      sessions.push(await openSession(options, entry, classes));
    }
    return sessions;
  } catch (error) {
    await Promise.all(sessions.map((session) => session.close()));
    throw error;
  }
}

function sessionsOf({ sessions }: EmbedderOptions): number {
  return sessions ?? Math.min(mostSessions, availableParallelism());
}

function threadsOf(options: EmbedderOptions): number {
  return options.threads ?? Math.max(1, Math.floor(availableParallelism() / sessionsOf(options)));
}

/** Reads, checks and loads the model, and runs it once on a black picture. */
async function openSession(
  options: EmbedderOptions,
  entry: ModelEntry,
  classes: number | undefined,
): Promise<SessionClient> {
  const { input, outputs } = entry;
  const file = join(options.modelsDir, entry.file);
  const session = await startSession({
    model: await readModel(file, entry),
    threads: threadsOf(options),
    spinning: options.spinning ?? false,
    input,
    embedding: outputs.embedding.name,
    logits: outputs.logits?.name,
  });
  try {
    checkSignature(file, session.signature, entry, classes);
    const trial = await session.run([new Uint8Array(input.width * input.height * 3)]);
    checkLength('outputs.embedding.dimensions', trial.embedding, outputs.embedding.dimensions);
    if (trial.logits !== undefined && classes !== undefined) {
      checkLength('classes', trial.logits, classes);
    }
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function readModel(file: string, entry: ModelEntry): Promise<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    // A copy of its own: it is given away to the session's thread.
    bytes = Uint8Array.from(await readFile(file));
  } catch (cause) {
    throw new EdgeminerError('model.not-found', `The model file ${file} can't be read.`, {
      field: 'file',
      mend: `Put the file there (source: ${entry.source}).`,
      cause,
    });
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== entry.sha256) {
    throw new EdgeminerError(
      'model.hash-mismatch',
      `${file} has sha256 ${sha256} (${bytes.length} bytes); ` +
        `the manifest says ${entry.sha256} (${entry.bytes} bytes).`,
      {
        field: 'sha256',
        mend: 'Restore the file, or enter the new model in models/manifest.json and rebuild its references.',
      },
    );
  }
  return bytes;
}

/** Free sizes in the file leave the true length open until it has run. */
function checkLength(field: string, values: Float32Array, expected: number): void {
  if (values.length === expected) return;
  throw new EdgeminerError(
    'model.shape-mismatch',
    `The model gives ${values.length} values; the manifest says ${expected}.`,
    { field, mend: 'Correct the entry in models/manifest.json.' },
  );
}

function row(values: Float32Array, index: number, length: number): Float32Array {
  return values.slice(index * length, (index + 1) * length);
}

function closed(): EdgeminerError {
  return unavailable('The embedder was closed.');
}
