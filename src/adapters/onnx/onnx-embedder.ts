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
  /** Threads that share one inference; one per core unless told. */
  readonly threads?: number;
  /**
   * Whether those threads spin while they wait; false unless told. On cores of its own it gains
   * next to nothing; beside other work it takes half as much CPU again and is slower for it.
   */
  readonly spinning?: boolean;
  /**
   * Pictures of one inference at most, 1 or more; 8 unless told. Larger batches did not raise the
   * throughput on two cores, and cost latency and memory.
   */
  readonly maxBatch?: number;
  /** How long a batch waits to be filled, in milliseconds; 0 unless told. */
  readonly maxWaitMs?: number;
}

const defaultBatch = { maxBatch: 8, maxWaitMs: 0 };

interface Waiting {
  readonly pixels: Uint8Array;
  readonly resolve: (inference: Inference) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens an ONNX model in a thread of its own. What waits when the session becomes free is run as
 * one batch, of `maxBatch` pictures at most; one that is not full waits `maxWaitMs` for more. Throws `model.not-found`,
 * `model.hash-mismatch` or `model.shape-mismatch`, naming what differs. If the thread dies, the
 * batch that it had rejects with `model.unavailable` and the next one starts a new thread.
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
  let session = await openSession(options, entry, classes?.length);
  const queue: Waiting[] = [];
  let running: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  let filled: () => void = () => undefined;

  /** Waits for a full batch, or for the time to be over. */
  const fill = async () => {
    if (maxWaitMs <= 0 || queue.length >= maxBatch || closing !== undefined) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      filled = resolve;
      timer = setTimeout(resolve, maxWaitMs);
    });
    clearTimeout(timer);
  };

  const runBatch = async (batch: readonly Waiting[]) => {
    if (batch.length === 0) return;
    try {
      if (!session.alive) session = await openSession(options, entry, classes?.length);
      const size = input.width * input.height * 3;
      const pixels = new Uint8Array(batch.length * size);
      for (const [index, waiting] of batch.entries()) pixels.set(waiting.pixels, index * size);
      const outputs = await session.run(pixels, batch.length);
      for (const [index, waiting] of batch.entries()) {
        const embedding = row(outputs.embedding, index, model.dimensions);
        waiting.resolve(
          outputs.logits === undefined || classes === undefined
            ? { embedding }
            : { embedding, logits: row(outputs.logits, index, classes.length) },
        );
      }
    } catch (error) {
      const fault = isEdgeminerError(error) ? error : unavailable(messageOf(error), error);
      for (const waiting of batch) waiting.reject(fault);
    }
  };

  const drain = async () => {
    while (queue.length > 0) {
      await fill();
      await runBatch(queue.splice(0, maxBatch));
    }
    running = undefined;
  };

  return {
    model,
    async infer(plane) {
      if (closing !== undefined) throw closed();
      const pixels = await cutModelInput(plane, input);
      return new Promise((resolve, reject) => {
        // May have been closed while the input was cut.
        if (closing !== undefined) {
          reject(closed());
          return;
        }
        queue.push({ pixels, resolve, reject });
        if (queue.length >= maxBatch) filled();
        running ??= drain();
      });
    },
    close() {
      closing ??= (async () => {
        for (const waiting of queue.splice(0)) waiting.reject(closed());
        filled();
        await running;
        await session.close();
      })();
      return closing;
    },
  };
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
    threads: options.threads ?? availableParallelism(),
    spinning: options.spinning ?? false,
    input,
    embedding: outputs.embedding.name,
    logits: outputs.logits?.name,
  });
  try {
    checkSignature(file, session.signature, entry, classes);
    const trial = await session.run(new Uint8Array(input.width * input.height * 3), 1);
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
