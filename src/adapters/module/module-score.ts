import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { EdgeminerError } from '../../faults.js';
import type { PixelPlane } from '../../image/decoded-image.js';
import type { ScoreTraits } from '../../score/own/own-scorer.js';
import { loadLimitMs, measureLimitMs, OutOfTime, withinTime } from '../../score/own/time-limit.js';
import type { OwnFinding, OwnInput, OwnScorer } from '../../score/scorer.js';
import { startModule } from './module-client.js';
import type { LoadedModule, ModuleClient } from './module-client.js';
import type { ModuleStart } from './module-messages.js';

export interface ModuleScoreOptions extends ModuleStart {
  /** Milliseconds; those of every score unless told. */
  readonly limits?: {
    readonly loadMs: number;
    readonly measureMs: number;
    readonly restMs: number;
  };
}

/**
 * A score that an ES module exports, in a thread of its own. One measurement at a time, each of a
 * copy of its input. A thread that is late is ended, and the next measurement starts another.
 * `close()` ends what is running, and is idempotent.
 */
export interface ModuleScore {
  /** The module's text, which is what the score is made of. */
  readonly source: Uint8Array;
  readonly traits: ScoreTraits;
  readonly limitNote: string | undefined;
  /** As of an OwnScorer; rejects with OutOfTime where the score is late. */
  run(...asked: Parameters<OwnScorer['run']>): Promise<OwnFinding | undefined>;
  close(): Promise<void>;
}

/**
 * A score that is late so often, one time after another, is not tried for a while. Twice its limit is
 * less than what a process has left that was asked to end (main.ts), however many pictures wait for it.
 */
const latesBeforeRest = 2;

const usualLimits = { loadMs: loadLimitMs, measureMs: measureLimitMs, restMs: 60_000 };

/** @throws EdgeminerError `score.invalid` that says what of the module is wrong. */
export async function openModuleScore(options: ModuleScoreOptions): Promise<ModuleScore> {
  const { file, limits = usualLimits } = options;
  const source = await readModule(file);
  const sha256 = sha256Of(source);
  let client = startModule(options);
  const { traits, limitNote } = await firstLoad(client, options, limits.loadMs);
  let last: Promise<unknown> = Promise.resolve();
  let closing: Promise<void> | undefined;
  let latesInARow = 0;
  let restsUntil = -Infinity;

  const again = async () => {
    // The reference was measured with what the module was; so was what was queued till now.
    if (sha256Of(await readModule(file)) !== sha256) {
      throw new Error(`${file} is another than at the start; start edgeminer again to use it`);
    }
    if (closing !== undefined) throw new Error('the score was closed');
    client = startModule(options);
    await load(client, file, limits.loadMs);
  };
  const measure: ModuleScore['run'] = async (input, wrote) => {
    if (closing !== undefined) throw new Error('the score was closed');
    if (performance.now() < restsUntil) {
      throw new Error(`was late ${latesInARow} times in a row, and is not tried for a while`);
    }
    try {
      if (!client.alive) await again();
      const late = (limit: string) => `gave no measurement within ${limit} (${file})`;
      const found = await withinTime(
        client.run(copyOf(input, traits), wrote),
        limits.measureMs,
        late,
      );
      latesInARow = 0;
      return found;
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      await client.close();
      latesInARow += 1;
      if (latesInARow >= latesBeforeRest) restsUntil = performance.now() + limits.restMs;
      throw error;
    }
  };

  return {
    source,
    traits,
    limitNote,
    run(input, wrote) {
      const turn = last.then(() => measure(input, wrote));
      last = turn.catch(() => undefined);
      return turn;
    },
    close() {
      closing ??= client.close();
      return closing;
    },
  };
}

async function firstLoad(
  client: ModuleClient,
  { file }: ModuleStart,
  limitMs: number,
): Promise<LoadedModule> {
  try {
    return await load(client, file, limitMs);
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
    throw new EdgeminerError('score.invalid', error.message, {
      field: 'module',
      mend:
        'Look for a loop that does not end, or a promise that never resolves, in the module ' +
        'and in the function that it exports.',
      cause: error,
    });
  }
}

/** Ends the thread where the module can't be loaded. */
async function load(client: ModuleClient, file: string, limitMs: number): Promise<LoadedModule> {
  try {
    return await withinTime(
      client.loaded,
      limitMs,
      (limit) => `${file} was not loaded within ${limit}`,
    );
  } catch (error) {
    await client.close();
    throw error;
  }
}

async function readModule(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new EdgeminerError('score.invalid', `the module ${file} can't be read`, {
      field: 'module',
      mend: 'Correct the path; it is relative to the file of the settings.',
      cause,
    });
  }
}

/** What the score asked for, to be given away. */
function copyOf({ plane, predictions, embedding }: OwnInput, { needs }: ScoreTraits): OwnInput {
  return {
    plane: plane !== undefined && needs.includes('pixels') ? copyOfPlane(plane) : undefined,
    predictions: needs.includes('predictions') ? predictions : { kind: 'none' },
    embedding:
      typeof embedding !== 'string' && needs.includes('embedding')
        ? new Float32Array(embedding)
        : 'no-embedding',
  };
}

function copyOfPlane({ width, height, rgb, detail }: PixelPlane): PixelPlane {
  // Not slice(): of a Buffer, that is another view of the same bytes.
  const copy = { width, height, rgb: new Uint8Array(rgb) };
  return detail === undefined ? copy : { ...copy, detail: copyOfPlane(detail) };
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
