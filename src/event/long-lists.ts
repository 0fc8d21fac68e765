import { z } from 'zod';
import { kindOf } from './value-kind.js';

/**
 * Lists of a thousand values (embeddings, the classes of ImageNet), each checked in one loop: a
 * schema per value took half of the time of an event that needs no inference. The first value
 * that is wrong is named, in the words of contract.ts.
 */
function longList<T>(problemOf: (value: unknown) => string | undefined) {
  return z.custom<readonly T[]>().superRefine((value: unknown, context) => {
    const report = (message: string, path: number[] = []) =>
      context.addIssue({ code: 'custom', message, path });
    if (value == null) {
      report('is missing');
      return;
    }
    if (!Array.isArray(value)) {
      report(`must be a list, not ${kindOf(value)}`);
      return;
    }
    const list: readonly unknown[] = value;
    if (list.length === 0) report('must not be empty');
    for (let at = 0; at < list.length; at += 1) {
      const problem = problemOf(list[at]);
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

/** One or more finite numbers, each within `min` and `max`. */
export function numberList({ min, max }: { readonly min?: number; readonly max?: number } = {}) {
  const items = {
    type: 'number',
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
  } as const;
  return longList<number>((value) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      return `must be a finite number, not ${kindOf(value)}`;
    }
    if (min !== undefined && value < min) return `must be at least ${min}`;
    return max !== undefined && value > max ? `must be at most ${max}` : undefined;
  }).meta({ minItems: 1, type: 'array', items });
}

/** One or more texts of 1 to `longest` characters. */
export function nameList(longest: number) {
  return longList<string>((value) => {
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
