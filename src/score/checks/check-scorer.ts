import { isDeepStrictEqual } from 'node:util';
import { EdgeminerError, messageOf } from '../../faults.js';
import { spoilPlane } from '../../image/spoil-plane.js';
import type { Spoiling } from '../../image/spoil-plane.js';
import { calibrateSignal } from '../calibrate.js';
import { runOwn } from '../own/own-scores.js';
import type { OwnResult } from '../own/own-scores.js';
import { measureLimitMs, OutOfTime } from '../own/time-limit.js';
import type { BuiltInScorer, Scorer } from '../scorer.js';
import { distanceToUnusualEnd } from '../unusual-end.js';
import { seeded } from '../../image/seeded.js';
import { interrupted } from './interrupted.js';
import { squares } from './probes.js';
import type { Probe } from './probes.js';

/** What every scorer must keep to, the user's own as well as the built-in ones. */
export interface ScorerCheck {
  /** What holds if it passes: 'stays within its range'. */
  readonly claim: string;
  /** Whether it depends on the inputs alone that it is run on. */
  readonly perInput: boolean;
  /** Sentences without a full stop, one for each way in which it does not hold; most telling first. */
  readonly problems: (scorer: Scorer, probes: readonly Probe[]) => Promise<readonly string[]>;
}

export const scorerChecks: readonly ScorerCheck[] = [
  // First: what writes to its input would find it written to already.
  { claim: 'leaves its input as it was', perInput: true, problems: each(leavesItsInput) },
  { claim: 'bears every input', perInput: true, problems: each(bearsIt) },
  { claim: 'stays finite and within its range', perInput: true, problems: each(staysInRange) },
  {
    claim: 'measures the same from the same input',
    perInput: true,
    problems: each(isDeterministic),
  },
  {
    claim: 'has a limit within its range, of edge score 0.5, rising towards the unusual end',
    perInput: false,
    problems: async (scorer) => scaleProblems(scorer),
  },
  {
    claim: 'explains itself in a sentence with a figure',
    perInput: true,
    problems: explainsItself,
  },
  { claim: 'grows no less unusual where it says so', perInput: false, problems: worsens },
];

/**
 * Measures by a scorer of any kind; what a built-in one throws is told like one's own.
 * @param wrote Hears what one's own wrote to, where it was not `probe` itself.
 * @throws EdgeminerError `score.invalid` where it is late: a score without an end would be so at
 *   each of the probes, in each of the checks.
 */
async function measureProbe(
  scorer: Scorer,
  probe: Probe,
  wrote?: (part: string) => void,
): Promise<OwnResult> {
  const result =
    scorer.looksAt === 'own' ? await runOwn(scorer, probe, wrote) : measureBuiltIn(scorer, probe);
  if (result.kind !== 'failed' || result.how !== 'late') return result;
  throw new EdgeminerError(
    'score.invalid',
    `the score ${scorer.name} ${result.problem}, at ${probe.called}`,
    {
      field: scorer.name,
      mend: 'Look for a loop that does not end, or for what takes so long, in its measure.',
    },
  );
}

function measureBuiltIn(scorer: BuiltInScorer, probe: Probe): OwnResult {
  try {
    return interrupted(() => scorer.measure(probe), measureLimitMs);
  } catch (error) {
    if (error instanceof OutOfTime) return { kind: 'failed', how: 'late', problem: error.message };
    return { kind: 'failed', how: 'threw', problem: `failed: ${messageOf(error)}` };
  }
}

/** Measures a copy: what one's own score writes there must not reach the other checks. */
function measureCopy(scorer: Scorer, probe: Probe): Promise<OwnResult> {
  return measureProbe(scorer, scorer.looksAt === 'own' ? structuredClone(probe) : probe);
}

/** Runs a check on each probe. */
function each(
  problem: (scorer: Scorer, probe: Probe) => Promise<string | undefined>,
): ScorerCheck['problems'] {
  return async (scorer, probes) => {
    const found: string[] = [];
    for (const probe of probes) {
      const what = await problem(scorer, probe);
      if (what !== undefined) found.push(`${what}, at ${probe.called}`);
    }
    return found;
  };
}

async function bearsIt(scorer: Scorer, probe: Probe): Promise<string | undefined> {
  const result = await measureCopy(scorer, probe);
  return result.kind === 'failed' && result.how === 'threw' ? result.problem : undefined;
}

async function staysInRange(scorer: Scorer, probe: Probe): Promise<string | undefined> {
  const result = await measureCopy(scorer, probe);
  if (result.kind === 'absent') return undefined;
  if (result.kind === 'failed') return result.how === 'threw' ? undefined : result.problem;
  const [low, high] = scorer.range;
  if (result.raw >= low && result.raw <= high && Number.isFinite(result.raw)) return undefined;
  return `gave ${result.raw}, outside its range of ${low} to ${high}`;
}

async function isDeterministic(scorer: Scorer, probe: Probe): Promise<string | undefined> {
  const first = await measureCopy(scorer, probe);
  for (const again of [probe, structuredClone(probe)]) {
    const second = await measureCopy(scorer, again);
    if (isDeepStrictEqual(figureOf(scorer, first), figureOf(scorer, second))) continue;
    return `gave ${told(first)}, and then ${told(second)} from the same input`;
  }
  return undefined;
}

/** The words of one's own are for people, and may be others each time. */
function figureOf(scorer: Scorer, result: OwnResult): OwnResult {
  if (scorer.looksAt !== 'own' || result.kind !== 'measured') return result;
  return { kind: 'measured', raw: result.raw };
}

async function leavesItsInput(scorer: Scorer, probe: Probe): Promise<string | undefined> {
  // A copy: what was measured of this plane before is remembered, and would not be again.
  const given = structuredClone(probe);
  const wrote: string[] = [];
  await measureProbe(scorer, given, (part) => wrote.push(part));
  const changed = Object.keys(probe).find(
    (key) =>
      wrote.includes(key) ||
      !isDeepStrictEqual(given[key as keyof Probe], probe[key as keyof Probe]),
  );
  return changed === undefined ? undefined : `wrote to its input (${changed})`;
}

function scaleProblems(scorer: Scorer): string[] {
  const { range, unusual, fallbackLimit } = scorer;
  const [low, high] = range;
  const end = unusual === 'high' ? high : low;
  if (!(low < high) || !Number.isFinite(end)) {
    return [`has the range ${low} to ${high}; it must ascend, to a finite unusual end`];
  }
  const problems: string[] = [];
  const half = scorer.uncalibrated(fallbackLimit);
  if (Math.abs(half - 0.5) > 1e-9)
    problems.push(`has the edge score ${half} at its limit, not 0.5`);
  const raws = acrossRange(scorer);
  const reference = Float64Array.from(raws.filter((_, at) => at % 3 === 0));
  const calibrated = calibrateSignal(reference, scorer);
  const scales = [
    ['without a reference', (raw: number) => scorer.uncalibrated(raw)],
    ['against a reference', (raw: number) => calibrated.edgeScore(raw)],
  ] as const;
  for (const [where, score] of scales) {
    const scores = raws.map(score);
    if (scores.some((value) => !(value >= 0 && value <= 1))) {
      problems.push(`has edge scores outside 0..1 ${where}`);
    }
    if (scores.some((value, at) => value < (scores[at - 1] ?? 0))) {
      problems.push(`does not rise towards its unusual end ${where}`);
    }
  }
  return problems;
}

/** Measurements all over the range, the most ordinary first. */
function acrossRange(scorer: Scorer): readonly number[] {
  const [low, high] = scorer.range;
  const from = Math.max(low, -1e9);
  const to = Math.min(high, 1e9);
  return Array.from({ length: 101 }, (_, at) => from + (at / 100) * (to - from)).sort(
    (a, b) => distanceToUnusualEnd(b, scorer) - distanceToUnusualEnd(a, scorer),
  );
}

const standings = [
  undefined,
  { lessUnusual: 0.99812, count: 5000 },
  { lessUnusual: 1, count: 12 },
  { lessUnusual: 0, count: 12 },
];

async function explainsItself(scorer: Scorer, probes: readonly Probe[]): Promise<string[]> {
  const measured: { readonly raw: number; readonly note?: string | undefined }[] = [
    { raw: scorer.fallbackLimit },
    ...(scorer.looksAt === 'own' ? [{ raw: scorer.fallbackLimit, note: scorer.limitNote }] : []),
  ];
  for (const probe of probes) {
    const result = await measureCopy(scorer, probe);
    if (result.kind === 'measured') measured.push(result, { raw: result.raw });
  }
  const problems = new Set<string>();
  for (const { raw, note } of measured) {
    for (const standing of standings) {
      const sentence = scorer.explain(raw, standing, note);
      if (!isSentence(sentence)) problems.add(`explains ${raw} as ${JSON.stringify(sentence)}`);
    }
  }
  return [...problems];
}

/** One sentence, with a figure, and nothing that no person should read. */
function isSentence(text: string): boolean {
  return (
    /^[A-Z0-9][^\n!?]*\d[^\n!?]*[^.]\.$/.test(text) &&
    !/\. |NaN|undefined|Infinity|\[object/.test(text)
  );
}

/** Three pictures, spoilt more and more. */
async function worsens(scorer: Scorer, probes: readonly Probe[]): Promise<string[]> {
  const problems: string[] = [];
  for (const kind of scorer.worsensWith ?? []) {
    for (const seed of [1, 2, 3]) {
      const plane = squares(160, 120, seeded(seed));
      for (const probe of probes.slice(0, 2)) {
        const distances = await distancesOf(scorer, { ...probe, plane }, kind);
        const slack = 1e-9 * Math.max(1, Math.abs(distances[0] ?? 0));
        if (distances.every((value, at) => value <= (distances[at - 1] ?? Infinity) + slack)) {
          continue;
        }
        problems.push(`becomes less unusual as a picture becomes more ${kind}`);
      }
    }
  }
  return [...new Set(problems)];
}

async function distancesOf(scorer: Scorer, probe: Probe, kind: Spoiling): Promise<number[]> {
  const distances: number[] = [];
  for (const strength of [undefined, 0.2, 0.6, 1]) {
    const plane =
      strength === undefined ? probe.plane : spoilPlane(probe.plane, kind, strength, seeded(5));
    const result = await measureCopy(scorer, { ...probe, plane });
    if (result.kind === 'measured') distances.push(distanceToUnusualEnd(result.raw, scorer));
  }
  return distances;
}

function told(result: OwnResult): string {
  switch (result.kind) {
    case 'measured':
      return String(result.raw);
    case 'absent':
      return `nothing (${result.why})`;
    case 'failed':
      return `nothing (it ${result.problem})`;
  }
}

/** Measurements of the inputs that could be measured. */
export async function measurementsOf(
  scorer: Scorer,
  probes: readonly Probe[],
): Promise<readonly number[]> {
  const results = await Promise.all(probes.map((probe) => measureCopy(scorer, probe)));
  return results.flatMap((result) => (result.kind === 'measured' ? [result.raw] : []));
}

export interface CheckedClaim {
  readonly claim: string;
  readonly problems: readonly string[];
}

/** Every check in turn. */
export async function checkScorer(
  scorer: Scorer,
  probes: readonly Probe[],
): Promise<readonly CheckedClaim[]> {
  const checked: CheckedClaim[] = [];
  for (const { claim, problems } of scorerChecks) {
    checked.push({ claim, problems: await problems(scorer, probes) });
  }
  return checked;
}

/** The first thing that is wrong, or undefined where nothing is. */
export function firstProblem(checked: readonly CheckedClaim[]): string | undefined {
  return checked.flatMap(({ problems }) => problems)[0];
}
