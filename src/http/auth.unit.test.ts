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
  { name: 'line-4', role: 'producer', tokenSha256: sha256('second-token') },
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
  const authenticate = createAuthenticator(tokens);

  it('finds whose token it is', () => {
    expect(authenticate('Bearer first-token')).toEqual({ name: 'ana', role: 'annotator' });
    expect(authenticate('bearer second-token')).toEqual({ name: 'line-4', role: 'producer' });
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
  ])('refuses %j and says what to send', (header) => {
    const fault = faultOf(() => authenticate(header));
    expect(fault).toMatchObject({ code: 'auth.missing', field: 'Authorization' });
    expect(fault.mend).toContain('Authorization: Bearer TOKEN');
  });

  it('takes everybody for the local admin where no tokens are configured', () => {
    expect(createAuthenticator([])(undefined)).toEqual(localAdmin);
  });
});

describe('authorization', () => {
  it('names the role that is needed', () => {
    const fault = faultOf(() =>
      authorize({ name: 'line-4', role: 'producer' }, ['annotator', 'admin'], 'GET /v1/tasks'),
    );
    expect(fault).toMatchObject({
      code: 'auth.forbidden',
      message: 'line-4 has the role producer, which may not GET /v1/tasks',
      mend: 'Use a token with the role annotator or admin.',
    });
  });
});

describe('a server without tokens', () => {
  it.each(['127.0.0.1', '127.8.0.1', '::1', 'localhost', 'LOCALHOST'])('may listen on %s', (host) =>
    expect(() => refuseOpenHost([], host)).not.toThrow(),
  );

  it.each(['0.0.0.0', '::', '192.168.1.4', 'example.com', ''])('may not listen on %j', (host) =>
    expect(faultOf(() => refuseOpenHost([], host))).toMatchObject({
      code: 'config.invalid',
      field: 'http.tokens',
    }),
  );

  it('may listen anywhere once there is a token', () =>
    expect(() => refuseOpenHost(tokens, '0.0.0.0')).not.toThrow());

  it('answers only to names of this machine', () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]', '::1']) {
      expect(() => refuseForeignHost(host)).not.toThrow();
    }
    expect(faultOf(() => refuseForeignHost('rebound.example.com')).code).toBe('auth.forbidden');
  });
});
