import { whyOf } from '../../decision/why.js';
import { ask } from '../at-server.js';
import type { EdgeminerClient, Task } from '../../client/client.js';
import { EdgeminerError, isEdgeminerError } from '../../faults.js';
import { batchId } from '../../ids.js';
import type { FilterFields } from '../../queue/lease-filter.js';
import type { TaskState } from '../../queue/task.js';
import type { LabelTaker, PulledTask } from '../label-files.js';
import { importLabels, writeBatch } from '../label-files.js';
import type { ImportResult, WrittenBatch } from '../label-files.js';
import type { World } from '../world.js';

/** The commands of `queue` at a server: what is printed is what the API answers. */

export async function listAt(
  client: EdgeminerClient,
  fields: FilterFields & { state?: TaskState; limit: number; after?: string },
): Promise<readonly Task[]> {
  const { limit, after, state } = fields;
  const tasks: Task[] = [];
  let next: string | undefined = after;
  do {
    const page: { tasks: readonly Task[]; next: string | null } = await ask(
      client.GET('/v1/tasks', {
        params: {
          query: {
            ...filterOf(fields),
            limit: Math.min(200, limit - tasks.length),
            ...(state === undefined ? {} : { state }),
            ...(next === undefined ? {} : { after: next }),
          },
        },
      }),
    );
    tasks.push(...page.tasks);
    next = page.next ?? undefined;
  } while (next !== undefined && tasks.length < limit);
  return tasks;
}

export async function pullAt(
  world: World,
  client: EdgeminerClient,
  options: FilterFields & { limit: number; leaseSeconds?: number; out: string },
): Promise<WrittenBatch> {
  const { limit, leaseSeconds, out } = options;
  const batch = await ask(
    client.POST('/v1/batches', {
      body: {
        ...filterOf(options),
        limit,
        ...(leaseSeconds === undefined ? {} : { leaseSeconds }),
      },
    }),
  );
  return writeBatch(world, out, {
    batchId: batchId(batch.batchId),
    annotator: batch.tasks[0]?.lease?.annotator ?? '',
    expiresAt: Date.parse(batch.expiresAt),
    tasks: batch.tasks.map(pulled),
    pictureOf: ({ id }) => pictureOf(client, id),
  });
}

/** Undefined where the server has lost it. */
async function pictureOf(client: EdgeminerClient, id: string): Promise<Uint8Array | undefined> {
  try {
    const bytes = await ask(
      client.GET('/v1/tasks/{id}/image', { params: { path: { id } }, parseAs: 'arrayBuffer' }),
    );
    return new Uint8Array(bytes);
  } catch (error) {
    if (isEdgeminerError(error) && error.code === 'image.not-found') return undefined;
    throw error;
  }
}

function pulled(task: Task): PulledTask {
  const { id, eventId, fence, image, reasons, signals, predictions, sourceId, occurredAt } = task;
  return {
    id,
    eventId,
    fence,
    image,
    reasons,
    why: whyOf(reasons, signals),
    predictions,
    sourceId,
    occurredAt,
    labelSet: task.labelSet ?? undefined,
  };
}

export function importAt(
  world: World,
  client: EdgeminerClient,
  directory: string,
): Promise<ImportResult> {
  const send = async (call: Promise<unknown>) => {
    try {
      await call;
      return { kind: 'completed' } as const;
    } catch (error) {
      if (!isEdgeminerError(error) || error.retriable) throw error;
      return { kind: 'refused', fault: error } as const;
    }
  };
  const taker: LabelTaker = {
    submit: ({ claim: { taskId: id, ...claim }, body }) =>
      send(
        ask(
          client.POST('/v1/tasks/{id}/labels', {
            params: { path: { id } },
            // The server says what is wrong with it.
            body: { ...claim, label: body as LabelBody },
          }),
        ),
      ),
    skip: ({ claim: { taskId: id, ...claim }, reason }) =>
      send(
        ask(
          client.POST('/v1/tasks/{id}/skip', {
            params: { path: { id } },
            body: { ...claim, reason },
          }),
        ),
      ),
  };
  return importLabels(world, directory, taker);
}

type LabelBody = NonNullable<Task['label']>['body'];

export async function releaseAt(
  client: EdgeminerClient,
  id: string,
  tasks: readonly string[] | undefined,
): Promise<number> {
  const answer = await ask(
    client.POST('/v1/batches/{id}/release', {
      params: { path: { id } },
      body: tasks === undefined ? {} : { tasks: [...tasks] },
    }),
  );
  return answer.released;
}

/** One order; the server does not say whether it was so before. */
export async function orderAt(
  client: EdgeminerClient,
  verb: 'requeue' | 'cancel',
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<void> {
  const sent = { params: { path: { id } }, body: { reason } };
  if (verb === 'requeue') await ask(client.POST('/v1/tasks/{id}/requeue', sent));
  else await ask(client.POST('/v1/tasks/{id}/cancel', sent));
}

/** Reads the task, or decides it. */
export function adjudicateAt(client: EdgeminerClient, id: string, body: unknown): Promise<Task> {
  const params = { path: { id } };
  if (body === undefined) return ask(client.GET('/v1/tasks/{id}', { params }));
  const label = body as LabelBody;
  return ask(client.POST('/v1/tasks/{id}/adjudicate', { params, body: { label } }));
}

export async function holdingsAt(client: EdgeminerClient) {
  const all = [];
  let after: string | undefined;
  do {
    const query = { limit: 1000, ...(after === undefined ? {} : { after }) };
    const page: HoldingsPage = await ask(client.GET('/v1/holdings', { params: { query } }));
    all.push(...page.holdings);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return all;
}

interface HoldingsPage {
  readonly holdings: readonly {
    readonly annotator: string;
    readonly batchId: string;
    readonly tasks: number;
    readonly since: string;
    readonly expiresAt: string;
  }[];
  readonly next: string | null;
}

function filterOf(fields: FilterFields) {
  const { model, source, reason, class: topClass, project } = fields;
  return {
    ...(model === undefined ? {} : { model }),
    ...(source === undefined ? {} : { source }),
    ...(reason === undefined ? {} : { reason }),
    ...(topClass === undefined ? {} : { class: topClass }),
    ...(project === undefined ? {} : { project }),
    ...timeOf('offeredFrom', fields.offeredFrom),
    ...timeOf('offeredTo', fields.offeredTo),
    ...timeOf('occurredFrom', fields.occurredFrom),
    ...timeOf('occurredTo', fields.occurredTo),
  };
}

function timeOf<Name extends string>(
  name: Name,
  time: number | undefined,
): Partial<Record<Name, string>> {
  if (time === undefined) return {};
  return { [name]: new Date(time).toISOString() } as Record<Name, string>;
}

/** For options that a server knows from the token. */
export function neededHere(option: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new EdgeminerError('input.invalid', `--${option} is missing`, {
    field: `--${option}`,
    mend: `Give --${option} NAME, or work at a server with --server, which knows it by the token.`,
  });
}
