import { expect } from 'vitest';
import { taskId } from '../../src/ids.js';
import { cat, holds, lease, refusedAs } from './attack.js';
import type { Attack } from './attack.js';
import { rawRequest } from './raw-request.js';
import type { TestServer } from './test-server.js';

const nothing = '0'.repeat(64);

async function countOf(api: TestServer): Promise<number> {
  const { byState } = await api.store.queue.stats(api.clock.now);
  return Object.values(byState).reduce((sum, n) => sum + n, 0);
}

const head = (api: TestServer, line: string, more: readonly string[] = []) =>
  [line, `Host: ${new URL(api.url).host}`, 'Authorization: Bearer annotator-secret', ...more].join(
    '\r\n',
  );

/** JSON that goes a million levels down. */
const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000);

const injection: readonly Attack[] = [
  {
    what: 'injection',
    sent: 'MongoDB operators in a body: `{"model": {"$ne": null}}`',
    must: '400 `input.invalid`',
    tryIt: async (api) => {
      for (const value of [{ $ne: null }, { $gt: '' }, ['a'], { $where: 'sleep(1)' }]) {
        refusedAs(await lease(api, { limit: 1, model: value }), 400, 'input.invalid');
      }
    },
  },
  {
    what: 'injection',
    sent: 'MongoDB operators in a query: `?model[$ne]=x`, `?state[$in]=pending`, `?$where=1`',
    must: '400 `input.invalid`',
    tryIt: async (api) => {
      for (const query of ['model[$ne]=x', 'state[$in]=pending', '$where=1', 'model=a&model=b']) {
        const answer = await api.send('GET', `/v1/tasks?${query}`, { as: 'ana' });
        refusedAs(answer, 400, 'input.invalid');
      }
    },
  },
  {
    what: 'injection',
    sent: 'operators in a label and a claim: `{"batchId": {"$ne": ""}, "fence": {"$gt": 0}}`',
    must: '400 or 422; the task stays as it is',
    tryIt: async (api) => {
      const { id, claim } = await holds(api);
      const path = `/v1/tasks/${id}/labels`;
      const send = (body: unknown) => api.send('POST', path, { as: 'ana', body });
      refusedAs(await send({ ...claim, batchId: { $ne: '' }, label: cat }), 400, 'input.invalid');
      refusedAs(await send({ ...claim, fence: { $gt: 0 }, label: cat }), 400, 'input.invalid');
      const label = { kind: 'class', class: { $ne: '' } };
      refusedAs(await send({ ...claim, label }), 422, 'label.invalid');
      expect((await api.store.queue.find(taskId(id)))?.state).toBe('leased');
    },
  },
  {
    what: 'injection',
    sent: "SQL in filters: `' OR 1=1 --`, `x'; DROP TABLE tasks; --`",
    must: 'taken for text: nothing matches, nothing is lost',
    tryIt: async (api) => {
      const before = await countOf(api);
      for (const value of ["' OR 1=1 --", "x'; DROP TABLE tasks; --", '%', '_', '" OR ""="']) {
        for (const field of ['model', 'source', 'class', 'project']) {
          const query = new URLSearchParams({ [field]: value });
          const listed = await api.send('GET', `/v1/tasks?${query.toString()}`, { as: 'ana' });
          expect(listed).toMatchObject({ status: 200, json: { tasks: [], next: null } });
          expect((await lease(api, { limit: 9, [field]: value })).json).toMatchObject({
            tasks: [],
          });
        }
      }
      expect(await countOf(api)).toBe(before);
    },
  },
  {
    what: 'prototype pollution',
    sent: '`__proto__` and `constructor` as keys of bodies, of tags and of a label',
    must: '400 or 422, or kept as plain text; no object changes',
    tryIt: async (api) => {
      refusedAs(await lease(api, '{"__proto__": {"polluted": 1}}'), 400, 'input.invalid');
      const nested = '{"limit": 1, "constructor": {"prototype": {"polluted": 1}}}';
      refusedAs(await lease(api, nested), 400, 'input.invalid');
      const label = `{"label": {"kind": "class", "class": "cat", "__proto__": {"polluted": 1}}}`;
      const path = `/v1/tasks/${nothing}/adjudicate`;
      refusedAs(await api.send('POST', path, { as: 'root', body: label }), 400, 'input.invalid');
      const event = JSON.stringify({
        eventId: 'e',
        occurredAt: '2025-06-01T12:00:00Z',
        modelName: 'animals',
        modelVersion: '1',
        sourceId: 's',
        image: { bytes: 'AAAA' },
        tags: { a: 'b' },
      }).replace('"a":"b"', '"__proto__":"x","constructor":"y"');
      const sent = await api.send('POST', '/v1/events', { as: 'line-4', body: event });
      expect([202, 400]).toContain(sent.status);
      expect(Object.keys(Object.prototype)).toEqual([]);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    },
  },
];

const paths: readonly Attack[] = [
  {
    what: 'traversal',
    sent: '`../../etc/passwd`, plain and encoded, as the id of a task, a batch and a curated set',
    must: '400 or 404',
    tryIt: async (api) => {
      for (const id of ['..%2f..%2fetc%2fpasswd', '..%5c..%5c', '%2e%2e%2f', '%00', 'a%0d%0ab']) {
        for (const path of [`/v1/tasks/${id}`, `/v1/tasks/${id}/image`, `/v1/curated-sets/${id}`]) {
          const { status } = await api.send('GET', path, { as: 'root' });
          expect([400, 404], path).toContain(status);
        }
        const renewed = await api.send('POST', `/v1/batches/${id}/renew`, { as: 'ana' });
        expect([400, 404]).toContain(renewed.status);
      }
      const raw = await rawRequest(
        api.url,
        `${head(api, 'GET /docs/static/../../../package.json HTTP/1.1', ['Connection: close'])}\r\n\r\n`,
      );
      expect(raw).toMatch(/^HTTP\/1\.1 40[0-4]/u);
      expect(raw).not.toContain('dependencies');
    },
  },
  {
    what: 'traversal',
    sent: 'names of curated sets and export formats: `../x`, `a/b`, `/etc`',
    must: '400 `input.invalid`',
    tryIt: async (api) => {
      for (const name of ['../x', 'a/b', '/etc', 'a\\b', '', 'x\r\ny']) {
        const made = await api.send('POST', '/v1/curated-sets', { as: 'cora', body: { name } });
        refusedAs(made, 400, 'input.invalid');
      }
      for (const format of ['../coco', 'coco/../../x', '%2e%2e', 'constructor', '__proto__']) {
        const path = `/v1/curated-sets/latest/export?format=${format}`;
        refusedAs(await api.send('GET', path, { as: 'cora' }), 400, 'input.invalid');
      }
    },
  },
  {
    what: 'header injection',
    sent: 'line breaks in paths, queries, names and keys: `%0d%0aSet-Cookie: x=1`',
    must: '400 or 404; no header of theirs in the answer',
    tryIt: async (api) => {
      for (const path of [
        '/v1/tasks?after=%0d%0aSet-Cookie:x=1',
        '/v1/tasks/%0d%0aSet-Cookie:x=1',
        '/v1/curated-sets/x%0d%0aSet-Cookie:x=1/export?format=coco',
        '/v1/%0d%0aSet-Cookie:x=1',
      ]) {
        const answer = await api.send('GET', path, { as: 'root' });
        expect([400, 404], path).toContain(answer.status);
        expect(answer.headers.get('set-cookie')).toBeNull();
      }
      const raw = await rawRequest(
        api.url,
        `${head(api, 'GET /v1/tasks HTTP/1.1', ['If-None-Match: "a\nSet-Cookie: x=1"', 'Connection: close'])}\r\n\r\n`,
      );
      expect(raw).not.toMatch(/^set-cookie/imu);
    },
  },
];

const sizes: readonly Attack[] = [
  {
    what: 'oversized',
    sent: 'bodies beyond the limits, with a length and in chunks without one',
    must: '413',
    tryIt: async (api) => {
      const large = 'x'.repeat(5 * 1024 * 1024);
      refusedAs(await lease(api, { limit: 1, model: large }), 413, 'request.too-large');
      const chunks = ['Content-Type: application/json', 'Transfer-Encoding: chunked'];
      const chunk = `${large.length.toString(16)}\r\n${large}\r\n`;
      const raw = await rawRequest(
        api.url,
        `${head(api, 'POST /v1/batches HTTP/1.1', [...chunks, 'Connection: close'])}\r\n\r\n${chunk}`,
      );
      if (raw !== '') expect(raw).toMatch(/^HTTP\/1\.1 413/u);
      expect((await api.send('GET', '/healthz')).status).toBe(200);
    },
  },
  {
    what: 'oversized',
    sent: 'a header of 64 KiB, and a path of 64 KiB',
    must: '431, and the connection is cut',
    tryIt: async (api) => {
      const long = 'x'.repeat(65_536);
      for (const request of [
        head(api, 'GET /v1/tasks HTTP/1.1', [`X-Long: ${long}`]),
        head(api, `GET /v1/tasks/${long} HTTP/1.1`),
      ]) {
        const raw = await rawRequest(api.url, `${request}\r\n\r\n`);
        if (raw !== '') expect(raw).toMatch(/^HTTP\/1\.1 431/u);
      }
      expect((await api.send('GET', '/healthz')).status).toBe(200);
    },
  },
  {
    what: 'oversized',
    sent: 'JSON nested a million levels deep, as a body, as a label and as an event',
    must: '400, 413 or 422; the server goes on',
    tryIt: async (api) => {
      const { id, claim } = await holds(api);
      const label = JSON.stringify({ ...claim, label: 0 }).replace('"label":0', `"label":${deep}`);
      const key = { 'idempotency-key': 'deep' };
      const path = `/v1/tasks/${id}`;
      const answers = [
        await lease(api, deep, key),
        await api.send('POST', `${path}/labels`, { as: 'ana', body: label }),
        await api.send('POST', `${path}/adjudicate`, {
          as: 'root',
          body: `{"label": ${deep}}`,
          headers: key,
        }),
        await api.send('POST', '/v1/events', { as: 'line-4', body: deep }),
      ];
      for (const { status } of answers) expect([400, 413, 422]).toContain(status);
      expect((await api.send('GET', '/healthz')).status).toBe(200);
    },
  },
  {
    what: 'slow body',
    sent: 'half a body, and then nothing',
    must: '408, and the connection is cut after `120` seconds',
    tryIt: async (api) => {
      const more = ['Content-Type: application/json', 'Content-Length: 100'];
      const raw = await rawRequest(
        api.url,
        `${head(api, 'POST /v1/batches HTTP/1.1', more)}\r\n\r\n{"limit":`,
      );
      expect(raw).toMatch(/^HTTP\/1\.1 408/u);
    },
  },
  {
    what: 'smuggling',
    sent: 'Content-Length and Transfer-Encoding together; two lengths',
    must: '400, and the connection is cut',
    tryIt: async (api) => {
      for (const more of [
        ['Content-Length: 5', 'Transfer-Encoding: chunked'],
        ['Content-Length: 5', 'Content-Length: 50'],
      ]) {
        const request = head(api, 'POST /v1/batches HTTP/1.1', more);
        const raw = await rawRequest(
          api.url,
          `${request}\r\n\r\n0\r\n\r\n${head(api, 'GET /v1/stats HTTP/1.1')}\r\n\r\n`,
        );
        expect(raw).toMatch(/^HTTP\/1\.1 400/u);
        expect(raw.match(/HTTP\/1\.1/gu)).toHaveLength(1);
      }
    },
  },
];

export const attacksByInput: readonly Attack[] = [...injection, ...paths, ...sizes];
