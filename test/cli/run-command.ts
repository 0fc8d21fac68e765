import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runCli } from '../../src/cli/program.js';
import type { World } from '../../src/cli/world.js';

const packageRoot = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What the command printed last, as data. */
  readonly result: unknown;
}

export interface CommandWorld extends Partial<Pick<World, 'environment' | 'ending'>> {
  /** Where it is run. */
  readonly folder: string;
  /** Milliseconds since 1970-01-01 UTC; the present unless told. */
  readonly now?: number;
  /** Hears each result as it is printed. */
  readonly onResult?: (result: unknown) => void;
}

/** Runs one command line in this process. */
export async function runCommand(
  args: readonly string[],
  { folder, now, environment = {}, ending, onResult }: CommandWorld,
): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  let result: unknown;
  const into = (take: (text: string) => void) =>
    new Writable({
      write(chunk: Buffer, _, done) {
        take(chunk.toString());
        done();
      },
    });
  const code = await runCli(args, {
    environment,
    workingDirectory: folder,
    packageRoot,
    version: '0.0.0',
    stdin: Readable.from([]),
    stdout: into((text) => (stdout += text)),
    stderr: into((text) => (stderr += text)),
    now: () => now ?? Date.now(),
    ending: ending ?? new AbortController().signal,
    onResult: (found) => {
      result = found;
      onResult?.(found);
    },
  });
  return { code, stdout, stderr, result };
}
