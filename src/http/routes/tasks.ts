import { z } from 'zod';
import { EdgeminerError } from '../../faults.js';
import { batchId, taskId } from '../../ids.js';
import type { Completion, Refused } from '../../queue/label-desk.js';
import type { Task } from '../../queue/task.js';
import { annotatorOf } from '../auth.js';
import type { App, HttpDeps } from '../deps.js';
import { problems } from '../openapi.js';
import { labelRequest, skipRequest, task, taskPage, taskParams, taskQuery } from '../schemas.js';
import type { TaskJson } from '../schemas.js';
import { taskJson } from '../task-json.js';
import { filterOf } from './batches.js';

/** See tasks and their pictures, and end them with a label or a skip. */
export function taskRoutes(app: App, deps: HttpDeps): void {
  const { desk, reader, labelSetFor, now } = deps;
  const shown = (found: Task): TaskJson =>
    taskJson(found, labelSetFor(found.modelName, found.modelVersion), now());

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
    async ({ query }) => {
      const { after, limit, state } = query;
      const page = await reader.list(
        { ...filterOf(query), ...(state === undefined ? {} : { state }) },
        { limit, ...(after === undefined ? {} : { after: taskId(after) }) },
        now(),
      );
      const last = page.length < limit ? undefined : page.at(-1);
      return { tasks: page.map(shown), next: last?.id ?? null };
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
        response: { 200: task, ...problems(400, 404, 503) },
      },
    },
    async ({ params }) => shown(await findTask(params.id, deps)),
  );

  app.post(
    '/v1/tasks/:id/labels',
    {
      schema: {
        operationId: 'labelTask',
        tags: ['labelling'],
        summary: 'Label a task that you hold; the same request again is answered the same',
        params: taskParams,
        body: labelRequest,
        response: { 200: task, ...problems(400, 404, 409, 413, 415, 422, 503) },
      },
    },
    async (request) => {
      const { params, body } = request;
      const outcome = await desk.submit({
        claim: { taskId: taskId(params.id), batchId: batchId(body.batchId), fence: body.fence },
        annotator: annotatorOf(request),
        body: body.label,
      });
      return shown(completed(outcome));
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
        body: skipRequest,
        response: { 200: task, ...problems(400, 404, 409, 413, 415, 503) },
      },
    },
    async (request) => {
      const { params, body } = request;
      const outcome = await desk.skip({
        claim: { taskId: taskId(params.id), batchId: batchId(body.batchId), fence: body.fence },
        annotator: annotatorOf(request),
        reason: body.reason,
      });
      return shown(completed(outcome));
    },
  );

  imageRoute(app, deps);
}

const imageBytes = { schema: z.unknown().describe('The bytes, as the event brought them.') };

function imageRoute(app: App, deps: HttpDeps): void {
  app.get(
    '/v1/tasks/:id/image',
    {
      schema: {
        operationId: 'readTaskImage',
        tags: ['labelling'],
        summary: 'The picture of a task; its ETag is the sha256 of the bytes',
        params: taskParams,
        response: {
          200: {
            description: 'The picture.',
            content: {
              'image/jpeg': imageBytes,
              'image/png': imageBytes,
              'image/webp': imageBytes,
              'image/avif': imageBytes,
            },
          },
          304: z.undefined().describe('The picture that If-None-Match names is still the one.'),
          ...problems(400, 404, 413, 422, 503),
        },
      },
    },
    async ({ params, headers }, reply) => {
      const found = await findTask(params.id, deps);
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

/** RFC 9110, 13.1.2: a list of tags, weakly compared, or `*`. */
function namesTag(ifNoneMatch: string | undefined, tag: string): boolean {
  return (ifNoneMatch ?? '')
    .split(',')
    .map((one) => one.trim().replace(/^W\//u, ''))
    .some((one) => one === tag || one === '*');
}

async function findTask(id: string, { reader }: HttpDeps): Promise<Task> {
  const found = await reader.find(taskId(id));
  if (found !== undefined) return found;
  throw new EdgeminerError('task.not-found', `there is no task ${id}`, {
    field: 'id',
    mend: 'Take task ids from a leased batch or from GET /v1/tasks.',
  });
}

function completed(outcome: Completion | Refused): Task {
  if (outcome.kind === 'refused') throw outcome.fault;
  return outcome.task;
}
