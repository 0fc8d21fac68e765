import { annotatorId, taskId } from '../../ids.js';
import { annotatorOf } from '../auth.js';
import type { App, HttpDeps } from '../deps.js';
import { idempotentHeaders } from '../idempotency.js';
import { problems } from '../openapi.js';
import { annotatorJson, goldJson } from '../quality-json.js';
import {
  annotatorParams,
  annotatorsPage,
  annotatorsQuery,
  goldAdded,
  goldPage,
  goldParams,
  goldQuery,
  goldRequest,
  goldRetired,
  resumed,
  resumeRequest,
} from '../quality-schemas.js';
import { pageOf } from '../page-of.js';

/** Gold tasks, and the annotators that they judge. */
export function goldRoutes(app: App, deps: HttpDeps): void {
  const { golds } = deps;

  app.get(
    '/v1/gold-tasks',
    {
      schema: {
        operationId: 'listGoldTasks',
        tags: ['curation'],
        summary: 'Gold tasks, and how annotators did at each, page by page',
        querystring: goldQuery,
        response: { 200: goldPage, ...problems(400, 503) },
      },
    },
    async ({ query: { after = '', limit } }) => {
      const rest = (await golds.list()).filter(({ gold }) => gold.task > after);
      const { page, next } = pageOf(rest, limit, ({ gold }) => gold.task);
      return { goldTasks: page.map(goldJson), next };
    },
  );

  app.post(
    '/v1/gold-tasks',
    {
      schema: {
        operationId: 'addGoldTask',
        tags: ['curation'],
        summary:
          'Mix a labelled task in among those that annotators lease, to see how good they are',
        body: goldRequest,
        response: {
          200: goldAdded,
          201: goldAdded,
          ...problems(400, 404, 409, 413, 415, 422, 503),
        },
      },
    },
    async (request, reply) => {
      const id = taskId(request.body.task);
      const outcome = await golds.add({ task: id, by: annotatorOf(request) });
      if (outcome.kind === 'refused') throw outcome.fault;
      return reply
        .code(outcome.kind === 'added' ? 201 : 200)
        .send({ task: id, outcome: outcome.kind });
    },
  );

  app.post(
    '/v1/gold-tasks/:id/retire',
    {
      schema: {
        operationId: 'retireGoldTask',
        tags: ['curation'],
        summary: 'Give a gold task to nobody any more; what was answered stays',
        params: goldParams,
        response: { 200: goldRetired, ...problems(400, 404, 413, 415, 503) },
      },
    },
    async ({ params }) => {
      const id = taskId(params.id);
      const outcome = await golds.retire(id);
      if (outcome.kind === 'refused') throw outcome.fault;
      return { task: id, outcome: outcome.kind };
    },
  );

  annotatorRoutes(app, deps);
}

function annotatorRoutes(app: App, { guard, now }: HttpDeps): void {
  app.get(
    '/v1/annotators',
    {
      schema: {
        operationId: 'listAnnotators',
        tags: ['review'],
        summary: 'How annotators did at gold tasks, and who is paused, page by page',
        querystring: annotatorsQuery,
        response: { 200: annotatorsPage, ...problems(400, 503) },
      },
    },
    async ({ query: { after = '', limit } }) => {
      const rest = (await guard.annotators()).filter(({ annotator }) => annotator > after);
      const { page, next } = pageOf(rest, limit, ({ annotator }) => annotator);
      return { annotators: page.map(annotatorJson), next };
    },
  );

  app.post(
    '/v1/annotators/:name/resume',
    {
      config: { idempotent: true },
      schema: {
        operationId: 'resumeAnnotator',
        tags: ['review'],
        summary: 'Let an annotator go on whom gold tasks paused',
        params: annotatorParams,
        headers: idempotentHeaders,
        body: resumeRequest,
        response: { 200: resumed, ...problems(400, 409, 413, 415, 422, 503) },
      },
    },
    async (request) => {
      const annotator = annotatorId(request.params.name);
      const { reason } = request.body;
      const outcome = await guard.resume({ annotator, by: annotatorOf(request), reason }, now());
      if (outcome.kind === 'refused') throw outcome.fault;
      return { annotator, outcome: outcome.kind };
    },
  );
}
