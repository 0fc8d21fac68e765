import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { EdgeminerError, messageOf } from '../../faults.js';
import type {
  FromSession,
  ModelSignature,
  SessionOutputs,
  SessionStart,
  ToSession,
} from './session-messages.js';

/** The calling side of one session thread. Runs one batch at a time. */
export interface SessionClient {
  readonly signature: ModelSignature;
  /** False once the thread has ended; a new one must be started. */
  readonly alive: boolean;
  /** Throws `model.unavailable` when the inference fails or the thread dies under it. */
  run(pictures: readonly Uint8Array<ArrayBuffer>[]): Promise<SessionOutputs>;
  /** Lets the running batch finish, ends the thread. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts the thread and loads the model; throws `model.shape-mismatch` if it can't be loaded, and
 * `config.invalid` for an execution provider that is not there or does not start.
 */
export async function startSession(start: SessionStart): Promise<SessionClient> {
  const worker = startWorker(start);
  let answer: ((message: FromSession) => void) | undefined;
  let fail: ((error: Error) => void) | undefined;
  let alive = true;

  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      alive = false;
      fail?.(new Error('The session thread has ended.'));
      resolve();
    });
  });
  worker.on('error', (error: unknown) => {
    alive = false;
    fail?.(error instanceof Error ? error : new Error(messageOf(error)));
  });
  worker.on('message', (message: FromSession) => answer?.(message));

  const nextMessage = () =>
    new Promise<FromSession>((resolve, reject) => {
      answer = resolve;
      fail = reject;
    }).finally(() => {
      answer = undefined;
      fail = undefined;
    });

  let first: FromSession;
  try {
    first = await nextMessage();
  } catch (cause) {
    await ended;
    throw unavailable(`The session thread could not start: ${messageOf(cause)}`, cause);
  }
  if (first.kind !== 'ready') {
    await ended;
    if (first.kind === 'no-provider') throw noProvider(start.providers, first);
    const message = first.kind === 'failed' ? first.message : `unexpected ${first.kind}`;
    throw new EdgeminerError(
      'model.shape-mismatch',
      `The ONNX runtime can't load the model: ${message}`,
      { field: 'file', mend: 'Export the model for this version of the ONNX runtime.' },
    );
  }

  const send = (message: ToSession, transfer: ArrayBuffer[] = []) => {
    worker.postMessage(message, transfer);
  };

  return {
    signature: first.signature,
    get alive() {
      return alive;
    },
    async run(pictures) {
      if (!alive) throw unavailable('The session thread has ended.');
      let reply: FromSession;
      try {
        const waiting = nextMessage();
        const buffers = pictures.map(({ buffer }) => buffer);
        send({ kind: 'run', pictures }, buffers);
        reply = await waiting;
      } catch (cause) {
        throw unavailable(`The session thread died: ${messageOf(cause)}`, cause);
      }
      if (reply.kind === 'outputs') return reply;
      throw unavailable(reply.kind === 'failed' ? reply.message : `Unexpected ${reply.kind}.`);
    },
    async close() {
      if (alive) send({ kind: 'close' });
      await ended;
    },
  };
}

function startWorker(start: SessionStart): Worker {
  // The thread's file stands beside this one: .js when built, .ts in tests.
  const extension = extname(fileURLToPath(import.meta.url));
  return new Worker(new URL(`./session-thread${extension}`, import.meta.url), {
    name: 'edgeminer-onnx',
    workerData: start,
    transferList: [start.model.buffer, ...start.data.map(({ data }) => data.buffer)],
  });
}

function noProvider(
  wanted: readonly string[],
  { message, known }: Extract<FromSession, { kind: 'no-provider' }>,
): EdgeminerError {
  return new EdgeminerError(
    'config.invalid',
    `inference.executionProviders: [${wanted.join(', ')}] can't be used here: ${message}`,
    {
      field: 'inference.executionProviders',
      mend:
        `Name providers out of ${known.join(', ')}, and install what they need; ` +
        'or leave the setting out, for cpu.',
    },
  );
}

export function unavailable(message: string, cause?: unknown): EdgeminerError {
  return new EdgeminerError('model.unavailable', message, {
    mend: 'Try again; if it stays, check the memory of the process.',
    cause,
  });
}
