/**
 * A worker thread that holds the module of one score: a thread that does not come back can be
 * ended, and the main one serves heartbeats meanwhile. It answers one message at a time.
 */
import { isDeepStrictEqual } from 'node:util';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { EdgeminerError, isEdgeminerError, messageOf } from '../../faults.js';
import { runOf } from '../../score/own/own-scorer.js';
import { readScore, traitsOf } from '../../score/own/read-score.js';
import type { OwnInput } from '../../score/scorer.js';
import type { FromModule, ModuleStart, ToModule } from './module-messages.js';

const port = parentPort;
if (port === null) throw new Error('module-thread runs as a worker thread only.');

try {
  await serve(workerData as ModuleStart);
} catch (error) {
  const { field, mend, cause: under } = isEdgeminerError(error) ? error : {};
  const cause = under === undefined ? undefined : messageOf(under);
  post({ kind: 'refused', message: messageOf(error), field, mend, cause });
}

async function serve({ file, options }: ModuleStart): Promise<void> {
  const exported = await importDefault(file);
  const made = isFunction(exported) ? await callFactory(exported, options, file) : exported;
  const score = readScore(made, `the default export of ${file}`);
  const { run, limitNote } = runOf(score);
  port?.on('message', ({ input, watch }: ToModule) => {
    const before = watch ? structuredClone(input) : undefined;
    const wrote = () => (before === undefined ? [] : differing(before, input));
    try {
      const found = run(input);
      post({ kind: 'measured', raw: found?.raw, note: found?.note, wrote: wrote() });
    } catch (error) {
      post({ kind: 'failed', message: messageOf(error), wrote: wrote() });
    }
  });
  post({ kind: 'loaded', traits: traitsOf(score), limitNote });
}

function differing(before: OwnInput, after: OwnInput): (keyof OwnInput)[] {
  const parts = ['plane', 'predictions', 'embedding'] as const;
  return parts.filter((part) => !isDeepStrictEqual(before[part], after[part]));
}

async function importDefault(file: string): Promise<unknown> {
  let loaded: unknown;
  try {
    loaded = await import(pathToFileURL(file).href);
  } catch (cause) {
    throw new EdgeminerError('score.invalid', `${file} can't be loaded: ${messageOf(cause)}`, {
      field: 'module',
      mend: `Try: node ${file}; it must be an ES module (.mjs) that Node runs as it is.`,
      cause,
    });
  }
  if (typeof loaded === 'object' && loaded !== null && 'default' in loaded) return loaded.default;
  const names = Object.keys(loaded ?? {});
  const others = names.length === 0 ? 'it exports nothing' : `it exports ${names.join(', ')}`;
  throw new EdgeminerError('score.invalid', `${file} has no default export; ${others}`, {
    field: 'module',
    mend: 'Write `export default` before the score, or before the function that makes it.',
  });
}

async function callFactory(
  factory: (given: unknown) => unknown,
  options: unknown,
  file: string,
): Promise<unknown> {
  try {
    return await factory(options);
  } catch (cause) {
    throw new EdgeminerError(
      'score.invalid',
      `the function that ${file} exports failed: ${messageOf(cause)}`,
      { field: 'options', mend: 'Mend the function, or the options that it is given.', cause },
    );
  }
}

function isFunction(value: unknown): value is (given: unknown) => unknown {
  return typeof value === 'function';
}

function post(message: FromModule): void {
  port?.postMessage(message);
}
