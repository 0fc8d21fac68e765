import type { Command } from 'commander';
import { Option } from 'commander';
import { EdgeminerError } from '../../faults.js';
import { annotatorId, batchId, taskId } from '../../ids.js';
import { leaseFilter } from '../../queue/lease-filter.js';
import type { FilterFields } from '../../queue/lease-filter.js';
import type { QueueStats } from '../../queue/relabel-queue.js';
import { stateAt, taskStates } from '../../queue/task.js';
import type { Task, TaskState } from '../../queue/task.js';
import { positiveNumber, wholeNumber } from '../arguments.js';
import { atDesk } from '../at-desk.js';
import { importLabels, writeBatch } from '../label-files.js';
import { print, table } from '../output.js';
import { withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import { filtered } from '../task-filter.js';
import type { World } from '../world.js';
import { governCommands } from './queue-govern.js';

export function queueCommand(parent: Command, world: World): void {
  const queue = parent.command('queue').description('the relabeling queue');

  withGlobalOptions(
    queue.command('stats').description('how many tasks, by state, reason and model'),
    'edgeminer queue stats',
  ).action((options: GlobalOptions) =>
    atDesk(world, options, async ({ stores }) => {
      print(world, await stores.queue.stats(world.now()), options.json, (s) =>
        statsLines(s, world),
      );
    }),
  );

  withGlobalOptions(
    filtered(queue.command('list').description('tasks, a page at a time'))
      .addOption(new Option('--state <state>', 'only tasks in this state').choices(taskStates))
      .option('--limit <n>', 'tasks on the page', wholeNumber(1), 50)
      .option('--after <task>', 'go on after this task id'),
    'edgeminer queue list --state pending --reason dark',
  ).action(
    (
      options: FilterFields & GlobalOptions & { state?: TaskState; limit: number; after?: string },
    ) =>
      atDesk(world, options, async ({ stores }) => {
        const tasks = await stores.queue.list(
          {
            ...leaseFilter(options),
            ...(options.state === undefined ? {} : { state: options.state }),
          },
          {
            limit: Math.min(options.limit, 1000),
            ...(options.after === undefined ? {} : { after: taskId(options.after) }),
          },
          world.now(),
        );
        print(world, tasks, options.json, (all) => listLines(all, options.limit, world));
      }),
  );

  withGlobalOptions(
    filtered(queue.command('pull').description('lease a batch, and write its pictures to a folder'))
      .requiredOption('--annotator <name>', 'who will label it')
      .option('--limit <n>', 'most tasks in the batch', wholeNumber(1), 20)
      .option('--lease-seconds <n>', 'how long the tasks stay yours', positiveNumber)
      .requiredOption('--out <dir>', 'folder to write to; made if it is not there'),
    'edgeminer queue pull --annotator ada --limit 20 --out ./batch',
  ).action(
    (
      options: FilterFields &
        GlobalOptions & {
          annotator: string;
          limit: number;
          leaseSeconds?: number;
          out: string;
        },
    ) =>
      atDesk(world, options, async ({ stores, desk, labelSetFor }) => {
        const leased = await desk.lease({
          annotator: annotatorId(options.annotator),
          limit: options.limit,
          filter: leaseFilter(options),
          leaseSeconds: options.leaseSeconds,
        });
        if (leased.kind === 'refused') throw leased.fault;
        const written = await writeBatch(world, options.out, {
          lease: leased,
          annotator: annotatorId(options.annotator),
          images: stores.images,
          labelSetFor,
        });
        print(world, written, options.json, (batch) =>
          batch.tasks === 0
            ? ['no tasks: nothing that matches is free']
            : [
                `batch ${batch.batchId}: ${batch.tasks} tasks in ${batch.directory}, yours until ${batch.expiresAt}`,
                ...(batch.withoutPicture === 0
                  ? []
                  : [`${batch.withoutPicture} pictures could not be had; batch.json says why`]),
                `label them in ${batch.labelsFile}, then: edgeminer queue import ${options.out}`,
              ],
        );
      }),
  );

  withGlobalOptions(
    queue
      .command('import')
      .description('take in the labels of a pulled batch')
      .argument('<dir>', 'the folder that queue pull wrote'),
    'edgeminer queue import ./batch',
  ).action((directory: string, options: GlobalOptions) =>
    atDesk(world, options, async ({ desk }) => {
      const result = await importLabels(world, directory, desk);
      print(world, result, options.json, (r) => [
        `${r.labelled} labelled, ${r.skipped} skipped, ${r.left} left for later, ${r.refused.length} refused`,
        ...r.refused.map(
          (one) =>
            `line ${one.line}: ${one.message}${one.mend === undefined ? '' : ` (${one.mend})`}`,
        ),
      ]);
      if (result.refused.length > 0) {
        throw new EdgeminerError('label.invalid', `${result.refused.length} lines were refused`, {
          field: 'labels.jsonl',
          mend: 'Mend those lines and import again; what was taken in stays.',
        });
      }
    }),
  );

  withGlobalOptions(
    queue
      .command('release')
      .description('give tasks of a batch back, so that others can take them')
      .argument('<batch>', 'batch id')
      .requiredOption('--annotator <name>', 'who holds it')
      .option('--task <id...>', 'only these tasks'),
    'edgeminer queue release 3f0c... --annotator ada',
  ).action((batch: string, options: GlobalOptions & { annotator: string; task?: string[] }) =>
    atDesk(world, options, async ({ desk }) => {
      const tasks = options.task?.map((id) => taskId(id)) ?? 'all';
      const result = await desk.release(batchId(batch), annotatorId(options.annotator), tasks);
      if (result.kind === 'refused') throw result.fault;
      print(world, { released: result.released }, options.json, (r) => [
        `${r.released} tasks given back`,
      ]);
    }),
  );

  governCommands(queue, world);
}

function statsLines(stats: QueueStats, world: World): string[] {
  const age =
    stats.oldestPendingAt === undefined
      ? 'nothing waits'
      : `oldest waits for ${Math.round((world.now() - stats.oldestPendingAt) / 60_000)} min`;
  return [
    ...table([['state', 'tasks'], ...Object.entries(stats.byState)]),
    '',
    ...table([
      ['reason', 'tasks'],
      ...Object.entries(stats.byReason).map(([reason, n = 0]) => [reason, n]),
    ]),
    '',
    ...table([['model', 'tasks'], ...Object.entries(stats.byModel)]),
    '',
    `${stats.duplicates} near-duplicates kept out · ${age}`,
  ];
}

function listLines(tasks: readonly Task[], limit: number, world: World): string[] {
  const last = tasks.at(-1);
  return [
    ...table([
      ['task', 'state', 'round', 'opinions', 'priority', 'reasons', 'source', 'model'],
      ...tasks.map((task) => [
        task.id,
        stateAt(task, world.now()),
        task.round,
        `${task.opinions.filter(({ round }) => round === task.round).length} of ${task.overlap}`,
        task.decision.priority.toFixed(3),
        task.decision.reasons.join(', '),
        task.sourceId,
        `${task.modelName} ${task.modelVersion}`,
      ]),
    ]),
    ...(last !== undefined && tasks.length === limit ? [`more: --after ${last.id}`] : []),
  ];
}
