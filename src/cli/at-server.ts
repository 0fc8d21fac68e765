import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { ApiProblem, answered, createEdgeminerClient } from '../client/client.js';
import type { EdgeminerClient } from '../client/client.js';
import { EdgeminerError, faultCodes, messageOf } from '../faults.js';
import type { World } from './world.js';

/** Of the commands that work on a store here, or on a server elsewhere. */
export interface ServerOptions {
  readonly server?: string;
  readonly tokenFile?: string;
}

export function withServerOptions(command: Command): Command {
  return command
    .option('--server <url>', 'work at this edgeminer server, not on the configured store')
    .option('--token-file <file>', 'file with the token for it (default: EDGEMINER_TOKEN)');
}

/** A client for `--server`; undefined where the command works on the store. */
export async function clientFor(
  world: World,
  { server, tokenFile }: ServerOptions,
): Promise<EdgeminerClient | undefined> {
  if (server === undefined) return undefined;
  if (!URL.canParse(server) || !/^https?:$/u.test(new URL(server).protocol)) {
    throw new EdgeminerError('input.invalid', `${server} is not an address`, {
      field: '--server',
      mend: 'Give it as https://edgeminer.example.com.',
    });
  }
  const token =
    tokenFile === undefined
      ? world.environment['EDGEMINER_TOKEN']
      : await tokenIn(resolve(world.workingDirectory, tokenFile));
  return createEdgeminerClient({ server, token: token?.trim() });
}

async function tokenIn(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new EdgeminerError('input.not-found', `can't read ${file}: ${messageOf(error)}`, {
      field: '--token-file',
      mend: 'Give the file that holds the token, or set EDGEMINER_TOKEN.',
      cause: error,
    });
  }
}

/** What the server answered. Throws the server's fault as ours. */
export async function ask<T extends Parameters<typeof answered>[0]>(
  call: T,
): Promise<NonNullable<Awaited<T>['data']>> {
  try {
    return await answered(call);
  } catch (error) {
    throw error instanceof ApiProblem ? faultOf(error) : error;
  }
}

function faultOf(problem: ApiProblem): EdgeminerError {
  const { code, status, message, mend, field, cause } = problem;
  const known = faultCodes.find((one) => one === code);
  // What only the API has: a refusal stays one, however often it is sent again.
  const isRefusal = status >= 400 && status < 500 && !problem.retriable;
  return new EdgeminerError(
    known ?? (isRefusal ? 'input.invalid' : 'server.unavailable'),
    message,
    {
      mend,
      cause,
      ...(field === undefined ? {} : { field }),
    },
  );
}
