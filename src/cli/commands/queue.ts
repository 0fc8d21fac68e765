import type { Command } from 'commander';
import { Option } from 'commander';
import type { Task as ServerTask } from '../../client/client.js';
import { EdgeminerError } from '../../faults.js';
import { annotatorId, batchId, taskId } from '../../ids.js';
import { pullFormats } from '../tool-files.js';
import { leaseFilter } from '../../queue/lease-filter.js';
import type { FilterFields } from '../../queue/lease-filter.js';
import type { QueueStats } from '../../queue/relabel-queue.js';
import { stateAt, taskStates } from '../../queue/task.js';
import type { TaskState } from '../../queue/task.js';
import { positiveNumber, wholeNumber } from '../arguments.js';
import { atDesk } from '../at-desk.js';
import { clientFor, withServerOptions } from '../at-server.js';
import type { ServerOptions } from '../at-server.js';
import { csv } from '../csv.js';
import { importLabels, pulledBatch, writeBatch } from '../label-files.js';
import type { ImportResult, WrittenBatch } from '../label-files.js';
import { print, table } from '../output.js';
import { withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import { filtered } from '../task-filter.js';
import type { World } from '../world.js';
import { goldCommands } from './queue-gold.js';
import { governCommands } from './queue-govern.js';
import { qualityCommands } from './queue-quality.js';
import { importAt, listAt, neededHere, pullAt, releaseAt } from './queue-remote.js';
import { importFile, pullAs, toolCommands } from './queue-tools.js';
import type { ImportOptions, PullOptions as ToolPullOptions } from './queue-tools.js';

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
    filtered(withServerOptions(queue.command('list').description('tasks, a page at a time')))
      .addOption(new Option('--state <state>', 'only tasks in this state').choices(taskStates))
      .option('--limit <n>', 'tasks on the page', wholeNumber(1), 50)
      .option('--after <task>', 'go on after this task id')
      .option('--csv', 'print the table as CSV, for spreadsheets'),
    'edgeminer queue list --state pending --reason dark',
  ).action((options: ListOptions) => list(world, options));

  withGlobalOptions(
    filtered(
      withServerOptions(
        queue.command('pull').description('lease a batch, and write its pictures to a folder'),
      ),
    )
      .option('--annotator <name>', 'who will label it; a server knows it by the token')
      .option('--limit <n>', 'most tasks in the batch', wholeNumber(1), 20)
      .option('--lease-seconds <n>', 'how long the tasks stay yours', positiveNumber)
      .requiredOption('--out <dir>', 'folder to write to; made if it is not there')
      .addOption(
        new Option('--format <format>', 'what to write').choices(pullFormats).default('labels'),
      )
      .addOption(
        new Option(
          '--pictures <how>',
          'how Label Studio gets the pictures: as files, in the task, or by URL',
        )
          .choices(['files', 'inline', 'url'])
          .default('files'),
      )
      .option(
        '--picture-url <prefix>',
        'what stands before the name of a file, or the address of the API (--pictures url)',
      ),
    'edgeminer queue pull --annotator ada --limit 20 --out ./batch --format cvat',
  ).action((options: PullOptions) => pull(world, options));

  withGlobalOptions(
    withServerOptions(
      queue
        .command('import')
        .description('take in the labels of a pulled batch')
        .argument(
          '<path>',
          'the folder that queue pull wrote, or the file that the other tool exported',
        )
        .addOption(
          new Option('--format <format>', 'whose it is').choices(pullFormats).default('labels'),
        )
        .option('--all-done', 'a picture without a mark in CVAT was looked at, and has nothing'),
    ),
    'edgeminer queue import ./annotations.xml --format cvat',
  ).action(async (path: string, options: GlobalOptions & ServerOptions & ImportOptions) => {
    const client = await clientFor(world, options);
    if (client !== undefined) {
      refuseFormatAtServer(options.format);
      reportImport(world, await importAt(world, client, path), options);
      return;
    }
    await atDesk(world, options, async (at) => {
      if (options.format === 'labels') {
        reportImport(world, await importLabels(world, path, at.desk), options);
      } else await importFile(world, at, path, options);
    });
  });

  withGlobalOptions(
    withServerOptions(
      queue
        .command('release')
        .description('give tasks of a batch back, so that others can take them')
        .argument('<batch>', 'batch id')
        .option('--annotator <name>', 'who holds it; a server knows it by the token')
        .option('--task <id...>', 'only these tasks'),
    ),
    'edgeminer queue release 3f0c... --annotator ada',
  ).action((batch: string, options: ReleaseOptions) => release(world, batch, options));

  governCommands(queue, world);
  goldCommands(queue, world);
  qualityCommands(queue, world);
  toolCommands(queue, world);
}

type ListOptions = FilterFields &
  GlobalOptions &
  ServerOptions & { state?: TaskState; limit: number; after?: string; csv?: boolean };

async function list(world: World, options: ListOptions): Promise<void> {
  const client = await clientFor(world, options);
  const { limit, after, state } = options;
  if (client !== undefined) {
    const tasks = await listAt(client, options);
    const rows = tasks.map(rowOf);
    printTasks(world, tasks, rows, options);
    return;
  }
  await atDesk(world, options, async ({ stores }) => {
    const now = world.now();
    const tasks = await stores.queue.list(
      { ...leaseFilter(options), ...(state === undefined ? {} : { state }) },
      { limit: Math.min(limit, 1000), ...(after === undefined ? {} : { after: taskId(after) }) },
      now,
    );
    const rows = tasks.map((task) =>
      rowOf({ ...task, ...task.decision, state: stateAt(task, now) }),
    );
    printTasks(world, tasks, rows, options);
  });
}

const listHeading = [
  'task',
  'state',
  'round',
  'opinions',
  'priority',
  'reasons',
  'source',
  'model',
];

type ListedTask = Pick<
  ServerTask,
  'id' | 'state' | 'round' | 'overlap' | 'priority' | 'sourceId' | 'modelName' | 'modelVersion'
> & {
  /** A server shows none of others while a task is open; those are not counted then. */
  readonly opinions: readonly { readonly round: number }[];
  readonly reasons: readonly string[];
};

function rowOf(task: ListedTask): (string | number)[] {
  const { round, opinions, overlap } = task;
  return [
    task.id,
    task.state,
    round,
    `${opinions.filter((opinion) => opinion.round === round).length} of ${overlap}`,
    task.priority.toFixed(3),
    task.reasons.join(', '),
    task.sourceId,
    `${task.modelName} ${task.modelVersion}`,
  ];
}

function printTasks(
  world: World,
  tasks: readonly { readonly id: string }[],
  rows: readonly (readonly (string | number)[])[],
  options: ListOptions,
): void {
  const all = [listHeading, ...rows];
  const last = tasks.at(-1);
  const more =
    last !== undefined && tasks.length === options.limit ? [`more: --after ${last.id}`] : [];
  print(world, tasks, options.json, () =>
    options.csv === true ? csv(all) : [...table(all), ...more],
  );
}

type PullOptions = FilterFields &
  GlobalOptions &
  ServerOptions &
  ToolPullOptions & { annotator?: string; limit: number; leaseSeconds?: number };

function refuseFormatAtServer(format: string): void {
  if (format === 'labels') return;
  throw new EdgeminerError('input.invalid', `--format ${format} does not work with --server`, {
    field: '--format',
    mend: 'Run the command where the store is configured, without --server.',
  });
}

async function pull(world: World, options: PullOptions): Promise<void> {
  const client = await clientFor(world, options);
  if (client !== undefined) {
    refuseFormatAtServer(options.format);
    reportPull(world, await pullAt(world, client, options), options);
    return;
  }
  const annotator = annotatorId(neededHere('annotator', options.annotator));
  await atDesk(world, options, async (at) => {
    const { stores, desk, labelSetFor } = at;
    const leased = await desk.lease({
      annotator,
      limit: options.limit,
      filter: leaseFilter(options),
      leaseSeconds: options.leaseSeconds,
    });
    if (leased.kind === 'refused') throw leased.fault;
    if (options.format !== 'labels') {
      await pullAs(world, at, leased, options);
      return;
    }
    const batch = pulledBatch(leased, annotator, { images: stores.images, labelSetFor });
    reportPull(world, await writeBatch(world, options.out, batch), options);
  });
}

function reportPull(world: World, written: WrittenBatch, { json, out }: PullOptions): void {
  print(world, written, json, (batch) =>
    batch.tasks === 0
      ? ['no tasks: nothing that matches is free']
      : [
          `batch ${batch.batchId}: ${batch.tasks} tasks in ${batch.directory}, yours until ${batch.expiresAt}`,
          ...(batch.withoutPicture === 0
            ? []
            : [`${batch.withoutPicture} pictures could not be had; batch.json says why`]),
          `label them in ${batch.labelsFile}, then: edgeminer queue import ${out}`,
        ],
  );
}

function reportImport(world: World, result: ImportResult, { json }: GlobalOptions): void {
  print(world, result, json, (r) => [
    `${r.labelled} labelled, ${r.skipped} skipped, ${r.left} left for later, ${r.refused.length} refused`,
    ...r.refused.map(
      (one) => `line ${one.line}: ${one.message}${one.mend === undefined ? '' : ` (${one.mend})`}`,
    ),
  ]);
  if (result.refused.length === 0) return;
  throw new EdgeminerError('label.invalid', `${result.refused.length} lines were refused`, {
    field: 'labels.jsonl',
    mend: 'Mend those lines and import again; what was taken in stays.',
  });
}

type ReleaseOptions = GlobalOptions & ServerOptions & { annotator?: string; task?: string[] };

async function release(world: World, batch: string, options: ReleaseOptions): Promise<void> {
  const client = await clientFor(world, options);
  const report = (released: number) =>
    print(world, { released }, options.json, () => [`${released} tasks given back`]);
  if (client !== undefined) {
    report(await releaseAt(client, batch, options.task));
    return;
  }
  const annotator = annotatorId(neededHere('annotator', options.annotator));
  await atDesk(world, options, async ({ desk }) => {
    const tasks = options.task?.map((id) => taskId(id)) ?? 'all';
    const result = await desk.release(batchId(batch), annotator, tasks);
    if (result.kind === 'refused') throw result.fault;
    report(result.released);
  });
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
