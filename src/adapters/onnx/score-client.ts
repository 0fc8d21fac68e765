import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../faults.js';
import { leaveThread } from '../../score/own/leave-thread.js';
import { withinTime } from '../../score/own/time-limit.js';
import type { FromScore, ScoreStart, ToScore } from './score-messages.js';
import type { ModelSignature } from './session-messages.js';

/** The calling side of a score's thread. One measurement at a time. */
export interface ScoreClient {
  readonly signature: ModelSignature;
  /** False once the thread has ended; a new one must be started. */
  readonly alive: boolean;
  /** Rejects where the inference fails, or the thread dies under it. */
  run(values: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>, output: string): Promise<number>;
  /**
   * Ends the thread once it has answered; where that takes too long, the thread is left to itself,
   * and holds no process. Idempotent.
   */
  close(): Promise<void>;
}

/** Milliseconds. An inference can't be ended before it is done. */
const endingMs = 5000;

/** Starts the thread and loads the model; rejects with what the runtime says if it can't. */
export async function startScore(start: ScoreStart): Promise<ScoreClient> {
  // The thread's file stands beside this one: .js when built, .ts in tests.
  const extension = extname(fileURLToPath(import.meta.url));
  const worker = new Worker(new URL(`./score-thread${extension}`, import.meta.url), {
    name: 'edgeminer-score',
    workerData: start,
    transferList: [start.model.buffer],
  });
  let alive = true;
  let answer: ((message: FromScore) => void) | undefined;
  let fail: ((error: Error) => void) | undefined;
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      alive = false;
      fail?.(new Error('the thread of the score has ended'));
      resolve();
    });
  });
  worker.on('error', (error: unknown) => {
    alive = false;
    fail?.(new Error(`the thread of the score died: ${messageOf(error)}`));
  });
  worker.on('message', (message: FromScore) => answer?.(message));

  const nextMessage = () =>
    new Promise<FromScore>((resolve, reject) => {
      answer = resolve;
      fail = reject;
    });

  const first = await nextMessage();
  if (first.kind !== 'ready') {
    await ended;
    throw new Error(first.kind === 'failed' ? first.message : `unexpected ${first.kind}`);
  }
  return {
    signature: first.signature,
    get alive() {
      return alive;
    },
    async run(values, output) {
      if (!alive) throw new Error('the thread of the score has ended');
      const waiting = nextMessage();
      worker.postMessage({ kind: 'run', values, output } satisfies ToScore, [values.buffer]);
      const reply = await waiting;
      if (reply.kind === 'value') return reply.value;
      throw new Error(reply.kind === 'failed' ? reply.message : `unexpected ${reply.kind}`);
    },
    async close() {
      if (alive) worker.postMessage({ kind: 'close' } satisfies ToScore);
      try {
        await withinTime(ended, endingMs, (limit) => `the thread did not end within ${limit}`);
      } catch {
        leaveThread(worker);
      }
    },
  };
}
