import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessTable, roles, routesByProject } from '../../src/http/access.js';
import * as schemas from '../../src/http/schemas.js';
import { configured, roleOf, send, startTestServer } from './test-server.js';
import type { TestServer, Who } from './test-server.js';

interface Operation {
  readonly security: readonly { readonly bearer?: readonly string[] }[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, unknown>> }>
  >;
}

const people = Object.keys(roleOf) as Who[];
const routes = Object.entries(accessTable).map(([route, access]) => {
  const [method = '', pattern = ''] = route.split(' ');
  return { route, method, pattern, access };
});
const guarded = routes.filter(({ access }) => access !== 'anyone');
const open = routes.filter(({ access }) => access === 'anyone');

function pathOf(pattern: string): string {
  return pattern
    .replace('{id}', '0'.repeat(64))
    .replace('{version}', '0'.repeat(64))
    .replace('{name}', 'animals')
    .replace(/\{(class|example)\}/g, '0');
}

let api: TestServer;

const hashed = (token: string) => createHash('sha256').update(token).digest('hex');
/** One of each role that is limited to a project, and one that has expired. */
const limited = roles.map((role) => ({
  name: `limited ${role}`,
  role,
  tokenSha256: hashed(`limited-${role}`),
  projects: ['north'],
}));
const old = { name: 'old', role: 'admin', tokenSha256: hashed('old-token'), expiresAt: 0 } as const;

beforeAll(async () => {
  api = await startTestServer({
    tokens: [...configured, ...limited, old],
    limits: { refusalsPerMinute: 1000 },
  });
});

afterAll(async () => {
  await api.close();
});

describe('access', () => {
  describe.each(guarded)('to $route', ({ route, method, pattern, access }) => {
    const path = pathOf(pattern);

    it.each(people)('is as the table says for %s', async (as) => {
      const allowed = roleOf[as] === 'admin' || access.includes(roleOf[as]);
      const { status, json } = await api.send(method, path, { as });
      if (allowed) expect([401, 403]).not.toContain(status);
      else
        expect({ status, json }).toMatchObject({ status: 403, json: { code: 'auth.forbidden' } });
    });

    it.each(limited)('is as the tables say for a $name', async ({ role }) => {
      const byRole = role === 'admin' || access.includes(role);
      const headers = { authorization: `Bearer limited-${role}` };
      const { status, json } = await api.send(method, path, { headers });
      if (byRole && routesByProject.has(route)) expect([401, 403]).not.toContain(status);
      else
        expect({ status, json }).toMatchObject({ status: 403, json: { code: 'auth.forbidden' } });
    });

    it('is refused to a token that has expired', async () => {
      const headers = { authorization: 'Bearer old-token' };
      const answer = await api.send(method, path, { headers });
      expect(answer).toMatchObject({ status: 401, json: { code: 'auth.expired' } });
    });

    it.each([undefined, 'Bearer wrong', 'Basic YW5hOmFubm90YXRvci1zZWNyZXQ=', 'annotator-secret'])(
      'is refused with the header %j',
      async (authorization) => {
        const headers = authorization === undefined ? {} : { authorization };
        const answer = await api.send(method, path, { headers });
        expect(answer).toMatchObject({
          status: 401,
          json: { code: 'auth.missing', field: 'Authorization' },
        });
        expect(schemas.problem.parse(answer.json).mend).toContain('Bearer TOKEN');
        expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="edgeminer"');
        expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/u);
      },
    );
  });

  it('has somebody of every role to try it with, and projects for real routes only', () => {
    expect([...new Set(Object.values(roleOf))].toSorted()).toEqual(roles.toSorted());
    expect(guarded.map(({ route }) => route)).toEqual(expect.arrayContaining([...routesByProject]));
  });

  it.each(open)('to $route needs no token', async ({ method, pattern }) => {
    expect((await api.send(method, pattern)).status).toBe(200);
  });

  it('is refused before the body is looked at', async () => {
    const answer = await api.send('POST', '/v1/batches', { body: '{broken' });
    expect(answer.status).toBe(401);
  });
});

describe('errors outside the routes', () => {
  it.each([
    ['GET', '/v2/nothing', 404, 'route.not-found'],
    ['DELETE', '/v1/tasks', 404, 'route.not-found'],
    ['GET', '/%zz', 400, 'input.invalid'],
  ])('answer %s %s as problems', async (method, path, status, code) => {
    const answer = await api.send(method, path, { as: 'root' });
    expect(answer).toMatchObject({ status, json: { code, status } });
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/u);
    expect(schemas.problem.parse(answer.json).mend).not.toBe('');
  });

  it.each([
    ['{broken', 'application/json', 400, 'input.invalid'],
    ['', 'application/json', 400, 'input.invalid'],
    ['limit=1', 'application/x-www-form-urlencoded', 415, 'request.media-type'],
    ['limit: 1', 'text/plain', 415, 'request.media-type'],
  ])('answer the body %j as %s with a problem', async (body, type, status, code) => {
    const headers = { 'content-type': type };
    const answer = await api.send('POST', '/v1/batches', { as: 'ana', body, headers });
    expect(answer).toMatchObject({ status, json: { code } });
  });

  it('answer a body that is too large with 413', async () => {
    const body = { limit: 1, model: 'x'.repeat(5 * 1024 * 1024) };
    const answer = await api.send('POST', '/v1/batches', { as: 'ana', body });
    expect(answer).toMatchObject({ status: 413, json: { code: 'request.too-large' } });
  });
});

describe('rates', () => {
  it('bound the requests of one token, and leave other tokens alone', async () => {
    const limited = await startTestServer({ limits: { requestsPerMinute: 3 } });
    try {
      const statuses = [];
      for (let i = 0; i < 4; i++) {
        statuses.push((await limited.send('GET', '/v1/stats', { as: 'ana' })).status);
      }
      expect(statuses).toEqual([200, 200, 200, 429]);
      const answer = await limited.send('GET', '/v1/stats', { as: 'ana' });
      expect(answer.json).toMatchObject({ code: 'request.too-many' });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await limited.send('GET', '/v1/stats', { as: 'ben' })).status).toBe(200);
      for (let i = 0; i < 5; i++) expect((await limited.send('GET', '/healthz')).status).toBe(200);
    } finally {
      await limited.close();
    }
  });

  it('bound the guesses of a token, and let the right one through', async () => {
    const limited = await startTestServer({ limits: { refusalsPerMinute: 2 } });
    try {
      const headers = { authorization: 'Bearer guess' };
      const statuses = [];
      for (let i = 0; i < 4; i++) {
        const answer = await limited.send('GET', '/v1/stats', { headers });
        statuses.push(answer.status);
        if (answer.status === 429) {
          expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
        }
      }
      expect(statuses).toEqual([401, 401, 429, 429]);
      expect((await limited.send('GET', '/v1/stats', { as: 'ana' })).status).toBe(200);
    } finally {
      await limited.close();
    }
  });
});

describe('a server without tokens', () => {
  it('lets everybody on this machine do everything, and says so in its log', async () => {
    const local = await startTestServer({ tokens: [] });
    try {
      expect((await local.send('GET', '/v1/tasks')).status).toBe(200);
      await local.offer(1);
      const batch = await local.send('POST', '/v1/batches', { body: { limit: 1 } });
      expect(batch.json).toMatchObject({ tasks: [{ lease: { annotator: 'local' } }] });
      expect(local.logged.filter(({ level }) => level === 'warn')).toMatchObject([
        { message: expect.stringContaining('http.tokens') as string },
      ]);
      // fetch does not let a caller set the Host header.
      const rebound = await new Promise<string>((resolve, reject) => {
        request(`${local.url}/v1/tasks`, { headers: { host: 'evil.example.com' } }, (answer) => {
          text(answer).then((body) => resolve(`${String(answer.statusCode)} ${body}`), reject);
        })
          .on('error', reject)
          .end();
      });
      expect(rebound).toMatch(/^403 .*"auth\.forbidden"/u);
    } finally {
      await local.close();
    }
  });

  it('refuses to listen where others could reach it', async () => {
    const local = await startTestServer({ tokens: [] });
    try {
      await expect(local.server.listen({ host: '0.0.0.0', port: 0 })).rejects.toMatchObject({
        code: 'config.invalid',
        field: 'http.tokens',
      });
    } finally {
      await local.close();
    }
  });
});

describe('/openapi.json', () => {
  it('is valid OpenAPI 3.1 and names every route, its security, answers and problems', async () => {
    const { json } = await send(`${api.url}/openapi.json`, 'GET');
    const document = json as Record<string, unknown> & {
      paths: Record<string, Record<string, Operation>>;
    };
    expect(document['openapi']).toBe('3.1.0');
    expect(await new Validator().validate(document)).toEqual({ valid: true });

    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        route: `${method.toUpperCase()} ${path}`,
        operation,
      })),
    );
    const expected = routes.map(({ route }) => route).filter((route) => route !== 'GET /docs');
    expect(described.map(({ route }) => route).toSorted()).toEqual(expected.toSorted());
    for (const { route, operation } of described) {
      const access = accessTable[route] ?? [];
      const roles = access === 'anyone' ? [] : [{ bearer: [...access, 'admin'] }];
      expect(operation.security, route).toEqual(roles);
      const statuses = Object.keys(operation.responses);
      expect(
        statuses.some((status) => status.startsWith('2')),
        route,
      ).toBe(true);
      if (access !== 'anyone')
        expect(statuses, route).toEqual(expect.arrayContaining(['401', '403']));
      for (const [status, { content }] of Object.entries(operation.responses)) {
        if (status < '400' || route === 'GET /readyz') continue;
        expect(content, `${route} ${status}`).toHaveProperty(['application/problem+json']);
      }
    }
  });

  it('comes with a page that loads nothing from elsewhere', async () => {
    const page = await send(`${api.url}/docs/`, 'GET');
    expect(page.headers.get('content-type')).toMatch(/^text\/html/u);
    const html = Buffer.from(page.bytes).toString();
    const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/gu)].map(([, path]) => path ?? '');
    expect(loaded.length).toBeGreaterThan(3);
    for (const path of loaded) {
      expect(path).toMatch(/^\.\/static\//u);
      expect((await send(new URL(path, `${api.url}/docs/`).href, 'GET')).status).toBe(200);
    }
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).not.toMatch(/https?:|\*/u);
    expect(policy).not.toMatch(/script-src[^;]*unsafe/u);
  });
});

describe('service routes', () => {
  it('tell version, readiness and metrics', async () => {
    const health = await api.send('GET', '/healthz');
    expect(health.json).toEqual({ status: 'ok', version: '0.1.0' });
    const ready = await api.send('GET', '/readyz');
    expect(ready.json).toEqual({ ready: true, checks: { store: { ok: true } } });
    await api.offer(2);
    await api.send('GET', `/v1/tasks/${'0'.repeat(64)}`, { as: 'ana' });
    const metrics = Buffer.from((await api.send('GET', '/metrics')).bytes).toString();
    // Counted at most every 15 s; an earlier test may have asked.
    expect(metrics).toMatch(/edgeminer_queue_tasks\{state="pending"\} \d+/u);
    expect(metrics).toMatch(
      /edgeminer_http_request_seconds_count\{route="\/v1\/tasks\/\{id\}",method="GET",status="404"\} [1-9]/u,
    );
    expect(metrics).toContain('route="unmatched"');
  });

  it('say 503 while something is away', async () => {
    const checks = { store: { ok: false, detail: 'connection refused' } };
    const away = await startTestServer({ readiness: async () => ({ ready: false, checks }) });
    try {
      expect(await away.send('GET', '/readyz')).toMatchObject({
        status: 503,
        json: { ready: false, checks },
      });
      expect((await away.send('GET', '/healthz')).status).toBe(200);
    } finally {
      await away.close();
    }
  });
});
