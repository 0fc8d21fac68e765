import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { EdgeminerError } from '../faults.js';
import { annotatorId } from '../ids.js';
import type { AnnotatorId } from '../ids.js';
import { routesByProject } from './access.js';
import type { Role } from './access.js';

/** A bearer token, as it is configured under http.tokens. */
export interface AccessToken {
  /** Who uses it: the annotator's name on labels. */
  readonly name: string;
  readonly role: Role;
  /** sha256 of the token, 64 lower-case hex digits; the token itself is not kept. */
  readonly tokenSha256: string;
  /** Milliseconds since 1970-01-01 UTC, from which it is of no use; undefined for never. */
  readonly expiresAt?: number | undefined;
  /** The projects that it is limited to, one or more; undefined for all. */
  readonly projects?: readonly string[] | undefined;
}

/** Who sent a request. */
export interface Principal {
  readonly name: string;
  readonly roles: readonly Role[];
  /** The projects that they are limited to; undefined for all. */
  readonly projects: readonly string[] | undefined;
}

/**
 * Tells people by tokens that somebody else signed (JWT). Obligations: `identify` resolves only
 * for a token that is genuine, meant for this server and valid now; throws `auth.missing` or
 * `auth.expired` for others, and `auth.unavailable` where it can't be told, which may pass.
 */
export interface IdentityProvider {
  identify(token: string): Promise<Principal>;
}

/** Everybody's name where no tokens are configured, which only a loopback address allows. */
export const localAdmin: Principal = { name: 'local', roles: ['admin'], projects: undefined };

export interface AuthenticatorOptions {
  readonly tokens: readonly AccessToken[];
  readonly identityProvider?: IdentityProvider | undefined;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number;
}

/** True where nobody needs to say who they are. */
export function isOpenToAll({ tokens, identityProvider }: AuthenticatorOptions): boolean {
  return tokens.length === 0 && identityProvider === undefined;
}

/**
 * Finds who sent the Authorization header (RFC 6750), or throws `auth.missing` or
 * `auth.expired`. Every configured hash is compared, in constant time, so that timing tells
 * nothing. What is no configured token and has the form of a JWT goes to the identity provider.
 */
export function createAuthenticator(
  options: AuthenticatorOptions,
): (authorization: string | undefined) => Promise<Principal> {
  const { identityProvider, now } = options;
  const known = options.tokens.map((token) => ({
    token,
    digest: Buffer.from(token.tokenSha256, 'hex'),
  }));
  const configured = new Set(options.tokens.map(({ name }) => name));
  return async (authorization) => {
    if (isOpenToAll(options)) return localAdmin;
    const sent = /^Bearer +([^\s]+) *$/iu.exec(authorization ?? '')?.[1];
    if (sent === undefined) throw missing('this route needs a bearer token');
    const digest = createHash('sha256').update(sent).digest();
    let found: AccessToken | undefined;
    for (const one of known) {
      if (timingSafeEqual(one.digest, digest)) found = one.token;
    }
    if (found !== undefined) {
      const { name, role, expiresAt, projects } = found;
      if (expiresAt !== undefined && expiresAt <= now()) throw expired(`the token of ${name}`);
      return { name, roles: [role], projects };
    }
    if (identityProvider === undefined || !looksLikeJwt(sent)) {
      throw missing('the bearer token is not known here');
    }
    const principal = await identityProvider.identify(sent);
    // Work is booked under names: two ways to one name would mix two people.
    if (configured.has(principal.name)) {
      throw missing(`the name ${principal.name} belongs to a token of http.tokens`);
    }
    return principal;
  };
}

/** Throws `auth.forbidden` unless one of the roles is allowed and the route fits the projects. */
export function authorize(principal: Principal, allowed: readonly Role[], route: string): void {
  const { name, roles: has, projects } = principal;
  if (!has.some((role) => allowed.includes(role))) {
    const what = has.length === 0 ? 'no role' : `the role ${has.join(' and ')}`;
    throw new EdgeminerError('auth.forbidden', `${name} has ${what}, which may not ${route}`, {
      field: 'Authorization',
      mend: `Use a token with the role ${allowed.join(' or ')}.`,
    });
  }
  if (projects === undefined || routesByProject.has(route)) return;
  throw new EdgeminerError(
    'auth.forbidden',
    `${name} is limited to some projects, and ${route} looks across all`,
    { field: 'Authorization', mend: 'Use a token without projects for this route.' },
  );
}

/** The name that a request's labels and leases go by. */
export function annotatorOf(request: { principal: Principal | undefined }): AnnotatorId {
  return annotatorId(principalOf(request).name);
}

/** Who sent a request to a route that needs a token. */
export function principalOf({ principal }: { principal: Principal | undefined }): Principal {
  if (principal === undefined) throw missing('this route needs a bearer token');
  return principal;
}

/**
 * Without tokens everybody is admin, so only this machine may reach the server. Throws
 * `config.invalid` for an address that others can reach too.
 */
export function refuseOpenHost(host: string): void {
  if (isLoopback(host)) return;
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

/** Three parts of base64url, the last of which (the signature) may be empty. */
function looksLikeJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/u.test(token);
}

/** `auth.missing`: 401, and how to do better. */
export function missing(message: string, cause?: unknown): EdgeminerError {
  return new EdgeminerError('auth.missing', message, {
    field: 'Authorization',
    mend: "Send the header 'Authorization: Bearer TOKEN'; an admin gives out tokens (docs/http.md).",
    cause,
  });
}

/** `auth.expired`: 401, for what was good once. */
export function expired(what: string): EdgeminerError {
  return new EdgeminerError('auth.expired', `${what} has expired`, {
    field: 'Authorization',
    mend: 'Get a new token: from whom the token came, or by edgeminer token new.',
  });
}
