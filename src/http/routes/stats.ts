import type { App, HttpDeps } from '../deps.js';
import { problems } from '../openapi.js';
import { readerOf } from '../reader-of.js';
import { stats } from '../schemas.js';
import { isoTime } from '../task-json.js';

export function statsRoutes(app: App, deps: HttpDeps): void {
  app.get(
    '/v1/stats',
    {
      schema: {
        operationId: 'stats',
        tags: ['labelling'],
        summary: 'What the relabeling queue holds',
        response: { 200: stats, ...problems(503) },
      },
    },
    async (request) => {
      const { oldestPendingAt, ...counts } = await readerOf(request, deps).stats(deps.now());
      return {
        byState: counts.byState,
        byReason: counts.byReason,
        byModel: counts.byModel,
        duplicates: counts.duplicates,
        oldestPendingAt: oldestPendingAt === undefined ? null : isoTime(oldestPendingAt),
      };
    },
  );
}
