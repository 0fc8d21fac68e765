import { z } from 'zod';
import { spoilings } from '../../image/spoil-plane.js';
import { EdgeminerError } from '../../faults.js';
import type { Score } from './own-score.js';
import type { ScoreTraits } from './own-scorer.js';

const needs = ['pixels', 'predictions', 'embedding'] as const;

const traits = z
  .object({
    needs: z.array(z.enum(needs)).min(1),
    unit: z.string().min(1),
    range: z.tuple([z.number(), z.number()]),
    unusual: z.enum(['low', 'high']),
    limit: z.number(),
    family: z.enum(['confidence', 'quality', 'format', 'novelty']).optional(),
    embeddingLength: z.int().min(1).optional(),
    worsensWith: z.array(z.enum(spoilings)).optional(),
  })
  .superRefine(({ range: [low, high], unusual, limit }, context) => {
    if (low >= high) {
      context.addIssue({ code: 'custom', path: ['range'], message: 'must ascend' });
      return;
    }
    const end = unusual === 'high' ? high : low;
    if (limit < low || limit > high || limit === end) {
      const message = `must lie within the range, and not at its unusual end (${end})`;
      context.addIssue({ code: 'custom', path: ['limit'], message });
    }
  });

const isFunction = (value: unknown) => typeof value === 'function';

const moduleScore = z.looseObject({
  measure: z.custom(isFunction, { error: 'must be a function' }),
  describe: z.custom(isFunction, { error: 'must be a function' }).optional(),
});

/**
 * What a module exported, or what its function gave, as a score.
 * @param from The module and setting, for messages.
 * @throws EdgeminerError `score.invalid` that names the key that is missing or wrong.
 */
export function readScore(exported: unknown, from: string): Score {
  if (typeof exported !== 'object' || exported === null) {
    const given = exported === undefined ? 'nothing' : `a ${typeof exported}`;
    throw invalid(`${from} is no score: it is ${given}, not an object`, 'default');
  }
  const parts = moduleScore.safeParse(exported);
  if (!parts.success) throw issueOf(parts.error, from);
  checkTraits(exported, from);
  // Its methods may rely on `this`, so it is taken as it is.
  return exported as Score;
}

/** @throws EdgeminerError `score.invalid` that names the trait that is missing or wrong. */
export function checkTraits(candidate: unknown, from: string): asserts candidate is ScoreTraits {
  const parsed = traits.safeParse(candidate);
  if (!parsed.success) throw issueOf(parsed.error, from);
}

/** The traits alone, as data. They were checked before. */
export function traitsOf(score: Score): ScoreTraits {
  const { needs, unit, range, unusual, limit, family, embeddingLength, worsensWith } = score;
  return {
    needs,
    unit,
    range,
    unusual,
    limit,
    ...(family === undefined ? {} : { family }),
    ...(embeddingLength === undefined ? {} : { embeddingLength }),
    ...(worsensWith === undefined ? {} : { worsensWith }),
  };
}

function issueOf(error: z.ZodError, from: string): EdgeminerError {
  const issue = error.issues[0];
  const field = issue?.path.join('.') ?? '';
  return invalid(`${from} is no score: its ${field} is wrong: ${issue?.message ?? ''}`, field);
}

function invalid(message: string, field: string): EdgeminerError {
  return new EdgeminerError('score.invalid', message, {
    field,
    mend: 'Correct it; docs/own-scores.md shows a complete score.',
  });
}
