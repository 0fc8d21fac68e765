import { z } from 'zod';
import { EdgeminerError } from '../../faults.js';
import { batchId, taskId } from '../../ids.js';
import type { Completion, Refused } from '../../queue/label-desk.js';
import type { Task } from '../../queue/task.js';
import { annotatorOf, principalOf } from '../auth.js';
import type { Principal } from '../auth.js';
import type { App, HttpDeps } from '../deps.js';
import { expectedBy, namesTag, taskTag } from '../etag.js';
import { pictureAnswer, problems } from '../openapi.js';
import { findTask, scopeFilter } from '../project-scope.js';
import { readerOf } from '../reader-of.js';
import { ifMatch, ifNoneMatch } from '../review-schemas.js';
import { labelRequest, skipRequest, task, taskPage, taskParams, taskQuery } from '../schemas.js';
import type { TaskJson } from '../schemas.js';
import { sightOf, taskJson } from '../task-json.js';
import { filterOf } from './batches.js';

/** A task as one person sees it now. */
export function taskShower({
  labelSetFor,
  now,
}: Pick<HttpDeps, 'labelSetFor' | 'now'>): (found: Task, principal: Principal) => TaskJson {
  return (found, principal) => {
    const time = now();
    const labelSet = labelSetFor(found.modelName, found.modelVersion);
    return taskJson(found, labelSet, time, sightOf(principal, found, time));
  };
}

/** See tasks and their pictures, and end them with a label or a skip. */
export function taskRoutes(app: App, deps: HttpDeps): void {
  const { desk, now } = deps;
  const shown = taskShower(deps);

  app.get(
    '/v1/tasks',
    {
      schema: {
        operationId: 'listTasks',
        tags: ['labelling'],
        summary: 'List tasks, page by page',
        querystring: taskQuery,
        response: { 200: taskPage, ...problems(400, 503) },
      },
    },
    async (request) => {
      const { query } = request;
      const principal = principalOf(request);
      const { after, limit, state } = query;
      const page = await readerOf(request, deps).list(
        {
          ...filterOf(query),
          ...scopeFilter(principal),
          ...(state === undefined ? {} : { state }),
        },
        { limit, ...(after === undefined ? {} : { after: taskId(after) }) },
        now(),
      );
      const last = page.length < limit ? undefined : page.at(-1);
      return { tasks: page.map((found) => shown(found, principal)), next: last?.id ?? null };
    },
  );

  app.get(
    '/v1/tasks/:id',
    {
      schema: {
        operationId: 'readTask',
        tags: ['labelling'],
        summary: 'One task, with its scores and why it was queued',
        params: taskParams,
        headers: ifNoneMatch,
        response: {
          200: task,
          304: z.undefined().describe('The task is still the one that If-None-Match names.'),
          ...problems(400, 404, 503),
        },
      },
    },
    async (request, reply) => {
      const { params, headers } = request;
      const principal = principalOf(request);
      const found = await findTask(taskId(params.id), principal, readerOf(request, deps));
      const json = shown(found, principal);
      const tag = taskTag(found, json);
      reply.header('ETag', tag).header('Cache-Control', 'private, no-cache');
      if (namesTag(headers['if-none-match'], tag)) return reply.code(304).send();
      return reply.send(json);
    },
  );

  app.post(
    '/v1/tasks/:id/labels',
    {
      schema: {
        operationId: 'labelTask',
        tags: ['labelling'],
        summary: 'Label a task that you hold; the same request again is answered the same',
        params: taskParams,
        headers: ifMatch,
        body: labelRequest,
        response: { 200: task, ...problems(400, 404, 409, 412, 413, 415, 422, 503) },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const principal = principalOf(request);
      const before = await findTask(taskId(params.id), principal, readerOf(request, deps));
      // The fence, which the store compares, keeps what comes between out.
      expectedBy(request.headers['if-match'], () => taskTag(before, shown(before, principal)));
      const outcome = await desk.submit({
        claim: { taskId: taskId(params.id), batchId: batchId(body.batchId), fence: body.fence },
        annotator: annotatorOf(request),
        body: body.label,
      });
      const after = completed(outcome);
      const json = shown(after, principal);
      return reply.header('ETag', taskTag(after, json)).send(json);
    },
  );

  app.post(
    '/v1/tasks/:id/skip',
    {
      schema: {
        operationId: 'skipTask',
        tags: ['labelling'],
        summary: "Give back a task that you can't label, and say why",
        params: taskParams,
        headers: ifMatch,
        body: skipRequest,
        response: { 200: task, ...problems(400, 404, 409, 412, 413, 415, 503) },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const principal = principalOf(request);
      const before = await findTask(taskId(params.id), principal, readerOf(request, deps));
      expectedBy(request.headers['if-match'], () => taskTag(before, shown(before, principal)));
      const outcome = await desk.skip({
        claim: { taskId: taskId(params.id), batchId: batchId(body.batchId), fence: body.fence },
        annotator: annotatorOf(request),
        reason: body.reason,
      });
      const after = completed(outcome);
      const json = shown(after, principal);
      return reply.header('ETag', taskTag(after, json)).send(json);
    },
  );

  imageRoute(app, deps);
}

function imageRoute(app: App, deps: HttpDeps): void {
  app.get(
    '/v1/tasks/:id/image',
    {
      schema: {
        operationId: 'readTaskImage',
        tags: ['labelling'],
        summary: 'The picture of a task; its ETag is the sha256 of the bytes',
        params: taskParams,
        headers: ifNoneMatch,
        response: {
          200: pictureAnswer('The bytes, as the event brought them.'),
          304: z.undefined().describe('The picture that If-None-Match names is still the one.'),
          ...problems(400, 404, 413, 422, 503),
        },
      },
    },
    async (request, reply) => {
      const { params, headers } = request;
      const found = await findTask(
        taskId(params.id),
        principalOf(request),
        readerOf(request, deps),
      );
      const tag = `"${found.image.hash}"`;
      // Not before it is there: an answer that it is not must not be kept for a year.
      const withHeaders = () =>
        reply
          .header('ETag', tag)
          .header('Cache-Control', 'private, max-age=31536000, immutable')
          // Were the bytes ever taken for a page, it could do nothing.
          .header('Content-Security-Policy', "default-src 'none'; sandbox");
      if (namesTag(headers['if-none-match'], tag)) return withHeaders().code(304).send();
      const image = await deps.images.get(found.image.hash);
      if (image === undefined) {
        throw new EdgeminerError('image.not-found', `task ${found.id} has lost its image`, {
          field: 'image.hash',
          mend: "Point 'images' of the configuration at the store that the task was mined into.",
        });
      }
      return withHeaders().type(image.contentType).send(Buffer.from(image.bytes));
    },
  );
}

function completed(outcome: Completion | Refused): Task {
  if (outcome.kind === 'refused') throw outcome.fault;
  return outcome.task;
}
