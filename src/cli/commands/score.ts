import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../../config/load-config.js';
import { EdgeminerError } from '../../faults.js';
import { checkScorer, measurementsOf } from '../../score/checks/check-scorer.js';
import type { CheckedClaim } from '../../score/checks/check-scorer.js';
import { manyProbes } from '../../score/checks/probes.js';
import { scorers as builtIn } from '../../score/registry.js';
import type { Scorer } from '../../score/scorer.js';
import { isOwnSignal, ownScoreName, ownSignal } from '../../score/signal.js';
import { wholeNumber } from '../arguments.js';
import { openScore } from '../open-scores.js';
import type { OpenScore } from '../open-scores.js';
import { closeAll } from '../open-stores.js';
import { print, table } from '../output.js';
import { configFor, withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import type { World } from '../world.js';

interface CheckOptions extends GlobalOptions {
  readonly options?: string;
  readonly pictures: number;
  readonly seed: number;
}

export function scoreCommand(parent: Command, world: World): void {
  const score = parent.command('score').description('scores, built-in ones and your own');
  withGlobalOptions(
    score
      .command('list')
      .description('every score, what it needs, and the policies that ask for it'),
    'edgeminer score list',
  ).action((options: GlobalOptions) => list(world, options));
  withGlobalOptions(
    score
      .command('check')
      .description('run the checks of every score on made-up inputs')
      .argument('<score>', 'a name (own:rust, dark), or the path of a module')
      .option('--options <json>', 'for the module, in place of the options in the settings')
      .option('--pictures <n>', 'made-up pictures, beside the simple ones', wholeNumber(0), 60)
      .option('--seed <n>', 'the same seed makes the same pictures', wholeNumber(0), 1),
    'edgeminer score check ./rust.mjs',
  ).action((name: string, options: CheckOptions) => check(world, name, options));
}

interface ListedScore {
  readonly name: string;
  readonly family: string;
  readonly unit: string;
  readonly range: readonly [number, number];
  readonly unusual: 'low' | 'high';
  readonly limit: number;
  readonly needs: readonly string[];
  /** Policies that don't switch it off. */
  readonly policies: readonly string[];
}

async function list(world: World, options: GlobalOptions): Promise<void> {
  const config = await configFor(world, options);
  const opened: OpenScore[] = [];
  try {
    for (const settings of config.scores) opened.push(await openScore(settings));
    const all: Scorer[] = [...builtIn, ...opened.map(({ scorer }) => scorer)];
    const listed = all.map((scorer): ListedScore => {
      const { name, family, unit, range, unusual, fallbackLimit: limit } = scorer;
      const policies = policiesWith(config, scorer);
      return { name, family, unit, range, unusual, limit, needs: needsOf(scorer), policies };
    });
    print(world, listed, options.json, (scores) =>
      table([
        ['score', 'family', 'range', 'unusual', 'unit', 'needs', 'asked for by'],
        ...scores.map((one) => [
          one.name,
          one.family,
          `${one.range[0]} to ${one.range[1]}`,
          one.unusual,
          one.unit,
          one.needs.join(', '),
          one.policies.length === 0 ? 'no policy' : one.policies.join(', '),
        ]),
      ]),
    );
  } finally {
    await closeAll(opened);
  }
}

function needsOf(scorer: Scorer): readonly string[] {
  if (scorer.looksAt === 'own') return scorer.needs;
  return scorer.looksAt === 'neighbours' ? ['embedding', 'reference'] : [scorer.looksAt];
}

/** The default policy is there without being written. */
function policiesWith({ policies }: Config, { name }: Scorer): readonly string[] {
  const written = Object.entries(policies);
  const asking = written.filter(([, { signals }]) => signals[name] !== 'off').map(([key]) => key);
  return 'default' in policies ? asking : ['default', ...asking];
}

interface CheckResult {
  readonly score: string;
  readonly checks: readonly CheckedClaim[];
  readonly inputs: number;
  readonly measured: number;
  /** Different measurements. */
  readonly different: number;
  /** Processor time of one measurement, in milliseconds, at the median; rough. */
  readonly medianMs: number;
}

async function check(world: World, name: string, options: CheckOptions): Promise<void> {
  const { scorer, close } = await find(world, name, options);
  try {
    const result = await unlessEnded(world, scorer, tried(scorer, options));
    print(world, result, options.json, resultLines);
    const { checks } = result;
    const failed = checks.filter(({ problems }) => problems.length > 0);
    if (failed.length === 0) return;
    throw new EdgeminerError(
      'score.invalid',
      `${scorer.name} fails ${failed.length} of ${checks.length} checks`,
      { field: scorer.name, mend: 'Mend what is marked FAILED above, and check it again.' },
    );
  } finally {
    await close();
  }
}

async function tried(scorer: Scorer, { seed, pictures }: CheckOptions): Promise<CheckResult> {
  const dimensions = scorer.looksAt === 'own' ? scorer.embeddingLength : undefined;
  const probes = manyProbes(seed, pictures, dimensions);
  const checks = await checkScorer(scorer, probes);
  const times: number[] = [];
  const raws: number[] = [];
  for (const probe of probes) {
    // A copy: what was measured of this plane before is remembered.
    const fresh = structuredClone(probe);
    const start = performance.now();
    raws.push(...(await measurementsOf(scorer, [fresh])));
    times.push(performance.now() - start);
  }
  return {
    score: scorer.name,
    checks,
    inputs: probes.length,
    measured: raws.length,
    different: new Set(raws).size,
    medianMs: times.sort((a, b) => a - b)[times.length >> 1] ?? 0,
  };
}

/** A score that takes its time takes it some thousand times: whoever ends that waits for none. */
async function unlessEnded<T>({ ending }: World, { name }: Scorer, work: Promise<T>): Promise<T> {
  let leave = (): void => undefined;
  const ended = new Promise<never>((_, reject) => {
    leave = () =>
      reject(
        new EdgeminerError('score.invalid', `${name} was not checked to the end, as was asked`, {
          field: name,
          mend: 'Check it again; fewer --pictures take less time.',
        }),
      );
  });
  ending.addEventListener('abort', leave, { once: true });
  if (ending.aborted) leave();
  try {
    return await Promise.race([work, ended]);
  } finally {
    ending.removeEventListener('abort', leave);
  }
}

interface Found {
  readonly scorer: Scorer;
  readonly close: () => Promise<void>;
}

async function find(world: World, name: string, options: CheckOptions): Promise<Found> {
  const given = optionsOf(options);
  if (/[/\\]|\.[cm]?js$/.test(name)) {
    const module = resolve(world.workingDirectory, name);
    const called = basename(name).replace(/\.[cm]?js$/, '');
    return openScore({ name: ownScoreName.test(called) ? called : 'checked', module, ...given });
  }
  const known = builtIn.find((scorer) => scorer.name === name);
  if (known !== undefined) return { scorer: known, close: async () => undefined };
  const { scores } = await configFor(world, options);
  const settings = scores.find((one) => name === one.name || name === ownSignal(one.name));
  if (settings !== undefined) return openScore({ ...settings, ...given });
  const own = scores.map((one) => ownSignal(one.name)).join(', ');
  throw new EdgeminerError('input.invalid', `there is no score '${name}'`, {
    field: 'score',
    mend:
      own === '' || !isOwnSignal(name)
        ? `edgeminer score list shows all; a module is given by its path, as ./${name}.mjs.`
        : `Use one of: ${own}.`,
  });
}

function optionsOf({ options }: CheckOptions): { readonly options?: unknown } {
  if (options === undefined) return {};
  try {
    return { options: JSON.parse(options) as unknown };
  } catch (cause) {
    throw new EdgeminerError('input.invalid', `--options is not JSON: ${options}`, {
      field: 'options',
      mend: `Write it as JSON: --options '{"threshold": 12}'.`,
      cause,
    });
  }
}

/** Problems shown of one check; the rest is much the same. */
const shownProblems = 3;

function resultLines(result: CheckResult): string[] {
  const { inputs, measured, different } = result;
  const advice =
    measured === 0
      ? ['WARNING  it measured none of the inputs, so that most checks could see nothing']
      : different === 1
        ? ['WARNING  it measured the same of every input: does it look at them?']
        : [];
  return [
    ...result.checks.flatMap(({ claim, problems }) => [
      `${problems.length === 0 ? 'ok      ' : 'FAILED  '} ${claim}`,
      ...problems.slice(0, shownProblems).map((problem) => `         it ${problem}`),
      ...(problems.length > shownProblems
        ? [`         and ${problems.length - shownProblems} more`]
        : []),
    ]),
    ...advice,
    '',
    `${result.score}: ${measured} of ${inputs} inputs measured, ${different} different ` +
      `measurements, about ${result.medianMs.toFixed(2)} ms each`,
  ];
}
