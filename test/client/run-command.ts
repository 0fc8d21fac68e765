import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runCli } from '../../src/cli/program.js';

const packageRoot = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line in this process, with a token for a server. */
export async function runCommand(
  args: readonly string[],
  { token, folder, now }: { readonly token: string; readonly folder: string; readonly now: number },
): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const into = (take: (text: string) => void) =>
    new Writable({
      write(chunk: Buffer, _, done) {
        take(chunk.toString());
        done();
      },
    });
  const code = await runCli(args, {
    environment: { EDGEMINER_TOKEN: token },
    workingDirectory: folder,
    packageRoot,
    version: '0.0.0',
    stdin: Readable.from([]),
    stdout: into((text) => (stdout += text)),
    stderr: into((text) => (stderr += text)),
    now: () => now,
    ending: new AbortController().signal,
  });
  return { code, stdout, stderr };
}
