import { batchId, taskId } from '../../ids.js';
import { leaseFilter } from '../../queue/lease-filter.js';
import type { FilterFields } from '../../queue/lease-filter.js';
import type { LeaseFilter } from '../../queue/relabel-queue.js';
import { annotatorOf, principalOf } from '../auth.js';
import type { App, HttpDeps } from '../deps.js';
import { idempotentHeaders } from '../idempotency.js';
import { problems } from '../openapi.js';
import { scopeFilter } from '../project-scope.js';
import {
  batch,
  batchParams,
  leaseRequest,
  release,
  releaseRequest,
  renewal,
  renewRequest,
} from '../schemas.js';
import { isoTime, taskJson } from '../task-json.js';

/** Lease, renew and release batches of tasks. */
export function batchRoutes(app: App, { desk, labelSetFor, now }: HttpDeps): void {
  app.post(
    '/v1/batches',
    {
      config: { idempotent: true },
      schema: {
        operationId: 'leaseBatch',
        tags: ['labelling'],
        summary: 'Lease the tasks most worth labelling: nobody else gets them meanwhile',
        headers: idempotentHeaders,
        body: leaseRequest,
        response: { 200: batch, ...problems(400, 403, 409, 413, 415, 422, 503) },
      },
    },
    async (request) => {
      const { body } = request;
      const lease = await desk.lease({
        annotator: annotatorOf(request),
        limit: body.limit,
        leaseSeconds: body.leaseSeconds,
        filter: { ...filterOf(body), ...scopeFilter(principalOf(request)) },
        // A try that died before it answered has leased under the same id.
        batchId: request.seed === undefined ? undefined : batchId(request.seed),
      });
      if (lease.kind === 'refused') throw lease.fault;
      const time = now();
      return {
        batchId: lease.batchId,
        expiresAt: isoTime(lease.expiresAt),
        tasks: lease.tasks.map((task) =>
          taskJson(task, labelSetFor(task.modelName, task.modelVersion), time),
        ),
      };
    },
  );

  app.post(
    '/v1/batches/:id/renew',
    {
      schema: {
        operationId: 'renewBatch',
        tags: ['labelling'],
        summary: 'Keep what the batch still holds for longer',
        params: batchParams,
        body: renewRequest,
        response: { 200: renewal, ...problems(400, 404, 413, 415, 503) },
      },
    },
    async (request) => {
      const { params, body } = request;
      const id = batchId(params.id);
      const outcome = await desk.renew(id, annotatorOf(request), body?.leaseSeconds);
      if (outcome.kind === 'refused') throw outcome.fault;
      return { batchId: id, expiresAt: isoTime(outcome.expiresAt), renewed: outcome.renewed };
    },
  );

  app.post(
    '/v1/batches/:id/release',
    {
      schema: {
        operationId: 'releaseBatch',
        tags: ['labelling'],
        summary: 'Give back what the batch still holds, or some of it',
        params: batchParams,
        body: releaseRequest,
        response: { 200: release, ...problems(400, 404, 413, 415, 503) },
      },
    },
    async (request) => {
      const { params, body } = request;
      const id = batchId(params.id);
      const tasks = body?.tasks?.map(taskId) ?? 'all';
      const outcome = await desk.release(id, annotatorOf(request), tasks);
      if (outcome.kind === 'refused') throw outcome.fault;
      return { batchId: id, released: outcome.released };
    },
  );
}

type Times = 'offeredFrom' | 'offeredTo' | 'occurredFrom' | 'occurredTo';

/** Times come as ISO 8601. */
type TimedByText = Omit<FilterFields, Times> & Readonly<Partial<Record<Times, string | undefined>>>;

/** The queue's filter, of the fields that requests and queries share. */
export function filterOf(fields: TimedByText): LeaseFilter {
  return leaseFilter({
    ...fields,
    offeredFrom: timeOf(fields.offeredFrom),
    offeredTo: timeOf(fields.offeredTo),
    occurredFrom: timeOf(fields.occurredFrom),
    occurredTo: timeOf(fields.occurredTo),
  });
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}
