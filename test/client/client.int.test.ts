import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ApiProblem,
  answered,
  createEdgeminerClient,
  keyedPaths,
} from '../../src/client/client.js';
import type { EdgeminerClient, EdgeminerClientOptions } from '../../src/client/client.js';
import { startTestServer, tokens } from '../http/test-server.js';
import type { TestServer, Who } from '../http/test-server.js';
import { apiDocument, clientTypes, clientTypesFile } from './client-types.js';

let api: TestServer;

beforeAll(async () => {
  api = await startTestServer();
});

afterAll(async () => {
  await api.close();
});

function clientAs(who: Who, more: Partial<EdgeminerClientOptions> = {}): EdgeminerClient {
  return createEdgeminerClient({ server: `${api.url}/`, token: tokens[who], ...more });
}

async function problemOf(call: Promise<unknown>): Promise<ApiProblem> {
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  if (error instanceof ApiProblem) return error;
  throw new Error('expected an ApiProblem');
}

describe('the client and the OpenAPI document', () => {
  it('have the same types: npm run build:client brings them together', async () => {
    const written = await readFile(clientTypesFile, 'utf8');
    expect(written).toBe(await clientTypes(await apiDocument()));
  });

  it('name the same routes that honour Idempotency-Key', async () => {
    const { paths } = (await apiDocument()) as {
      paths: Record<string, { post?: { parameters?: readonly { name: string }[] } }>;
    };
    const keyed = Object.entries(paths)
      .filter(([, { post }]) => post?.parameters?.some(({ name }) => name === 'idempotency-key'))
      .map(([path]) => path);
    expect(keyed.toSorted()).toEqual([...keyedPaths].toSorted());
  });
});

describe('the client', () => {
  it('leases, shows, labels and curates', async () => {
    await api.offer(2);
    const client = clientAs('ana');
    const batch = await answered(client.POST('/v1/batches', { body: { limit: 1 } }));
    const [task] = batch.tasks;
    if (task === undefined) throw new Error('nothing was leased');
    const path = { id: task.id };
    const picture = await answered(
      client.GET('/v1/tasks/{id}/image', { params: { path }, parseAs: 'arrayBuffer' }),
    );
    expect(picture.byteLength).toBeGreaterThan(1000);
    const labelled = await answered(
      client.POST('/v1/tasks/{id}/labels', {
        params: { path },
        body: {
          batchId: batch.batchId,
          fence: task.fence,
          label: { kind: 'class', class: 'cat' },
        },
      }),
    );
    expect(labelled.label?.annotator).toBe('ana');
    const made = await answered(
      clientAs('cora').POST('/v1/curated-sets', { body: { name: 'by-client' } }),
    );
    expect(made).toMatchObject({ outcome: 'published', items: 1 });
  });

  it('throws problems with their code, field and mend', async () => {
    const params = { path: { id: '0'.repeat(64) } };
    const missing = await problemOf(answered(clientAs('ana').GET('/v1/tasks/{id}', { params })));
    expect(missing).toMatchObject({
      code: 'task.not-found',
      status: 404,
      message: `there is no task ${'0'.repeat(64)}`,
      field: 'id',
      retriable: false,
    });
    expect(missing.mend).not.toBe('');
    const denied = await problemOf(answered(clientAs('line-4').GET('/v1/stats')));
    expect(denied.code).toBe('auth.forbidden');
    const nobody = createEdgeminerClient({ server: api.url });
    expect((await problemOf(answered(nobody.GET('/v1/stats')))).code).toBe('auth.missing');
  });

  it('asks for its token anew with each call', async () => {
    let asked = 0;
    const client = clientAs('ana', {
      token: async () => (asked++ === 0 ? 'old' : tokens.ana),
    });
    expect((await problemOf(answered(client.GET('/v1/stats')))).status).toBe(401);
    expect((await answered(client.GET('/v1/stats'))).duplicates).toBe(0);
  });

  it('leases once, though the first answers are lost on the way', async () => {
    await api.offer(5);
    const before = (await api.store.queue.stats(api.clock.now)).byState.leased;
    let lost = 2;
    const keys: (string | null)[] = [];
    const client = clientAs('ben', {
      longestWait: 5,
      fetch: async (request) => {
        keys.push(request.headers.get('idempotency-key'));
        const response = await fetch(request);
        if (lost-- > 0) {
          await response.arrayBuffer();
          throw new TypeError('the connection was cut');
        }
        return response;
      },
    });
    const batch = await answered(client.POST('/v1/batches', { body: { limit: 2 } }));
    expect(batch.tasks).toHaveLength(2);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect((await api.store.queue.stats(api.clock.now)).byState.leased).toBe(before + 2);
    await answered(client.POST('/v1/batches', { body: { limit: 1 } }));
    expect(new Set(keys).size).toBe(2);
  });

  const later = (status: number, code: string) => {
    const headers = { 'content-type': 'application/problem+json', 'retry-after': '0' };
    const body = { type: 'about:blank', title: '', status, code, detail: 'later', mend: 'wait' };
    return new Response(JSON.stringify(body), { status, headers });
  };

  it.each([
    [429, 'request.too-many'],
    [503, 'server.busy'],
    [409, 'request.running'],
  ])('sends again what was answered %i %s, and gives up in the end', async (status, code) => {
    let sent = 0;
    const client = clientAs('ana', {
      fetch: async (request) => (++sent < 3 ? later(status, code) : fetch(request)),
    });
    await answered(client.POST('/v1/batches', { body: { limit: 1 } }));
    expect(sent).toBe(3);
    const hopeless = clientAs('ana', { fetch: async () => later(status, code), attempts: 3 });
    const problem = await problemOf(answered(hopeless.GET('/v1/stats')));
    expect(problem).toMatchObject({ status, code, retriable: true });
  });

  it('does not send again what is refused, nor wait longer than it may', async () => {
    let sent = 0;
    const refusing = clientAs('ana', {
      fetch: async () => {
        sent += 1;
        return later(409, 'lease.lost');
      },
    });
    await problemOf(answered(refusing.GET('/v1/stats')));
    expect(sent).toBe(1);
    const limited = await startTestServer({ limits: { requestsPerMinute: 1 } });
    try {
      const client = createEdgeminerClient({
        server: limited.url,
        token: tokens.ana,
        longestWait: 10,
      });
      await answered(client.GET('/v1/stats'));
      const problem = await problemOf(answered(client.GET('/v1/stats')));
      expect(problem.code).toBe('request.too-many');
    } finally {
      await limited.close();
    }
  });

  it('stops waiting when it is told to', async () => {
    const stop = new AbortController();
    const client = clientAs('ana', {
      fetch: async () => {
        stop.abort(new Error('enough'));
        throw new TypeError('cut');
      },
    });
    const problem = await problemOf(answered(client.GET('/v1/stats', { signal: stop.signal })));
    expect(problem.code).toBe('server.unreachable');
  });

  it('says so when nobody answers, or somebody else', async () => {
    const options = { attempts: 2, longestWait: 1 };
    const gone = createEdgeminerClient({ server: 'http://127.0.0.1:1', ...options });
    expect(await problemOf(answered(gone.GET('/v1/stats')))).toMatchObject({
      code: 'server.unreachable',
      status: 0,
      retriable: true,
    });
    const proxy = clientAs('ana', {
      fetch: async () => new Response('<h1>Bad gateway</h1>', { status: 502 }),
    });
    expect(await problemOf(answered(proxy.GET('/v1/stats')))).toMatchObject({
      code: 'server.failed',
      status: 502,
    });
  });
});
