import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runEdgeminer } from '../e2e/run-edgeminer.js';
import type { Finished } from '../e2e/run-edgeminer.js';
import type { Exit, Processes, StartedProcess } from '../services/processes.js';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const tellHandlers = new URL('tell-handlers.mjs', import.meta.url).href;
/** Lines of tell-handlers.mjs. */
const handlerLines = /^\[hears SIGTERM(, late)?\]$/m;

/** Of a worker that was asked to end; docs promise 25 s. */
export interface Ending extends Exit {
  readonly seconds: number;
}

/** Of a worker that was asked to end during its start. */
export interface EarlyEnding extends Ending {
  readonly log: string;
  /**
   * Whether the program took the signal, or would have: it had said before its end that it hears
   * it. One that had not was still Node alone, which ends by the signal, and had done nothing.
   */
  readonly heard: boolean;
  /** Whether the program had loaded what it needs before it began to hear the signal. */
  readonly late: boolean;
  /** Whether the program had logged nothing of its own when it was asked. */
  readonly silent: boolean;
}

/** `edgeminer mine --source kafka` as a process. */
export interface Worker {
  readonly name: string;
  readonly pid: number;
  /** Ends it as a crash would. */
  kill(): Promise<Exit>;
  /** Asks it to end, as soon as it hears that, and waits. */
  terminate(): Promise<Ending>;
  /** Asks it to end now, whether or not it hears it yet, and waits. */
  terminateNow(): Promise<EarlyEnding>;
  /** Waits until it hears a SIGTERM: from then on it has to end with code 0. */
  hears(): Promise<void>;
  pause(): void;
  resume(): void;
  log(): Promise<string>;
}

export interface WorkerPool {
  readonly running: readonly Worker[];
  start(): Worker;
  /** Starts more, or asks the last started to end. */
  scaleTo(count: number): Promise<readonly Ending[]>;
  /** Runs another command of edgeminer with the workers' settings, to its end. */
  run(args: readonly string[]): Promise<Finished>;
  /** Throws, with its log, if one has ended that nobody asked to. */
  check(): void;
  /** The last lines of each worker's log, for a failure's message. */
  lastLines(): Promise<string>;
}

const shownLines = 40;
const shownWorkers = 6;

export function openWorkerPool(
  processes: Processes,
  directory: string,
  environment: Readonly<Record<string, string>>,
): WorkerPool {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(EDGEMINER_|KAFKA_|MONGODB_|SCHEMA_)/.test(name),
    ),
  );
  const all: StartedProcess[] = [];
  const running = new Set<Worker>();
  let unasked: Error | undefined;

  function start(): Worker {
    const child = processes.start(`worker-${all.length + 1}`, {
      command: process.execPath,
      args: ['--import', tellHandlers, main, 'mine', '--source', 'kafka'],
      cwd: directory,
      env: { ...inherited, ...environment },
    });
    const { name, pid } = child;
    if (pid === undefined) throw new Error(`${name} could not be started`);
    all.push(child);
    const end = (signal: NodeJS.Signals) => {
      running.delete(worker);
      child.signal('SIGCONT');
      child.signal(signal);
      return child.exited;
    };
    const worker: Worker = {
      name,
      pid,
      kill: () => end('SIGKILL'),
      async terminate() {
        await worker.hears();
        const asked = performance.now();
        const exit = await end('SIGTERM');
        return { ...exit, seconds: (exit.at - asked) / 1000 };
      },
      async terminateNow() {
        const before = await child.log();
        const asked = performance.now();
        const exit = await end('SIGTERM');
        const log = await child.log();
        const [line, late] = handlerLines.exec(log) ?? [];
        return {
          ...exit,
          seconds: (exit.at - asked) / 1000,
          log,
          heard: line !== undefined,
          late: late !== undefined,
          silent: before.replace(handlerLines, '').trim() === '',
        };
      },
      async hears() {
        while (!handlerLines.test(await child.log()) && running.has(worker)) await delay(10);
      },
      pause: () => void child.signal('SIGSTOP'),
      resume: () => void child.signal('SIGCONT'),
      log: child.log,
    };
    running.add(worker);
    child.died.catch((error: unknown) => {
      if (running.delete(worker)) unasked ??= error as Error;
    });
    return worker;
  }

  return {
    get running() {
      return [...running];
    },
    start,
    async scaleTo(count) {
      while (running.size < count) start();
      return Promise.all([...running].slice(count).map((worker) => worker.terminate()));
    },
    run: (args) => runEdgeminer(args, directory, environment),
    check() {
      if (unasked !== undefined) throw unasked;
    },
    async lastLines() {
      const logs = await Promise.all(
        all.slice(-shownWorkers).map(async ({ name, log }) => {
          const lines = (await log()).trimEnd().split('\n').slice(-shownLines);
          return `--- ${name}\n${lines.join('\n')}`;
        }),
      );
      return logs.join('\n');
    },
  };
}
