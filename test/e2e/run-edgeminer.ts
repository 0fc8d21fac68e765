import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves once the text was printed on standard error. */
  printed(text: string): Promise<void>;
}

/** Starts the built command line in a directory, with this environment and no other settings. */
export function startEdgeminer(
  args: readonly string[],
  directory: string,
  environment: Readonly<Record<string, string>> = {},
): Running {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(EDGEMINER_|KAFKA_|MONGODB_|SCHEMA_)/.test(name),
    ),
  );
  const child = spawn(process.execPath, [main, ...args], {
    cwd: directory,
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const look of watchers) look();
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    process: child,
    finished,
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!stderr.includes(text)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        void finished.then(() => reject(new Error(`ended without printing '${text}':\n${stderr}`)));
        look();
      }),
  };
}

/** Runs a command line to its end. */
export function runEdgeminer(
  args: readonly string[],
  directory: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return startEdgeminer(args, directory, environment).finished;
}
