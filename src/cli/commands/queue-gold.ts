import type { Command } from 'commander';
import { EdgeminerError } from '../../faults.js';
import type { FaultCode } from '../../faults.js';
import { annotatorId, taskId } from '../../ids.js';
import type { AnnotatorStanding } from '../../queue/annotator-guard.js';
import type { GoldDesk, GoldUse } from '../../queue/gold-desk.js';
import type { Rate } from '../../label/agreement/interval.js';
import { atDesk } from '../at-desk.js';
import { print, table } from '../output.js';
import { withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import type { World } from '../world.js';

/** Gold tasks, and the annotators that they judge. */
export function goldCommands(queue: Command, world: World): void {
  const gold = queue
    .command('gold')
    .description('tasks whose label is known, mixed in unseen to tell how good annotators are');

  withGlobalOptions(
    gold
      .command('add')
      .description('make labelled tasks gold ones; their labels become what is right')
      .argument('<task...>', 'ids of labelled tasks')
      .requiredOption('--by <name>', 'who says that these labels are right'),
    'edgeminer queue gold add 5e88... --by ada',
  ).action((ids: readonly string[], options: GlobalOptions & { by: string }) =>
    each(world, ids, options, (desk, id) =>
      desk.add({ task: taskId(id), by: annotatorId(options.by) }),
    ),
  );

  withGlobalOptions(
    gold
      .command('retire')
      .description('give gold tasks to nobody any more; what was answered stays')
      .argument('<task...>', 'ids of gold tasks'),
    'edgeminer queue gold retire 5e88...',
  ).action((ids: readonly string[], options: GlobalOptions) =>
    each(world, ids, options, (desk, id) => desk.retire(taskId(id))),
  );

  withGlobalOptions(
    gold.command('list').description('gold tasks, and how annotators did at each'),
    'edgeminer queue gold list',
  ).action((options: GlobalOptions) =>
    atDesk(world, options, async ({ golds }) => {
      print(world, await golds.list(), options.json, goldLines);
    }),
  );

  withGlobalOptions(
    queue
      .command('annotators')
      .description('accuracy of each annotator by gold tasks, in all and by class; who is paused'),
    'edgeminer queue annotators',
  ).action((options: GlobalOptions) =>
    atDesk(world, options, async ({ labelling }) => {
      print(world, await labelling.guard.annotators(), options.json, annotatorLines);
    }),
  );

  withGlobalOptions(
    queue
      .command('resume')
      .description('let an annotator go on whom gold tasks paused')
      .argument('<name>', 'the annotator')
      .requiredOption('--by <name>', 'who says so')
      .requiredOption('--reason <text>', 'why'),
    'edgeminer queue resume bo --by ada --reason "we went through the guidelines"',
  ).action((name: string, options: GlobalOptions & { by: string; reason: string }) =>
    atDesk(world, options, async ({ labelling }) => {
      const order = {
        annotator: annotatorId(name),
        by: annotatorId(options.by),
        reason: options.reason,
      };
      const outcome = await labelling.guard.resume(order, world.now());
      if (outcome.kind === 'refused') throw outcome.fault;
      print(world, { annotator: name, outcome: outcome.kind }, options.json, () => [
        `${name} gets tasks again`,
      ]);
    }),
  );
}

type Outcome = Awaited<ReturnType<GoldDesk['add'] | GoldDesk['retire']>>;

const said: Readonly<Record<Exclude<Outcome['kind'], 'refused'>, string>> = {
  added: 'is a gold task now',
  'in-use': 'is a gold task already',
  retired: 'is retired',
  unchanged: 'was retired before',
};

async function each(
  world: World,
  ids: readonly string[],
  options: GlobalOptions,
  work: (desk: GoldDesk, id: string) => Promise<Outcome>,
): Promise<void> {
  await atDesk(world, options, async ({ golds }) => {
    const results: {
      task: string;
      outcome: Outcome['kind'];
      code?: FaultCode;
      message?: string;
      mend?: string | undefined;
    }[] = [];
    for (const task of ids) {
      const outcome = await work(golds, task);
      if (outcome.kind !== 'refused') results.push({ task, outcome: outcome.kind });
      else {
        const { code, message, mend } = outcome.fault;
        results.push({ task, outcome: 'refused', code, message, mend });
      }
    }
    print(world, results, options.json, (all) =>
      all.map(({ task, outcome, message }) =>
        outcome === 'refused' ? `${task}: ${message ?? ''}` : `${task} ${said[outcome]}`,
      ),
    );
    const refused = results.filter(({ outcome }) => outcome === 'refused');
    const [first] = refused;
    if (first === undefined) return;
    throw new EdgeminerError(
      first.code ?? 'task.wrong-state',
      `${refused.length} of ${ids.length} tasks were refused`,
      { field: 'task', mend: first.mend ?? 'The lines above say why; the others are done.' },
    );
  });
}

function goldLines(uses: readonly GoldUse[]): string[] {
  if (uses.length === 0) return ['no gold tasks; make some with edgeminer queue gold add'];
  return table([
    ['task', 'model', 'label set', 'answers', 'right', 'by', 'state'],
    ...uses.map(({ gold, answers, right }) => [
      gold.task,
      gold.facts.modelName,
      gold.labelSet,
      answers,
      right,
      gold.addedBy,
      gold.retiredAt === undefined ? 'in use' : 'retired',
    ]),
  ]);
}

function annotatorLines(all: readonly AnnotatorStanding[]): string[] {
  if (all.length === 0) return ['nobody has been given a gold task'];
  const lines = table([
    ['annotator', 'tasks', 'gold', 'right', 'share', '95 %', 'state'],
    ...all.map(({ annotator, turns, quality, pause, judgement }) => [
      annotator,
      turns,
      ...rateCells(quality?.tasks),
      pause === undefined ? judgement.kind : 'paused',
    ]),
  ]);
  const classes = all.flatMap(({ annotator, quality }) =>
    (quality?.classes ?? []).map((one) => [annotator, one.class, ...rateCells(one)]),
  );
  const paused = all.flatMap(({ annotator, pause }) =>
    pause === undefined
      ? []
      : [
          `${annotator} is paused since ${new Date(pause.at).toISOString()}: ${pause.reason} ${pause.reopened?.length ?? 0} tasks were opened again.`,
        ],
  );
  return [
    ...lines,
    ...(classes.length === 0
      ? []
      : ['', ...table([['annotator', 'class', 'gold', 'right', 'share', '95 %'], ...classes])]),
    ...(paused.length === 0 ? [] : ['', ...paused]),
  ];
}

/** Answers, right ones, their share and its interval. */
export function rateCells(rate: Rate | undefined): (string | number)[] {
  if (rate === undefined || rate.of === 0) return [0, 0, '-', '-'];
  const { held, of, share, interval } = rate;
  const [low, high] = [interval.low, interval.high].map((one) => (one * 100).toFixed(0));
  return [of, held, `${(share * 100).toFixed(1)} %`, `${low} to ${high} %`];
}
