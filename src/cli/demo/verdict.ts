import { z } from 'zod';
import { truths } from './stream.js';
import type { StreamPicture, Truth } from './stream.js';

/** One line of the decision log, as far as the demo reads it. */
const decisionLine = z.object({
  eventId: z.string(),
  outcome: z.enum(['queued', 'known', 'other-picture', 'duplicate', 'passed']),
  decision: z.object({
    kind: z.enum(['queue', 'pass']),
    reasons: z.array(z.string()).default([]),
  }),
  signals: z.record(z.string(), z.object({ flagged: z.boolean(), explanation: z.string() })),
});
export type DecisionLine = z.output<typeof decisionLine>;

export function readDecisions(text: string): DecisionLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => decisionLine.parse(JSON.parse(line)));
}

/** Which reasons name the right cause. */
const rightReasons: Readonly<Record<Exclude<Truth, 'ordinary' | 'duplicate'>, readonly string[]>> =
  {
    dark: ['dark'],
    'over-exposed': ['over-exposed'],
    blurred: ['blur'],
    'low-confidence': ['least-confidence', 'margin', 'entropy'],
    'out-of-distribution': ['embedding-distance', 'out-of-distribution'],
  };

export interface TruthRow {
  readonly truth: Truth;
  readonly inStream: number;
  /** Queued as an edge case, or recognised as a repetition of one. */
  readonly found: number;
  /** Found, and for the right reason. */
  readonly rightly: number;
}

export interface Verdict {
  readonly rows: readonly TruthRow[];
  /** Edge cases among what was queued or recognised, not counting the control sample. */
  readonly precision: number;
  /** Found edge cases among all edge cases of the stream. */
  readonly recall: number;
}

/** Compares what was found with what is known to be in the stream. */
export function judge(
  pictures: readonly Pick<StreamPicture, 'file' | 'truth'>[],
  decisions: readonly DecisionLine[],
): Verdict {
  const byId = new Map(decisions.map((decision) => [decision.eventId, decision]));
  const rows = truths.map((truth): TruthRow => {
    const own = pictures.filter((picture) => picture.truth === truth);
    const lines = own.flatMap((picture) => byId.get(picture.file) ?? []);
    const mined = lines.filter(isMined);
    return {
      truth,
      inStream: own.length,
      found: mined.length,
      rightly: mined.filter((line) => isRight(truth, line)).length,
    };
  });
  const edge = rows.filter((row) => row.truth !== 'ordinary');
  const sum = (counted: readonly TruthRow[], field: 'inStream' | 'found') =>
    counted.reduce((total, row) => total + row[field], 0);
  const found = sum(edge, 'found');
  const allFound = sum(rows, 'found');
  const all = sum(edge, 'inStream');
  return {
    rows,
    precision: allFound === 0 ? 0 : found / allFound,
    recall: all === 0 ? 0 : found / all,
  };
}

function isMined({ decision }: DecisionLine): boolean {
  return decision.reasons.some((reason) => reason !== 'control-sample');
}

function isRight(truth: Truth, { outcome, decision }: DecisionLine): boolean {
  if (truth === 'ordinary') return false;
  if (truth === 'duplicate') return outcome === 'duplicate';
  return decision.reasons.some((reason) => rightReasons[truth].includes(reason));
}
