import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EdgeminerError } from '../faults.js';
import {
  authorize,
  createAuthenticator,
  localAdmin,
  refuseForeignHost,
  refuseOpenHost,
} from './auth.js';
import type { AccessToken } from './auth.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const tokens: readonly AccessToken[] = [
  { name: 'ana', role: 'annotator', tokenSha256: sha256('first-token') },
  { name: 'line-4', role: 'producer', tokenSha256: sha256('second-token'), projects: ['north'] },
];

function faultOf(work: () => unknown): EdgeminerError {
  try {
    work();
  } catch (error) {
    if (error instanceof EdgeminerError) return error;
  }
  throw new Error('expected an EdgeminerError');
}

describe('authentication', () => {
  const now = () => 1000;
  const authenticate = createAuthenticator({ tokens, now });

  it('finds whose token it is', async () => {
    expect(await authenticate('Bearer first-token')).toEqual({
      name: 'ana',
      roles: ['annotator'],
      projects: undefined,
    });
    expect(await authenticate('bearer second-token')).toEqual({
      name: 'line-4',
      roles: ['producer'],
      projects: ['north'],
    });
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer first-token x',
    'Bearer First-token',
    `Bearer ${sha256('first-token')}`,
    'Basic first-token',
  ])('refuses %j and says what to send', async (header) => {
    await expect(authenticate(header)).rejects.toMatchObject({
      code: 'auth.missing',
      field: 'Authorization',
      mend: expect.stringContaining('Authorization: Bearer TOKEN') as string,
    });
  });

  it('refuses a token from the moment that it expires', async () => {
    const token = {
      name: 'ben',
      role: 'annotator',
      tokenSha256: sha256('third'),
      expiresAt: 1000,
    } as const;
    await expect(
      createAuthenticator({ tokens: [token], now })('Bearer third'),
    ).rejects.toMatchObject({ code: 'auth.expired', message: 'the token of ben has expired' });
    const before = createAuthenticator({ tokens: [token], now: () => 999 });
    expect((await before('Bearer third')).name).toBe('ben');
  });

  it('takes everybody for the local admin where no tokens are configured', async () => {
    expect(await createAuthenticator({ tokens: [], now })(undefined)).toEqual(localAdmin);
  });

  it('asks the identity provider about what has the form of a JWT, and about nothing else', async () => {
    const asked: string[] = [];
    const identityProvider = {
      identify: async (token: string) => {
        asked.push(token);
        return { name: token.split('.')[1] ?? '', roles: [], projects: undefined };
      },
    };
    const either = createAuthenticator({ tokens, identityProvider, now });
    expect((await either('Bearer first-token')).name).toBe('ana');
    expect((await either('Bearer a.carl.c')).name).toBe('carl');
    await expect(either('Bearer unknown')).rejects.toMatchObject({ code: 'auth.missing' });
    // Nobody becomes somebody else by having their name elsewhere.
    await expect(either('Bearer a.ana.c')).rejects.toMatchObject({ code: 'auth.missing' });
    expect(asked).toEqual(['a.carl.c', 'a.ana.c']);
    const alone = createAuthenticator({ tokens: [], identityProvider, now });
    await expect(alone(undefined)).rejects.toMatchObject({ code: 'auth.missing' });
  });
});

describe('authorization', () => {
  const line = { name: 'line-4', roles: ['producer'], projects: undefined } as const;

  it('names the role that is needed', () => {
    const fault = faultOf(() => authorize(line, ['annotator', 'admin'], 'GET /v1/tasks'));
    expect(fault).toMatchObject({
      code: 'auth.forbidden',
      message: 'line-4 has the role producer, which may not GET /v1/tasks',
      mend: 'Use a token with the role annotator or admin.',
    });
  });

  it('takes any one of several roles', () => {
    const both = { ...line, roles: ['producer', 'annotator'] } as const;
    expect(() => authorize(both, ['annotator'], 'GET /v1/tasks')).not.toThrow();
  });

  it('keeps who is limited to projects from what looks across all, and from new routes', () => {
    const limited = { name: 'root', roles: ['admin'], projects: ['north'] } as const;
    expect(() => authorize(limited, ['admin'], 'GET /v1/tasks')).not.toThrow();
    for (const route of ['GET /v1/stats', 'POST /v1/something-new']) {
      expect(faultOf(() => authorize(limited, ['admin'], route)).code).toBe('auth.forbidden');
    }
  });
});

describe('a server without tokens', () => {
  it.each(['127.0.0.1', '127.8.0.1', '::1', 'localhost', 'LOCALHOST'])('may listen on %s', (host) =>
    expect(() => refuseOpenHost(host)).not.toThrow(),
  );

  it.each(['0.0.0.0', '::', '192.168.1.4', 'example.com', ''])('may not listen on %j', (host) =>
    expect(faultOf(() => refuseOpenHost(host))).toMatchObject({
      code: 'config.invalid',
      field: 'http.tokens',
    }),
  );

  it('answers only to names of this machine', () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]', '::1']) {
      expect(() => refuseForeignHost(host)).not.toThrow();
    }
    expect(faultOf(() => refuseForeignHost('rebound.example.com')).code).toBe('auth.forbidden');
  });
});
