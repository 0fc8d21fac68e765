import { z } from 'zod';
import type { CuratedItem, CuratedSet, SplitPlan } from '../../curate/curated-set.js';
import type { CuratedSetSummary } from '../../curate/curated-set-store.js';
import { exportCuratedSet } from '../../curate/export.js';
import { findCuratedSet } from '../../curate/find-curated-set.js';
import { splitCounts } from '../../curate/split-counts.js';
import { EdgeminerError } from '../../faults.js';
import { modelName } from '../../ids.js';
import { plainBody } from '../../label/plain-body.js';
import type { App, HttpDeps } from '../deps.js';
import { idempotentHeaders } from '../idempotency.js';
import { problems } from '../openapi.js';
import {
  curatedSetList,
  curatedSetListQuery,
  curatedSetPage,
  curatedSetParams,
  curatedSetQuery,
  exportQuery,
  snapshotAnswer,
  snapshotRequest,
} from '../schemas.js';
import type { CuratedItemJson, curatedSetHead, curatedSetSummary } from '../schemas.js';
import { tarOf } from '../tar.js';
import { isoTime } from '../task-json.js';
import { pageOf } from '../page-of.js';

/** Snapshot, list, read and export curated sets. */
export function curatedSetRoutes(app: App, deps: HttpDeps): void {
  const { curatedSets, curate, splitPlan } = deps;

  app.get(
    '/v1/curated-sets',
    {
      schema: {
        operationId: 'listCuratedSets',
        tags: ['curation'],
        summary: 'Curated sets, newest first, page by page',
        querystring: curatedSetListQuery,
        response: { 200: curatedSetList, ...problems(400, 404, 503) },
      },
    },
    async ({ query: { after, limit } }) => {
      const all = await curatedSets.list();
      const first = after === undefined ? 0 : all.findIndex((one) => one.version === after) + 1;
      if (after !== undefined && first === 0) throw noSuchPage(after);
      const { page, next } = pageOf(all.slice(first), limit, ({ version }) => version);
      return { curatedSets: page.map(summaryJson), next };
    },
  );

  app.post(
    '/v1/curated-sets',
    {
      config: { idempotent: true },
      schema: {
        operationId: 'snapshot',
        tags: ['curation'],
        summary: 'Freeze the labelled tasks into a curated set; the same labels, the same version',
        headers: idempotentHeaders,
        body: snapshotRequest,
        response: {
          200: snapshotAnswer,
          201: snapshotAnswer,
          ...problems(400, 404, 409, 413, 415, 422, 503),
        },
      },
    },
    async ({ body }, reply) => {
      const { set, outcome } = await curate({
        name: body.name,
        split: planOf(body.split, splitPlan),
        filter: {
          ...(body.model === undefined ? {} : { modelName: modelName(body.model) }),
          ...(body.reason === undefined ? {} : { reason: body.reason }),
        },
      });
      return reply
        .code(outcome === 'published' ? 201 : 200)
        .header('Location', `/v1/curated-sets/${set.version}`)
        .send({ ...headJson(set), outcome });
    },
  );

  app.get(
    '/v1/curated-sets/:version',
    {
      schema: {
        operationId: 'readCuratedSet',
        tags: ['curation'],
        summary: 'A curated set and its items with their lineage, page by page',
        params: curatedSetParams,
        querystring: curatedSetQuery,
        response: { 200: curatedSetPage, ...problems(400, 404, 503) },
      },
    },
    async ({ params, query: { after = '', limit } }) => {
      const set = await findCuratedSet(curatedSets, params.version);
      const rest = set.items.filter((item) => item.taskId > after);
      const { page, next } = pageOf(rest, limit, (item) => item.taskId);
      return { ...headJson(set), page: page.map(itemJson), next };
    },
  );

  exportRoute(app, deps);
}

function exportRoute(app: App, { curatedSets, images, logger }: HttpDeps): void {
  app.get(
    '/v1/curated-sets/:version/export',
    {
      schema: {
        operationId: 'exportCuratedSet',
        tags: ['curation'],
        summary: 'A curated set with its pictures, as a tar archive; it ends with manifest.json',
        params: curatedSetParams,
        querystring: exportQuery,
        response: {
          200: {
            description: 'The archive. One without manifest.json was cut short.',
            content: { 'application/x-tar': { schema: z.unknown() } },
          },
          ...problems(400, 404, 503),
        },
      },
    },
    async ({ params, query: { format }, method }, reply) => {
      const set = await findCuratedSet(curatedSets, params.version);
      reply
        .type('application/x-tar')
        .header('Content-Disposition', `attachment; filename="${fileName(set)}-${format}.tar"`);
      if (method === 'HEAD') return reply.send();
      const files = exportCuratedSet(set, images, format);
      return reply.send(
        tarOf(files, set.createdAt, (error) =>
          logger.error('an export was cut short', { version: set.version, format, error }),
        ),
      );
    },
  );
}

function noSuchPage(after: string): EdgeminerError {
  return new EdgeminerError('curated-set.not-found', `there is no curated set ${after}`, {
    field: 'query.after',
    mend: 'Give next of the page before, or begin without after.',
  });
}

type SplitRequest = z.output<typeof snapshotRequest>['split'];

function planOf(asked: SplitRequest, plan: SplitPlan): SplitPlan {
  return {
    shares: asked?.shares ?? plan.shares,
    seed: asked?.seed ?? plan.seed,
    incidentGap:
      asked?.incidentGapSeconds === undefined ? plan.incidentGap : asked.incidentGapSeconds * 1000,
    nearDuplicateBits: asked?.nearDuplicateBits ?? plan.nearDuplicateBits,
  };
}

/** A name for a file: what the set is called, and the digits of its version that are shown. */
function fileName({ name, version }: CuratedSet): string {
  return `${name.replaceAll(/[^\w.-]/gu, '_')}-${version.slice(0, 12)}`;
}

function summaryJson(set: CuratedSetSummary): z.output<typeof curatedSetSummary> {
  return {
    version: set.version,
    name: set.name,
    createdAt: isoTime(set.createdAt),
    items: set.items,
  };
}

function headJson(set: CuratedSet): z.output<typeof curatedSetHead> {
  const { shares, seed, incidentGap, nearDuplicateBits } = set.split;
  return {
    ...summaryJson({ ...set, items: set.items.length }),
    classes: [...set.classes],
    split: { shares, seed, incidentGapSeconds: incidentGap / 1000, nearDuplicateBits },
    splits: splitCounts(set),
  };
}

function itemJson({ label, lineage, ...item }: CuratedItem): CuratedItemJson {
  return {
    ...item,
    label: plainBody(label),
    lineage: {
      ...lineage,
      occurredAt: isoTime(lineage.occurredAt),
      labelledAt: isoTime(lineage.labelledAt),
      reasons: [...lineage.reasons],
      signals: lineage.signals.map((signal) => ({ ...signal })),
    },
  };
}
