import { createContext, Script } from 'node:vm';
import { OutOfTime } from '../own/time-limit.js';

const call = new Script('work()');
/** One for all calls: to make it takes longer than most scores. */
const place: { work?: () => void } = {};
const context = createContext(place);

/**
 * What `work` gives, which is interrupted where it does not come back: for a score that is a file
 * of edgeminer and has no thread of its own. Blocks until then, as calling it would.
 * @throws OutOfTime
 */
export function interrupted<T>(work: () => T, limitMs: number): T {
  let given: { readonly value: T } | undefined;
  place.work = () => (given = { value: work() });
  try {
    call.runInContext(context, { timeout: limitMs });
  } catch (error) {
    if (!isTimeout(error)) throw error;
    throw new OutOfTime(`gave no measurement within ${limitMs / 1000} s`, { cause: error });
  } finally {
    delete place.work;
  }
  if (given === undefined) throw new TypeError('it came back without a word');
  return given.value;
}

/** It is an Error of the other context, and none of this one. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
