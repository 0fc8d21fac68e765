import { taskId } from '../../ids.js';
import type { Holding } from '../../queue/relabel-queue.js';
import type { Refused } from '../../queue/label-desk.js';
import type { Ordered, TaskOrder } from '../../queue/supervisor-desk.js';
import type { Task } from '../../queue/task.js';
import { verifyChain } from '../../queue/audit.js';
import { verifyPage } from '../../queue/verify-trail.js';
import { annotatorOf, principalOf } from '../auth.js';
import type { Principal } from '../auth.js';
import type { App, HttpDeps } from '../deps.js';
import { expectedBy, taskTag } from '../etag.js';
import { idempotentHeaders } from '../idempotency.js';
import { problems } from '../openapi.js';
import { pageOf } from '../page-of.js';
import { findTask } from '../project-scope.js';
import {
  auditPage,
  auditQuery,
  holdingsPage,
  holdingsQuery,
  ifMatch,
  orderRequest,
  verification,
  verifyQuery,
} from '../review-schemas.js';
import { adjudicateRequest, task, taskParams } from '../schemas.js';
import type { TaskJson } from '../schemas.js';
import { isoTime } from '../task-json.js';
import { taskShower } from './tasks.js';

const headers = idempotentHeaders.extend(ifMatch.shape);

interface RulingRequest {
  readonly principal: Principal | undefined;
  readonly params: { readonly id: string };
  readonly headers: { readonly 'if-match'?: string | undefined };
}

/** What those who answer for the queue do and see. */
export function reviewRoutes(app: App, deps: HttpDeps): void {
  const { supervisor, reader } = deps;
  const shown = taskShower(deps);

  /** What a change of one task has in common: who, the state that is expected, and the answer. */
  async function ruled(
    request: RulingRequest,
    change: (order: Omit<TaskOrder, 'reason'>) => Promise<Ordered | Refused>,
  ): Promise<{ readonly json: TaskJson; readonly tag: string }> {
    const principal = principalOf(request);
    const id = taskId(request.params.id);
    const before = await findTask(id, principal, reader);
    const expected = expectedBy(request.headers['if-match'], () =>
      taskTag(before, shown(before, principal)),
    );
    const after = ordered(await change({ taskId: id, by: annotatorOf(request), expected }));
    const json = shown(after, principal);
    return { json, tag: taskTag(after, json) };
  }

  app.post(
    '/v1/tasks/:id/adjudicate',
    {
      config: { idempotent: true },
      schema: {
        operationId: 'adjudicateTask',
        tags: ['review'],
        summary: 'Decide a disputed task; its opinions stay with it',
        params: taskParams,
        headers,
        body: adjudicateRequest,
        response: { 200: task, ...problems(400, 404, 409, 412, 413, 415, 422, 503) },
      },
    },
    async (request, reply) => {
      const { json, tag } = await ruled(request, (order) =>
        supervisor.adjudicate({ ...order, body: request.body.label }),
      );
      return reply.header('ETag', tag).send(json);
    },
  );

  const orders = [
    {
      verb: 'requeue',
      operationId: 'requeueTask',
      summary: 'Begin a new round of a task that has ended or is disputed; nothing is forgotten',
    },
    {
      verb: 'cancel',
      operationId: 'cancelTask',
      summary: 'Take a task out of the queue that has not ended; who holds it loses it',
    },
  ] as const;
  for (const { verb, operationId, summary } of orders) {
    app.post(
      `/v1/tasks/:id/${verb}`,
      {
        config: { idempotent: true },
        schema: {
          operationId,
          tags: ['review'],
          summary,
          params: taskParams,
          headers,
          body: orderRequest,
          response: { 200: task, ...problems(400, 404, 409, 412, 413, 415, 422, 503) },
        },
      },
      async (request, reply) => {
        const { json, tag } = await ruled(request, (order) =>
          supervisor[verb]({ ...order, reason: request.body.reason }),
        );
        return reply.header('ETag', tag).send(json);
      },
    );
  }

  holdingsRoute(app, deps);
  auditRoutes(app, deps);
}

function ordered(outcome: Ordered | Refused): Task {
  if (outcome.kind === 'refused') throw outcome.fault;
  return outcome.task;
}

function holdingsRoute(app: App, { reader, now }: HttpDeps): void {
  app.get(
    '/v1/holdings',
    {
      schema: {
        operationId: 'listHoldings',
        tags: ['review'],
        summary: 'Who holds what, since when and until when, page by page',
        querystring: holdingsQuery,
        response: { 200: holdingsPage, ...problems(400, 503) },
      },
    },
    async ({ query: { after, limit } }) => {
      const all = (await reader.holdings(now()))
        .map((holding) => ({ holding, place: placeOf(holding) }))
        .sort((a, b) => (a.place < b.place ? -1 : 1));
      const rest = after === undefined ? all : all.filter(({ place }) => place > after);
      const { page, next } = pageOf(rest, limit, ({ place }) => place);
      return {
        holdings: page.map(({ holding }) => ({
          annotator: holding.annotator,
          batchId: holding.batchId,
          tasks: holding.tasks,
          since: isoTime(holding.since),
          expiresAt: isoTime(holding.expiresAt),
        })),
        next,
      };
    },
  );
}

/** Where a holding stands in the list, also once it is gone. */
function placeOf({ annotator, since, batchId }: Holding): string {
  const text = JSON.stringify([annotator, isoTime(since), batchId]);
  return Buffer.from(text).toString('hex');
}

function auditRoutes(app: App, { audit, eraser, reader }: HttpDeps): void {
  app.get(
    '/v1/tasks/:id/audit',
    {
      schema: {
        operationId: 'readTaskAudit',
        tags: ['review'],
        summary: 'All that happened to a task: when, who, what, from where',
        params: taskParams,
        querystring: auditQuery,
        response: { 200: auditPage, ...problems(400, 404, 503) },
      },
    },
    async (request) => {
      const { after, limit } = request.query;
      const id = taskId(request.params.id);
      const found = await findTask(id, principalOf(request), reader);
      const audited = (await audit.audited(id)) ?? {
        task: found,
        head: { seq: 0, hash: '' },
        entries: [],
      };
      const rest = audited.entries.filter(({ seq }) => seq > after);
      const { page, next } = pageOf(rest, limit, ({ seq }) => seq);
      const names = await audit.namesOf([...new Set(page.map(({ actor }) => actor))]);
      return {
        entries: page.map(({ actor, at, taskId: _of, detail, ...entry }) => ({
          ...entry,
          at: isoTime(at),
          who: names.get(actor) ?? actor,
          detail: { ...detail },
        })),
        next,
        verdict: verifyChain(audited),
      };
    },
  );

  app.get(
    '/v1/audit/verify',
    {
      schema: {
        operationId: 'verifyAudit',
        tags: ['review'],
        summary: 'Verify the chains of tasks, also of those that were erased, page by page',
        querystring: verifyQuery,
        response: { 200: verification, ...problems(400, 503) },
      },
    },
    async ({ query: { after, limit } }) => {
      const page = await verifyPage(
        { audit, eraser },
        { limit, ...(after === undefined ? {} : { after: taskId(after) }) },
      );
      return { ...page, broken: [...page.broken], next: page.next ?? null };
    },
  );
}
