import { expect } from 'vitest';
import * as schemas from '../../src/http/schemas.js';
import { eventId, sourceId, taskId } from '../../src/ids.js';
import { taskIdOf } from '../../src/queue/task-id.js';
import { cat, holds, isOnlyData, lease, refusedAs } from './attack.js';
import type { Attack } from './attack.js';

const script = '<script>alert(1)</script>';

export const attacksByAccess: readonly Attack[] = [
  {
    what: 'forged token',
    sent: 'a guess, the hash for the token, a JWT without signature, the token in the query',
    must: '401 `auth.missing`',
    tryIt: async (api) => {
      const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const jwt = `${part({ alg: 'none' })}.${part({ sub: 'root', roles: ['admin'] })}.`;
      for (const token of ['guess', api.adminSha256, jwt, 'Admin-secret', 'admin-secret\u00a0']) {
        const headers = { authorization: `Bearer ${token}` };
        refusedAs(await api.send('GET', '/v1/tasks', { headers }), 401, 'auth.missing');
      }
      const query = await api.send('GET', '/v1/tasks?access_token=admin-secret');
      refusedAs(query, 401, 'auth.missing');
    },
  },
  {
    what: 'expired token',
    sent: 'a token whose `expiresAt` is over',
    must: '401 `auth.expired`',
    tryIt: async (api) => {
      const headers = { authorization: 'Bearer expired-secret' };
      refusedAs(await api.send('GET', '/v1/tasks', { headers }), 401, 'auth.expired');
    },
  },
  {
    what: 'wrong project',
    sent: "another project's task by its id: read, picture, label, skip, ruling, audit",
    must: '404 `task.not-found`, in the words for a task that is not there',
    tryIt: async (api) => {
      const [id = ''] = await api.offer(1, 'animals', { project: 'south' });
      const headers = { authorization: 'Bearer north-secret' };
      const claim = { batchId: 'b', fence: 1 };
      for (const [method, path, body] of [
        ['GET', '', undefined],
        ['GET', '/image', undefined],
        ['GET', '/audit', undefined],
        ['POST', '/labels', { ...claim, label: cat }],
        ['POST', '/skip', { ...claim, reason: 'x' }],
        ['POST', '/adjudicate', { label: cat }],
        ['POST', '/cancel', { reason: 'x' }],
      ] as const) {
        const sent = { headers, ...(body === undefined ? {} : { body }) };
        refusedAs(await api.send(method, `/v1/tasks/${id}${path}`, sent), 404, 'task.not-found');
      }
    },
  },
  {
    what: "another person's answer",
    sent: 'the Idempotency-Key, the batch and the fence of somebody else',
    must: 'no answer of theirs; 404 `batch.not-found`, 409 `lease.lost`',
    tryIt: async (api) => {
      const headers = { 'idempotency-key': 'of-ana' };
      const hers = schemas.batch.parse((await lease(api, { limit: 1 }, headers)).json);
      const sent = { as: 'ben', body: { limit: 1 }, headers } as const;
      const his = schemas.batch.parse((await api.send('POST', '/v1/batches', sent)).json);
      expect(his.batchId).not.toBe(hers.batchId);
      const [task] = hers.tasks;
      const renewed = await api.send('POST', `/v1/batches/${hers.batchId}/renew`, { as: 'ben' });
      refusedAs(renewed, 404, 'batch.not-found');
      const body = { batchId: hers.batchId, fence: task?.fence, label: cat };
      const path = `/v1/tasks/${task?.id ?? ''}/labels`;
      refusedAs(await api.send('POST', path, { as: 'ben', body }), 409, 'lease.lost');
    },
  },
  {
    what: 'script',
    sent: '`<script>` as a class, as words of a skip, in tags and ids of events, in a path',
    must: 'refused as a class; else served as JSON, with nosniff and a CSP that runs nothing',
    tryIt: async (api) => {
      const { id, claim } = await holds(api);
      const label = { kind: 'class', class: script };
      const bad = await api.send('POST', `/v1/tasks/${id}/labels`, {
        as: 'ana',
        body: { ...claim, label },
      });
      refusedAs(bad, 422, 'label.invalid');
      const body = { ...claim, reason: script };
      isOnlyData(await api.send('POST', `/v1/tasks/${id}/skip`, { as: 'ana', body }));
      const [tagged = ''] = await api.offer(1, script, { [script]: script });
      const read = await api.send('GET', `/v1/tasks/${tagged}`, { as: 'ana' });
      expect(read.json).toMatchObject({ modelName: script, tags: { [script]: script } });
      isOnlyData(read);
      const missing = await api.send('GET', `/v1/${encodeURIComponent(script)}`);
      refusedAs(missing, 404, 'route.not-found');
      const docs = await api.send('GET', '/docs/');
      expect(docs.headers.get('content-security-policy')).toMatch(/script-src 'self'/u);
      expect(docs.headers.get('content-security-policy')).toMatch(/default-src 'none'/u);
    },
  },
  {
    what: 'script',
    sent: 'a picture whose bytes are also a page',
    must: 'served under its own type, with nosniff, in a sandbox',
    tryIt: async (api) => {
      const [id = ''] = await api.offer(1);
      const { headers } = await api.send('GET', `/v1/tasks/${id}/image`, { as: 'ana' });
      expect(headers.get('content-type')).toBe('image/jpeg');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    },
  },
  {
    what: 'formula in CSV',
    sent: '`=HYPERLINK("http://x")`, `+1`, `-1`, `@SUM(A1)` as the name of a model, then `queue list --csv`',
    must: "the cell begins with `'`: text, and no formula",
    tryIt: async (api) => {
      for (const model of ['=HYPERLINK("http://x","y")', '+1', '-1', '@SUM(A1)']) {
        await api.offer(1, model);
        const args = ['queue', 'list', '--csv', '--model', model, '--server', api.url];
        const lines = (await api.cli(args)).trim().split('\n').slice(1);
        expect(lines).toHaveLength(1);
        expect(lines[0]).toMatch(/,"'[=+\-@][^,]/u);
        expect(lines[0]).not.toMatch(/(?:^|,)"?[=+\-@]/u);
      }
    },
  },
  {
    what: 'taking over a task',
    sent: "an event of one's own project under another project's source and event id",
    must: '403 `auth.forbidden`; the task keeps its scores',
    tryIt: async (api) => {
      const [id = ''] = await api.offer(1, 'animals', { project: 'south' });
      const before = await api.store.queue.find(taskId(id));
      const event = {
        eventId: before?.eventId,
        occurredAt: '2025-06-01T12:00:00Z',
        modelName: 'animals',
        modelVersion: '3.1.0',
        sourceId: before?.sourceId,
        image: { bytes: 'AAAA' },
        tags: { project: 'north' },
      };
      expect(taskIdOf(sourceId(event.sourceId ?? ''), eventId(event.eventId ?? ''))).toBe(id);
      const headers = { authorization: 'Bearer north-producer-secret' };
      const answer = await api.send('POST', '/v1/events', { headers, body: event });
      refusedAs(answer, 403, 'auth.forbidden');
      expect(await api.store.queue.find(taskId(id))).toEqual(before);
    },
  },
];
