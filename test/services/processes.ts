import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const closeDeadlineMs = 8000;
const logLines = 25;

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Instead of this process's own environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Background processes of one test run, which end with it however it ends. */
export interface Processes {
  /** A folder of this run's own, removed at the end. */
  folder(name: string): string;
  /** Starts a process that stays; its output goes to a log in a temporary folder. */
  start(name: string, command: Command): StartedProcess;
  /** Stops everything and removes the folders; waits for that, with a deadline. */
  close(): Promise<void>;
}

export interface StartedProcess {
  readonly name: string;
  readonly pid: number | undefined;
  /** Rejects, with the last lines of the log, when the process ends. Never resolves. */
  readonly died: Promise<never>;
  /** How it ended. */
  readonly exited: Promise<Exit>;
  /** Sends a signal to the process and its children; answers whether there was one to hear it. */
  signal(name: NodeJS.Signals): boolean;
  /** All that it has printed, on either output. */
  log(): Promise<string>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** `performance.now()` at the end. */
  readonly at: number;
}

export function openProcesses(): Processes {
  // In a process group of its own: a Ctrl-C at the terminal must not stop the one that cleans up.
  const watchdog = spawn(
    process.execPath,
    [fileURLToPath(new URL('watchdog.mjs', import.meta.url))],
    { detached: true, stdio: ['pipe', 'ignore', 'inherit'] },
  );
  const tell = (message: object) => watchdog.stdin.write(`${JSON.stringify(message)}\n`);
  const watchdogEnded = once(watchdog, 'exit');
  let closing: Promise<void> | undefined;

  const folder = (name: string) => {
    const created = mkdtempSync(path.join(tmpdir(), `edgeminer-${name}-`));
    tell({ folder: created });
    return created;
  };

  return {
    folder,
    start(name, { command, args, cwd, env = process.env }) {
      const logFile = path.join(folder(`${name}-log`), 'output.log');
      const output = openSync(logFile, 'a');
      const child = spawn(command, args, {
        cwd,
        env,
        detached: true,
        stdio: ['ignore', output, output],
      });
      closeSync(output);
      const pid = child.pid;
      if (pid !== undefined) tell({ started: pid });
      let running = pid !== undefined;
      const log = () => readFile(logFile, 'utf8').catch(() => '');
      let failure: string | undefined;
      const exited = new Promise<Exit>((resolve) => {
        const end = (code: number | null, signal: NodeJS.Signals | null) => {
          running = false;
          if (closing === undefined && pid !== undefined) tell({ ended: pid });
          resolve({ code, signal, at: performance.now() });
        };
        child.once('error', (error) => {
          failure = error.message;
          if (pid === undefined) end(null, null);
        });
        child.once('exit', end);
      });
      const died = exited.then(async ({ code, signal }): Promise<never> => {
        const tail = (await log()).trimEnd().split('\n').slice(-logLines).join('\n');
        const how = failure ?? `ended with ${signal ?? `code ${code}`}`;
        throw new Error(`${name} ${how}. Its last lines:\n${tail}`);
      });
      // Whoever waits for readiness hears of it; afterwards the tests themselves do.
      died.catch(() => undefined);
      return {
        name,
        pid,
        died,
        exited,
        log,
        signal(signalName) {
          if (!running || pid === undefined) return false;
          process.kill(-pid, signalName);
          return true;
        },
      };
    },
    close() {
      closing ??= (async () => {
        watchdog.stdin.end();
        const late = setTimeout(() => watchdog.kill('SIGKILL'), closeDeadlineMs);
        await watchdogEnded;
        clearTimeout(late);
      })();
      return closing;
    },
  };
}

/** Ports on 127.0.0.1 that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  try {
    return await Promise.all(
      servers.map(async (server) => {
        await once(server.listen(0, '127.0.0.1'), 'listening');
        const address = server.address();
        if (address === null || typeof address === 'string') throw new Error('no port was given');
        return address.port;
      }),
    );
  } finally {
    for (const server of servers) server.close();
  }
}
