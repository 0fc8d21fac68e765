import type { Command } from 'commander';
import type { EdgeminerClient, Task as ServerTask } from '../../client/client.js';
import { EdgeminerError, isEdgeminerError } from '../../faults.js';
import type { FaultCode } from '../../faults.js';
import { annotatorId, taskId } from '../../ids.js';
import type { LabelBody } from '../../label/label.js';
import type { Refused } from '../../queue/label-desk.js';
import type { Ordered, SupervisorDesk } from '../../queue/supervisor-desk.js';
import type { TaskState } from '../../queue/task.js';
import { atDesk } from '../at-desk.js';
import { clientFor, withServerOptions } from '../at-server.js';
import type { ServerOptions } from '../at-server.js';
import { print, table } from '../output.js';
import { withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import type { World } from '../world.js';
import { adjudicateAt, holdingsAt, neededHere, orderAt } from './queue-remote.js';

interface OrderOptions extends GlobalOptions, ServerOptions {
  readonly by?: string;
  readonly reason: string;
}

/** The commands of those who answer for the queue. */
export function governCommands(queue: Command, world: World): void {
  withGlobalOptions(
    withServerOptions(
      queue.command('who').description('who holds what, since when and until when'),
    ),
    'edgeminer queue who',
  ).action(async (options: GlobalOptions & ServerOptions) => {
    const client = await clientFor(world, options);
    if (client !== undefined) {
      printHoldings(world, await holdingsAt(client), options);
      return;
    }
    await atDesk(world, options, async ({ labelling }) => {
      const holdings = await labelling.reader.holdings(world.now());
      const shown = holdings.map(({ annotator, batchId, tasks, since, expiresAt }) => ({
        annotator,
        batchId,
        tasks,
        since: new Date(since).toISOString(),
        expiresAt: new Date(expiresAt).toISOString(),
      }));
      printHoldings(world, shown, options);
    });
  });

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
    withServerOptions(
      queue
        .command('adjudicate')
        .description('see all opinions on a disputed task, and decide it')
        .argument('<task>', 'task id')
        .option('--by <name>', 'who decides; needed to decide, but at a server')
        .option('--class <name>', 'the label, where it is a class')
        .option('--label <json>', 'the label, as a line of labels.jsonl has it'),
    ),
    'edgeminer queue adjudicate 5e88... --by ada --class cat',
  ).action((id: string, options: AdjudicateOptions) => adjudicate(world, id, options));
}

type ShownHolding = Awaited<ReturnType<typeof holdingsAt>>[number];

function printHoldings(
  world: World,
  holdings: readonly ShownHolding[],
  { json }: GlobalOptions,
): void {
  print(world, holdings, json, (rows) =>
    rows.length === 0
      ? ['nobody holds a task']
      : table([
          ['annotator', 'tasks', 'since', 'until', 'batch'],
          ...rows.map((row) => [row.annotator, row.tasks, row.since, row.expiresAt, row.batchId]),
        ]),
  );
}

interface AdjudicateOptions extends GlobalOptions, ServerOptions {
  readonly by?: string;
  readonly class?: string;
  readonly label?: string;
}

async function adjudicate(world: World, id: string, options: AdjudicateOptions): Promise<void> {
  const body = labelOf(options);
  const client = await clientFor(world, options);
  if (client !== undefined) {
    const task = await adjudicateAt(client, id, body);
    const { state, round, overlap, label, opinions, skip, disputes, secondLook } = task;
    const shown = { task: id, state, round, overlap, label, opinions, skip, disputes, secondLook };
    print(world, shown, options.json, () =>
      opinionLines({
        ...shown,
        id,
        answers: opinions.map((one) => ({ ...one, at: one.givenAt, says: bodyText(one.body) })),
      }),
    );
    return;
  }
  await atDesk(world, options, async ({ stores, supervisor }) => {
    if (body === undefined) {
      const task = await stores.queue.find(taskId(id));
      if (task === undefined) throw noSuchTask(id);
      const { state, round, overlap, label, opinions, skips, disputes, secondLooks } = task;
      const shown = { task: id, state, round, overlap, label, opinions, skips };
      print(world, { ...shown, disputes, secondLooks }, options.json, () =>
        opinionLines({
          id,
          state,
          round,
          label: label ?? null,
          answers: [
            ...opinions.map((one) => ({ ...one, at: one.givenAt, says: bodyText(one.body) })),
            ...skips.map((one) => ({ ...one, at: one.skippedAt, says: `skipped: ${one.reason}` })),
          ].sort((a, b) => a.fence - b.fence),
          disputes: disputes ?? [],
          secondLook: secondLooks?.find((one) => one.round === round)?.why ?? null,
        }),
      );
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

interface ShownOpinions {
  readonly id: string;
  readonly state: TaskState;
  readonly round: number;
  readonly label: { readonly body: ShownBody } | null;
  readonly answers: readonly {
    readonly round: number;
    readonly annotator: string;
    readonly at: number | string;
    readonly says: string;
  }[];
  readonly disputes: readonly { readonly round: number; readonly why: readonly string[] }[];
  readonly secondLook: readonly string[] | null;
}

function opinionLines(shown: ShownOpinions): string[] {
  const { id, state, round, label, answers: rows } = shown;
  return [
    `${id} is ${state}, in round ${round}${label === null ? '' : `: ${bodyText(label.body)}`}`,
    ...table([
      ['round', 'annotator', 'when', 'says'],
      ...rows.map((row) => [row.round, row.annotator, new Date(row.at).toISOString(), row.says]),
    ]),
    ...whyLines(shown),
    ...(state === 'disputed' ? ['decide it with --by <name> and --class or --label'] : []),
  ];
}

/** Of the store, or as a server shows it. */
type ShownBody = LabelBody | NonNullable<ServerTask['label']>['body'];

function bodyText(body: ShownBody): string {
  const { kind, ...said } = body;
  return kind === 'class' && Object.keys(said).length === 1 ? body.class : JSON.stringify(said);
}

/** What the round is about: what is disputed, and what a second look is for. */
function whyLines({ state, round, disputes, secondLook }: ShownOpinions): string[] {
  const dispute = disputes.find((one) => one.round === round);
  return [
    ...(secondLook ?? []).map((why) => `second look: ${why}`),
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
    withServerOptions(
      queue
        .command(name)
        .description(description)
        .argument('<task...>', 'task ids')
        .option('--by <name>', 'who says so; a server knows it by the token')
        .requiredOption('--reason <text>', 'why; it stays in the audit trail, so name nobody'),
    ),
    `edgeminer queue ${name} 5e88... --by ada --reason "the guideline changed"`,
  ).action(async (ids: readonly string[], options: OrderOptions) => {
    const results: OrderResult[] = [];
    const client = await clientFor(world, options);
    if (client === undefined) {
      const by = neededHere('by', options.by);
      await atDesk(world, options, async ({ supervisor }) => {
        for (const id of ids) results.push(await ordered(supervisor, name, id, { ...options, by }));
      });
    } else {
      for (const id of ids) results.push(await orderedAt(client, name, id, options));
    }
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
  });
}

async function orderedAt(
  client: EdgeminerClient,
  name: OrderWords['name'],
  id: string,
  { reason }: OrderOptions,
): Promise<OrderResult> {
  try {
    await orderAt(client, name, { id, reason });
    return { task: id, outcome: 'done' };
  } catch (error) {
    // A bad id is one, too: the others have their turn, as they have without a server.
    if (!isEdgeminerError(error) || error.retriable) throw error;
    return { task: id, outcome: 'refused', code: error.code, message: error.message };
  }
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
  { by, reason }: { readonly by: string; readonly reason: string },
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
