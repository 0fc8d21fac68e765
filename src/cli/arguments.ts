import { InvalidArgumentError } from 'commander';
import type { Reason } from '../decision/decision.js';
import { isOwnSignal, signalNames } from '../score/signal.js';

/** For commander: a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`It must be a whole number of ${least} or more.`);
  };
}

/** For commander: a number above 0. */
export function positiveNumber(text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a number above 0.');
}

/** For commander: a number from 0 to 1. */
export function share(text: string): number {
  const isPercentage = text.trimEnd().endsWith('%');
  const number = isPercentage ? Number(text.trimEnd().slice(0, -1)) / 100 : Number(text);
  if (/\d/.test(text) && number >= 0 && number <= 1) return number;
  throw new InvalidArgumentError('It must be a share from 0 to 1, such as 0.1, or 10%.');
}

/** For commander: a moment as ISO 8601; to milliseconds since 1970-01-01 UTC. */
export function moment(text: string): number {
  const time = Date.parse(text);
  if (Number.isFinite(time)) return time;
  throw new InvalidArgumentError('It must be a time such as 2026-03-01 or 2026-03-01T08:00:00Z.');
}

/** For commander: why tasks were queued. */
export function reasonArgument(text: string): Reason {
  if (text === 'control-sample' || isOwnSignal(text)) return text;
  const known = signalNames.find((name) => name === text);
  if (known !== undefined) return known;
  const all = [...signalNames, 'control-sample'].join(', ');
  throw new InvalidArgumentError(`It must be one of ${all}, or own:NAME of a score of your own.`);
}
