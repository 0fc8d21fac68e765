import type { Command } from 'commander';
import { EdgeminerError } from '../../faults.js';
import type { FaultCode } from '../../faults.js';
import { annotatorId, taskId } from '../../ids.js';
import type { LabelBody } from '../../label/label.js';
import type { Refused } from '../../queue/label-desk.js';
import type { Ordered, SupervisorDesk } from '../../queue/supervisor-desk.js';
import type { Task } from '../../queue/task.js';
import { atDesk } from '../at-desk.js';
import { print, table } from '../output.js';
import { withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import type { World } from '../world.js';

interface OrderOptions extends GlobalOptions {
  readonly by: string;
  readonly reason: string;
}

/** The commands of those who answer for the queue. */
export function governCommands(queue: Command, world: World): void {
  withGlobalOptions(
    queue.command('who').description('who holds what, since when and until when'),
    'edgeminer queue who',
  ).action((options: GlobalOptions) =>
    atDesk(world, options, async ({ labelling }) => {
      const holdings = await labelling.reader.holdings(world.now());
      const shown = holdings.map(({ annotator, batchId, tasks, since, expiresAt }) => ({
        annotator,
        batchId,
        tasks,
        since: new Date(since).toISOString(),
        expiresAt: new Date(expiresAt).toISOString(),
      }));
      print(world, shown, options.json, (rows) =>
        rows.length === 0
          ? ['nobody holds a task']
          : table([
              ['annotator', 'tasks', 'since', 'until', 'batch'],
              ...rows.map((row) => [
                row.annotator,
                row.tasks,
                row.since,
                row.expiresAt,
                row.batchId,
              ]),
            ]),
      );
    }),
  );

  orderCommand(queue, world, {
    name: 'requeue',
    description: 'send ended or disputed tasks round again: a new round, nothing is forgotten',
    done: 'queued again',
    unchanged: 'on its way already',
  });
  orderCommand(queue, world, {
    name: 'cancel',
    description: 'take tasks out of the queue that have not ended; who holds them loses them',
    done: 'cancelled',
    unchanged: 'cancelled before',
  });

  withGlobalOptions(
    queue
      .command('adjudicate')
      .description('see all opinions on a disputed task, and decide it')
      .argument('<task>', 'task id')
      .option('--by <name>', 'who decides; needed to decide')
      .option('--class <name>', 'the label, where it is a class')
      .option('--label <json>', 'the label, as a line of labels.jsonl has it'),
    'edgeminer queue adjudicate 5e88... --by ada --class cat',
  ).action((id: string, options: AdjudicateOptions) => adjudicate(world, id, options));
}

interface AdjudicateOptions extends GlobalOptions {
  readonly by?: string;
  readonly class?: string;
  readonly label?: string;
}

async function adjudicate(world: World, id: string, options: AdjudicateOptions): Promise<void> {
  const body = labelOf(options);
  await atDesk(world, options, async ({ stores, supervisor }) => {
    if (body === undefined) {
      const task = await stores.queue.find(taskId(id));
      if (task === undefined) throw noSuchTask(id);
      const { state, round, overlap, label, opinions, skips, disputes, secondLooks } = task;
      const shown = { task: id, state, round, overlap, label, opinions, skips };
      print(world, { ...shown, disputes, secondLooks }, options.json, () => opinionLines(task));
      return;
    }
    if (options.by === undefined) throw needed('by', 'Say who decides: --by ada.');
    const by = annotatorId(options.by);
    const outcome = await supervisor.adjudicate({ taskId: taskId(id), by, body });
    if (outcome.kind === 'refused') throw outcome.fault;
    const { label } = outcome.task;
    print(world, { task: id, outcome: outcome.kind, label }, options.json, () => [
      `${id} is labelled: ${label === undefined ? '' : bodyText(label.body)}`,
    ]);
  });
}

/** Undefined where no label is given. */
function labelOf({ class: name, label }: AdjudicateOptions): unknown {
  if (label === undefined) return name === undefined ? undefined : { kind: 'class', class: name };
  if (name !== undefined) throw needed('label', 'Give the label by --class or by --label.');
  try {
    return JSON.parse(label);
  } catch (error) {
    throw new EdgeminerError('input.invalid', '--label is not JSON', {
      field: 'label',
      mend: 'Write it as {"kind": "class", "class": "cat"}, in single quotes for the shell.',
      cause: error,
    });
  }
}

function opinionLines(task: Task): string[] {
  const { id, state, round, label, opinions, skips } = task;
  const rows = [
    ...opinions.map((one) => ({ ...one, at: one.givenAt, says: bodyText(one.body) })),
    ...skips.map((one) => ({ ...one, at: one.skippedAt, says: `skipped: ${one.reason}` })),
  ].sort((a, b) => a.fence - b.fence);
  return [
    `${id} is ${state}, in round ${round}${label === undefined ? '' : `: ${bodyText(label.body)}`}`,
    ...table([
      ['round', 'annotator', 'when', 'says'],
      ...rows.map((row) => [row.round, row.annotator, new Date(row.at).toISOString(), row.says]),
    ]),
    ...whyLines(task),
    ...(state === 'disputed' ? ['decide it with --by <name> and --class or --label'] : []),
  ];
}

function bodyText(body: LabelBody): string {
  const { kind, ...said } = body;
  return kind === 'class' && Object.keys(said).length === 1 ? body.class : JSON.stringify(said);
}

/** What the round is about: what is disputed, and what a second look is for. */
function whyLines({ state, round, disputes = [], secondLooks = [] }: Task): string[] {
  const dispute = disputes.find((one) => one.round === round);
  const look = secondLooks.find((one) => one.round === round);
  return [
    ...(look?.why ?? []).map((why) => `second look: ${why}`),
    ...(state === 'disputed' ? (dispute?.why ?? []).map((why) => `disputed: ${why}`) : []),
  ];
}

interface OrderWords {
  readonly name: 'requeue' | 'cancel';
  readonly description: string;
  readonly done: string;
  readonly unchanged: string;
}

function orderCommand(queue: Command, world: World, words: OrderWords): void {
  const { name, description } = words;
  withGlobalOptions(
    queue
      .command(name)
      .description(description)
      .argument('<task...>', 'task ids')
      .requiredOption('--by <name>', 'who says so')
      .requiredOption('--reason <text>', 'why; it stays in the audit trail, so name nobody'),
    `edgeminer queue ${name} 5e88... --by ada --reason "the guideline changed"`,
  ).action((ids: readonly string[], options: OrderOptions) =>
    atDesk(world, options, async ({ supervisor }) => {
      const results = [];
      for (const id of ids) results.push(await ordered(supervisor, name, id, options));
      print(world, results, options.json, (all) =>
        all.map((one) =>
          one.outcome === 'refused'
            ? `${one.task}: ${one.message ?? ''}`
            : `${one.task}: ${words[one.outcome]}`,
        ),
      );
      const refused = results.filter(({ outcome }) => outcome === 'refused');
      const [first] = refused;
      if (first === undefined) return;
      throw new EdgeminerError(
        first.code ?? 'task.wrong-state',
        `${refused.length} of ${ids.length} tasks were refused`,
        { field: 'task', mend: 'The lines above say why; the others are done.' },
      );
    }),
  );
}

interface OrderResult {
  readonly task: string;
  readonly outcome: (Ordered | Refused)['kind'];
  readonly code?: FaultCode;
  readonly message?: string;
}

async function ordered(
  supervisor: SupervisorDesk,
  name: OrderWords['name'],
  id: string,
  { by, reason }: OrderOptions,
): Promise<OrderResult> {
  const outcome = await supervisor[name]({ taskId: taskId(id), by: annotatorId(by), reason });
  if (outcome.kind !== 'refused') return { task: id, outcome: outcome.kind };
  const { code, message } = outcome.fault;
  if (code === 'input.invalid') throw outcome.fault;
  return { task: id, outcome: 'refused', code, message };
}

function needed(field: string, mend: string): EdgeminerError {
  return new EdgeminerError('input.invalid', `--${field} does not fit`, { field, mend });
}

function noSuchTask(id: string): EdgeminerError {
  return new EdgeminerError('task.not-found', `there is no task ${id}`, {
    field: 'task',
    mend: 'Take task ids from edgeminer queue list.',
  });
}
