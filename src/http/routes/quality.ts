import { modelName } from '../../ids.js';
import { surveyQuality } from '../../queue/quality-survey.js';
import { findSuspicious, lookAgain } from '../../queue/second-look.js';
import { annotatorOf } from '../auth.js';
import type { App, HttpDeps } from '../deps.js';
import { idempotentHeaders } from '../idempotency.js';
import { problems } from '../openapi.js';
import { qualityJson } from '../quality-json.js';
import { qualityQuery, qualityReport, secondLookRequest, secondLooks } from '../quality-schemas.js';

/** How good the labels are, and those that want a second look. */
export function qualityRoutes(app: App, { tasks, guard, now }: HttpDeps): void {
  app.get(
    '/v1/quality',
    {
      schema: {
        operationId: 'readQuality',
        tags: ['review'],
        summary: 'Agreement, confused classes, what predictions do to labels, second looks',
        querystring: qualityQuery,
        response: { 200: qualityReport, ...problems(400, 503) },
      },
    },
    async ({ query: { model, most } }) =>
      qualityJson(
        await surveyQuality({
          reader: tasks,
          guard,
          model: model === undefined ? undefined : modelName(model),
          most,
          now: now(),
        }),
      ),
  );

  app.post(
    '/v1/second-looks',
    {
      config: { idempotent: true },
      schema: {
        operationId: 'lookAgain',
        tags: ['review'],
        summary: 'Send labels round again that something speaks against, the strongest first',
        headers: idempotentHeaders,
        body: secondLookRequest,
        response: { 200: secondLooks, ...problems(400, 409, 413, 415, 422, 503) },
      },
    },
    async (request) => {
      const { model, limit, dryRun } = request.body;
      const found = await findSuspicious(tasks, {
        model: model === undefined ? undefined : modelName(model),
        limit,
        now: now(),
      });
      const { checked, settled, suspects } = found;
      const order = { by: annotatorOf(request), now: now() };
      const sent = dryRun ? [] : await lookAgain(tasks, suspects, order);
      const went = new Set(sent.map(({ task }) => task));
      return {
        checked,
        settled,
        suspects: suspects.map(({ reasons, ...suspect }) => ({
          ...suspect,
          reasons: reasons.map((one) => ({ ...one })),
          sent: went.has(suspect.task),
        })),
        sent: went.size,
      };
    },
  );
}
