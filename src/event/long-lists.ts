import { z } from 'zod';
import { isList, kindOf } from './value-kind.js';

/**
 * Lists of a thousand values (embeddings, the classes of ImageNet), each checked in one loop: a
 * schema per value took half of the time of an event that needs no inference. The first value
 * that is wrong is named, in the words of contract.ts.
 */
function longList<L extends ArrayLike<unknown>>(
  problemOf: (value: unknown) => string | undefined,
  isRight: (list: readonly unknown[] | Float32Array) => boolean = () => false,
) {
  return z.custom<L>().superRefine((value: unknown, context) => {
    const report = (message: string, path: number[] = []) =>
      context.addIssue({ code: 'custom', message, path });
    if (value == null) {
      report('is missing');
      return;
    }
    if (!isList(value)) {
      report(`must be a list, not ${kindOf(value)}`);
      return;
    }
    if (value.length === 0) report('must not be empty');
    if (isRight(value)) return;
    for (let at = 0; at < value.length; at += 1) {
      const problem = problemOf(value[at]);
      if (problem === undefined) continue;
      report(problem, [at]);
      return;
    }
  });
}

export const notWellFormed = 'holds half of a character (a lone surrogate)';

/** False for text that has no UTF-8: it could be stored, but not hashed or written. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

export const largestFloat32 = 3.4028234663852886e38;

/** As JSON and Avro bring them. */
export type NumberList = readonly number[] | Float32Array;

interface Limits {
  readonly min?: number;
  readonly max?: number;
  /** By which a number may be more than `max`, as rounding leaves it. */
  readonly slack?: number;
}

/** One or more finite numbers, each within `min` and `max`. */
export function numberList({ min, max, slack = 0 }: Limits = {}) {
  const items = {
    type: 'number',
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
  } as const;
  const problemOf = (value: unknown) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      return `must be a finite number, not ${kindOf(value)}`;
    }
    if (min !== undefined && value < min) return `must be at least ${min}, not ${value}`;
    return max !== undefined && value > max + slack
      ? `must be at most ${max}, not ${value}`
      : undefined;
  };
  const [least, most] = [min ?? -Number.MAX_VALUE, max ?? Number.MAX_VALUE];
  const holdsAllFloats = least <= -largestFloat32 && most >= largestFloat32;
  return longList<NumberList>(problemOf, (list) => {
    if (!(list instanceof Float32Array)) return false;
    return holdsAllFloats ? allFinite(list) : allWithin(list, least, most);
  }).meta({ minItems: 1, type: 'array', items });
}

// Plain loops: an iterator takes twice as long, and this is asked of every embedding.

function allWithin(list: Float32Array, least: number, most: number): boolean {
  for (let at = list.length - 1; at >= 0; at -= 1) {
    const value = list[at] ?? Number.NaN;
    if (!(value >= least && value <= most)) return false;
  }
  return true;
}

/** By sums of zeros, which become NaN by any other value: a comparison each takes three times as long. */
function allFinite(list: Float32Array): boolean {
  let even = 0;
  let odd = 0;
  for (let at = list.length - 2; at >= 0; at -= 2) {
    even += 0 * (list[at] ?? Number.NaN);
    odd += 0 * (list[at + 1] ?? Number.NaN);
  }
  if (list.length % 2 === 1) even += 0 * (list[0] ?? Number.NaN);
  return even + odd === 0;
}

/** One or more texts of 1 to `longest` characters. */
export function nameList(longest: number) {
  return longList<readonly string[]>((value) => {
    if (typeof value !== 'string') return `must be text, not ${kindOf(value)}`;
    if (value.length === 0) return 'must not be empty';
    if (!isWellFormed(value)) return notWellFormed;
    return value.length > longest ? `must have at most ${longest} characters` : undefined;
  }).meta({
    minItems: 1,
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: longest },
  });
}
