import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { EdgeminerError } from '../faults.js';
import { annotatorId } from '../ids.js';
import type { AnnotatorId } from '../ids.js';
import type { Role } from './access.js';

/** A bearer token, as it is configured under http.tokens. */
export interface AccessToken {
  /** Who uses it: the annotator's name on labels. */
  readonly name: string;
  readonly role: Role;
  /** sha256 of the token, 64 lower-case hex digits; the token itself is not kept. */
  readonly tokenSha256: string;
}

/** Who sent a request. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
}

/** Everybody's name where no tokens are configured, which only a loopback address allows. */
export const localAdmin: Principal = { name: 'local', role: 'admin' };

/**
 * Finds whose token the Authorization header carries (RFC 6750), or throws `auth.missing`.
 * Every configured hash is compared, in constant time, so that timing tells nothing.
 */
export function createAuthenticator(
  tokens: readonly AccessToken[],
): (authorization: string | undefined) => Principal {
  const known = tokens.map(({ name, role, tokenSha256 }) => ({
    principal: { name, role },
    digest: Buffer.from(tokenSha256, 'hex'),
  }));
  return (authorization) => {
    if (known.length === 0) return localAdmin;
    const sent = /^Bearer +([^\s]+) *$/iu.exec(authorization ?? '')?.[1];
    if (sent === undefined) throw missing('this route needs a bearer token');
    const digest = createHash('sha256').update(sent).digest();
    let found: Principal | undefined;
    for (const one of known) {
      if (timingSafeEqual(one.digest, digest)) found = one.principal;
    }
    if (found === undefined) throw missing('the bearer token is not known here');
    return found;
  };
}

/** Throws `auth.forbidden` unless the role is among those allowed. */
export function authorize(principal: Principal, allowed: readonly Role[], action: string): void {
  if (allowed.includes(principal.role)) return;
  throw new EdgeminerError(
    'auth.forbidden',
    `${principal.name} has the role ${principal.role}, which may not ${action}`,
    {
      field: 'Authorization',
      mend: `Use a token with the role ${allowed.join(' or ')}.`,
    },
  );
}

/** The name that a request's labels and leases go by. */
export function annotatorOf({ principal }: { principal: Principal | undefined }): AnnotatorId {
  if (principal === undefined) throw missing('this route needs a bearer token');
  return annotatorId(principal.name);
}

/**
 * Without tokens everybody is admin, so only this machine may reach the server. Throws
 * `config.invalid` for an address that others can reach too.
 */
export function refuseOpenHost(tokens: readonly AccessToken[], host: string): void {
  if (tokens.length > 0 || isLoopback(host)) return;
  throw new EdgeminerError(
    'config.invalid',
    `without tokens the server may listen on a loopback address only, not on ${host}`,
    {
      field: 'http.tokens',
      mend: 'Configure http.tokens (docs/http.md says how), or set http.host to 127.0.0.1.',
    },
  );
}

/**
 * Without tokens a request must also name this machine in its Host header: else a page in a
 * browser here could reach the server under a name of its own (DNS rebinding).
 */
export function refuseForeignHost(hostname: string): void {
  if (isLoopback(hostname.replace(/^\[(.*)\]$/u, '$1'))) return;
  throw new EdgeminerError('auth.forbidden', `${hostname} is not a name of this machine`, {
    field: 'Host',
    mend: 'Use http://127.0.0.1 or http://localhost, or configure http.tokens.',
  });
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true;
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

function missing(message: string): EdgeminerError {
  return new EdgeminerError('auth.missing', message, {
    field: 'Authorization',
    mend: "Send the header 'Authorization: Bearer TOKEN'; an admin gives out tokens (docs/http.md).",
  });
}
