import { createHmac } from 'node:crypto';
import { UnsecuredJWT } from 'jose';
import type { JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOidc } from '../../src/adapters/oidc/open-oidc.js';
import type { OidcOptions } from '../../src/adapters/oidc/open-oidc.js';
import { startLocalIssuer } from './local-issuer.js';
import type { LocalIssuer } from './local-issuer.js';
import { configured, startTestServer } from './test-server.js';
import type { TestServer } from './test-server.js';

/** Of the test server's clock, in seconds. */
const now = Date.UTC(2025, 5, 1, 12) / 1000;

let issuer: LocalIssuer;
let api: TestServer;

function optionsOf(more: Partial<OidcOptions> = {}): OidcOptions {
  return {
    issuer: issuer.issuer,
    audience: 'edgeminer',
    algorithms: ['RS256', 'ES256'],
    clockToleranceSeconds: 30,
    nameClaim: 'preferred_username',
    rolesClaim: 'realm_access.roles',
    roles: { 'em-annotators': 'annotator', 'em-reviewers': 'reviewer' },
    projectsClaim: 'projects',
    now: () => now * 1000,
    cooldownMs: 0,
    ...more,
  };
}

beforeAll(async () => {
  issuer = await startLocalIssuer();
  api = await startTestServer({
    identityProvider: openOidc(optionsOf()),
    limits: { refusalsPerMinute: 1000 },
  });
});

afterAll(async () => {
  await api.close();
  await issuer.close();
});

const good = (): JWTPayload => ({
  iss: issuer.issuer,
  aud: ['other', 'edgeminer'],
  sub: '7f3c',
  preferred_username: 'dora',
  realm_access: { roles: ['em-annotators', 'em-unknown'] },
  projects: ['north'],
  iat: now - 10,
  exp: now + 300,
});

function without(claim: string): JWTPayload {
  return Object.fromEntries(Object.entries(good()).filter(([name]) => name !== claim));
}

function list(token: string, path = '/v1/tasks') {
  return api.send('GET', path, { headers: { authorization: `Bearer ${token}` } });
}

describe('a token of an OpenID Connect issuer', () => {
  it('gives name, roles and projects', async () => {
    const [north = ''] = await api.offer(1, 'animals', { project: 'north' });
    await api.offer(1, 'animals', { project: 'south' });
    const token = await issuer.token(good());
    const answer = await list(token);
    expect(answer).toMatchObject({ status: 200, json: { tasks: [{ id: north }] } });
    const leased = await api.send('POST', '/v1/batches', {
      body: { limit: 10 },
      headers: { authorization: `Bearer ${token}` },
    });
    expect(leased.json).toMatchObject({ tasks: [{ id: north, lease: { annotator: 'dora' } }] });
    expect((leased.json as { tasks: unknown[] }).tasks).toHaveLength(1);
  });

  it('may do what any of its roles may, and nothing else', async () => {
    const both = { ...good(), realm_access: { roles: ['em-annotators', 'em-reviewers'] } };
    const path = `/v1/tasks/${'0'.repeat(64)}/audit`;
    expect((await list(await issuer.token(both), path)).status).toBe(404);
    expect((await list(await issuer.token(good()), path)).status).toBe(403);
    const none = await issuer.token({ ...good(), realm_access: {} });
    expect(await list(none)).toMatchObject({ status: 403, json: { code: 'auth.forbidden' } });
    // A role of ours is none of theirs once there is a mapping.
    const admin = await issuer.token({ ...good(), realm_access: { roles: ['admin'] } });
    expect((await list(admin)).status).toBe(403);
  });

  it('is limited to no project at all where the claim is missing', async () => {
    const token = await issuer.token(without('projects'));
    expect(await list(token)).toMatchObject({ status: 200, json: { tasks: [] } });
  });

  it.each<[string, () => Promise<string> | string, string]>([
    ['alg none', () => new UnsecuredJWT(good()).encode(), 'auth.missing'],
    [
      'HS256 with the public key as the secret',
      async () => {
        const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
        const text = `${part({ alg: 'HS256', kid: 'key-0' })}.${part(good())}`;
        const mac = createHmac('sha256', await issuer.publicKey()).update(text);
        return `${text}.${mac.digest('base64url')}`;
      },
      'auth.missing',
    ],
    [
      'a payload changed after it was signed',
      async () => {
        const [head = '', , signature = ''] = (await issuer.token(good())).split('.');
        const forged = { ...good(), preferred_username: 'root' };
        const payload = Buffer.from(JSON.stringify(forged)).toString('base64url');
        return `${head}.${payload}.${signature}`;
      },
      'auth.missing',
    ],
    [
      'no signature',
      async () => `${(await issuer.token(good())).split('.').slice(0, 2).join('.')}.`,
      'auth.missing',
    ],
    ['another audience', () => issuer.token({ ...good(), aud: 'other' }), 'auth.missing'],
    ['no audience', () => issuer.token(without('aud')), 'auth.missing'],
    ['another issuer', () => issuer.token({ ...good(), iss: 'https://evil.test' }), 'auth.missing'],
    ['no issuer', () => issuer.token(without('iss')), 'auth.missing'],
    ['expired', () => issuer.token({ ...good(), exp: now - 31 }), 'auth.expired'],
    ['no expiry', () => issuer.token(without('exp')), 'auth.missing'],
    ['not valid yet', () => issuer.token({ ...good(), nbf: now + 31 }), 'auth.missing'],
    ['an unknown key', () => issuer.token(good(), { kid: 'nobody' }), 'auth.missing'],
    [
      'a key of its own in the header',
      async () =>
        issuer.token(good(), {
          kid: 'mine',
          header: { jku: 'https://evil.test/keys', jwk: { kty: 'oct', k: 'AAAA' } },
        }),
      'auth.missing',
    ],
    [
      'a critical extension',
      () => issuer.token(good(), { header: { b64: true, crit: ['b64'] } }),
      '',
    ],
    ['no name', () => issuer.token(without('preferred_username')), 'auth.missing'],
    [
      'a name with a line break',
      () => issuer.token({ ...good(), preferred_username: 'a\r\nb' }),
      'auth.missing',
    ],
    [
      'the name of a configured token',
      () => issuer.token({ ...good(), preferred_username: 'ana' }),
      'auth.missing',
    ],
    ['nonsense', () => 'eyJhbGciOiJSUzI1NiJ9.e30.x', 'auth.missing'],
    ['nonsense in the header', () => 'x.y.z', 'auth.missing'],
  ])('is judged right with %s', async (_what, make, code) => {
    const answer = await list(await make());
    if (code === '') expect(answer.status).toBe(200);
    else expect(answer).toMatchObject({ status: 401, json: { code } });
  });

  it('is taken within the tolerance of the clocks', async () => {
    const late = await issuer.token({ ...good(), exp: now - 29, nbf: now + 29 });
    expect((await list(late)).status).toBe(200);
  });

  it('fetches keys once, and again for one that it does not know', async () => {
    const before = issuer.keyRequests();
    await list(await issuer.token(good()));
    expect(issuer.keyRequests()).toBe(before);
    await issuer.rotate({ publish: true });
    expect((await list(await issuer.token(good()))).status).toBe(200);
    expect(issuer.keyRequests()).toBe(before + 1);
    // One that is nobody's is not taken, and does not hide the others.
    await issuer.rotate({ publish: false });
    expect((await list(await issuer.token(good()))).status).toBe(401);
    issuer.publishNewest();
    expect((await list(await issuer.token(good()))).status).toBe(200);
  });

  it('does not make the server ask its issuer for what can be told without', async () => {
    const cold = await startTestServer({ identityProvider: openOidc(optionsOf()) });
    try {
      const before = issuer.keyRequests();
      const send = async (token: string) => {
        const headers = { authorization: `Bearer ${token}` };
        return (await cold.send('GET', '/v1/tasks', { headers })).status;
      };
      expect(await send(new UnsecuredJWT(good()).encode())).toBe(401);
      expect(await send(await issuer.token({ ...good(), iss: 'https://evil.test' }))).toBe(401);
      expect(issuer.keyRequests()).toBe(before);
    } finally {
      await cold.close();
    }
  });
});

describe('while the issuer is away', () => {
  it('its tokens get 503, which passes; configured tokens work', async () => {
    const cold = await startTestServer({
      tokens: configured,
      identityProvider: openOidc(optionsOf()),
    });
    const send = async (headers: Record<string, string>) =>
      cold.send('GET', '/v1/tasks', { headers });
    const bearer = { authorization: `Bearer ${await issuer.token(good())}` };
    try {
      issuer.break(true);
      const away = await send(bearer);
      expect(away).toMatchObject({ status: 503, json: { code: 'auth.unavailable' } });
      expect(away.headers.get('retry-after')).toBe('5');
      expect((await cold.send('GET', '/v1/tasks', { as: 'ana' })).status).toBe(200);
      issuer.break(false);
      expect((await send(bearer)).status).toBe(200);
      // What it knows by now outlasts the issuer.
      issuer.break(true);
      expect((await send(bearer)).status).toBe(200);
    } finally {
      issuer.break(false);
      await cold.close();
    }
  });

  it('nobody answers at its address at all', async () => {
    const gone = await startLocalIssuer();
    const token = await gone.token({ ...good(), iss: gone.issuer });
    await gone.close();
    const provider = openOidc(optionsOf({ issuer: gone.issuer }));
    await expect(provider.identify(token)).rejects.toMatchObject({
      code: 'auth.unavailable',
      retriable: true,
    });
    const direct = openOidc(optionsOf({ issuer: gone.issuer, jwksUri: `${gone.issuer}/keys` }));
    await expect(direct.identify(token)).rejects.toMatchObject({ code: 'auth.unavailable' });
  });
});

describe('a server with an identity provider and no tokens', () => {
  it('is open to nobody', async () => {
    const closed = await startTestServer({
      tokens: [],
      identityProvider: openOidc(optionsOf({ roles: {}, rolesClaim: 'scope' })),
    });
    try {
      expect((await closed.send('GET', '/v1/tasks')).status).toBe(401);
      const token = await issuer.token({ ...good(), scope: 'openid admin' });
      const headers = { authorization: `Bearer ${token}` };
      expect((await closed.send('GET', '/v1/tasks', { headers })).status).toBe(200);
    } finally {
      await closed.close();
    }
  });
});
