import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { EdgeminerError, messageOf } from '../../faults.js';
import { leaveThread } from '../../score/own/leave-thread.js';
import { withinTime } from '../../score/own/time-limit.js';
import type { OwnFinding, OwnInput, OwnScorer } from '../../score/scorer.js';
import type { FromModule, ModuleStart, ToModule } from './module-messages.js';

export type LoadedModule = Extract<FromModule, { kind: 'loaded' }>;

/** The calling side of a module's thread. One measurement at a time. */
export interface ModuleClient {
  /** What the module said of its score; rejects where it can't be loaded or is none. */
  readonly loaded: Promise<LoadedModule>;
  /** False once the thread has ended; a new one must be started. */
  readonly alive: boolean;
  /** Gives `input` away. Rejects where the score throws, or the thread ends under it. */
  run(input: OwnInput, wrote: Parameters<OwnScorer['run']>[1]): Promise<OwnFinding | undefined>;
  /** Ends the thread, whatever it is at. Idempotent. */
  close(): Promise<void>;
}

/** Milliseconds. A thread in a call that is not JavaScript's can't be ended before that returns. */
const endingMs = 2000;

/** The exit code of a thread that has nothing left to do, and still awaits something. */
const awaitsForEver = 13;

/** Starts the thread, and has it load the module. */
export function startModule(start: ModuleStart): ModuleClient {
  // The thread's file stands beside this one: .js when built, .ts in tests.
  const extension = extname(fileURLToPath(import.meta.url));
  const worker = new Worker(new URL(`./module-thread${extension}`, import.meta.url), {
    name: 'edgeminer-module',
    workerData: start,
  });
  let alive = true;
  let answer: ((message: FromModule) => void) | undefined;
  let fail: ((error: Error) => void) | undefined;
  const end = (why: string) => {
    alive = false;
    fail?.(new Error(why));
  };
  worker.on('message', (message: FromModule) => answer?.(message));
  worker.on('error', (error: unknown) => end(`its thread died: ${messageOf(error)}`));
  worker.on('exit', (code) =>
    end(
      code === awaitsForEver
        ? 'it waits for a promise that nothing resolves'
        : `its thread ended with the code ${code}`,
    ),
  );

  const nextMessage = () =>
    new Promise<FromModule>((resolve, reject) => {
      answer = resolve;
      fail = reject;
    });
  let closing: Promise<void> | undefined;

  return {
    loaded: nextMessage().then(
      (message) => loadedFrom(message),
      (cause: unknown) => {
        throw refusal(start.file, cause);
      },
    ),
    get alive() {
      return alive;
    },
    async run(input, wrote) {
      if (!alive) throw new Error('its thread has ended');
      const waiting = nextMessage();
      const message: ToModule = { input, watch: wrote !== undefined };
      worker.postMessage(message, buffersOf(input));
      return findingFrom(await waiting, wrote);
    },
    close() {
      closing ??= endThread(worker).finally(() => (alive = false));
      return closing;
    },
  };
}

async function endThread(worker: Worker): Promise<void> {
  if (worker.threadId === -1) return;
  const gone = once(worker, 'exit');
  void worker.terminate();
  try {
    await withinTime(gone, endingMs, (limit) => `the thread did not end within ${limit}`);
  } catch {
    // Waiting on would keep the user from the error that says why.
    leaveThread(worker);
  }
}

function loadedFrom(message: FromModule): LoadedModule {
  if (message.kind === 'loaded') return message;
  if (message.kind !== 'refused') throw new TypeError(`unexpected ${message.kind}`);
  const { message: text, field, mend, cause } = message;
  throw new EdgeminerError('score.invalid', text, {
    ...(field === undefined ? {} : { field }),
    ...(mend === undefined ? {} : { mend }),
    ...(cause === undefined ? {} : { cause: new Error(cause) }),
  });
}

function refusal(file: string, cause: unknown): EdgeminerError {
  return new EdgeminerError('score.invalid', `${file} can't be loaded: ${messageOf(cause)}`, {
    field: 'module',
    mend: 'Look at what the module does as it is loaded, and at the function that it exports.',
    cause,
  });
}

function findingFrom(
  message: FromModule,
  wrote: Parameters<OwnScorer['run']>[1],
): OwnFinding | undefined {
  if (message.kind === 'loaded' || message.kind === 'refused') {
    throw new TypeError(`unexpected ${message.kind}`);
  }
  for (const part of message.wrote) wrote?.(part);
  if (message.kind === 'failed') throw new Error(message.message);
  const { raw, note } = message;
  return raw === undefined ? undefined : { raw, note };
}

function buffersOf({ plane, embedding }: OwnInput): ArrayBuffer[] {
  const views = [
    ...(plane === undefined ? [] : [plane.rgb]),
    ...(plane?.detail === undefined ? [] : [plane.detail.rgb]),
    ...(typeof embedding === 'string' ? [] : [embedding]),
  ];
  return views.flatMap(({ buffer }) => (buffer instanceof ArrayBuffer ? [buffer] : []));
}
