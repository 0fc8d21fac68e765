import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { EdgeminerError, isEdgeminerError, messageOf } from '../../faults.js';
import { roles as allRoles } from '../../http/access.js';
import type { Role } from '../../http/access.js';
import { expired, missing } from '../../http/auth.js';
import type { IdentityProvider, Principal } from '../../http/auth.js';

export interface OidcOptions {
  /** As tokens have it in `iss`; its discovery document is below it. */
  readonly issuer: string;
  /** What tokens must have in `aud`. */
  readonly audience: string;
  /** Where the keys are; undefined for where the discovery document says. */
  readonly jwksUri?: string | undefined;
  /** Asymmetric ones only, and `none` is none: the keys are public. */
  readonly algorithms: readonly string[];
  readonly clockToleranceSeconds: number;
  /** Names of claims; `a.b` for the claim b in the object a. */
  readonly nameClaim: string;
  readonly rolesClaim: string;
  /** Values of the roles claim and what they mean here; empty where they are roles themselves. */
  readonly roles: Readonly<Record<string, Role>>;
  /** Undefined: nobody is limited to projects. */
  readonly projectsClaim?: string | undefined;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number;
  /** At least this long between two fetches of keys for want of one. Milliseconds. */
  readonly cooldownMs?: number;
}

type Keys = ReturnType<typeof createRemoteJWKSet>;

/** The issuer has this long to answer. Milliseconds. */
const patienceMs = 5000;
/** Keys that the issuer withdrew are honoured no longer than this. Milliseconds. */
const keysLastMs = 600_000;

/**
 * People by the access tokens of an OpenID Connect issuer. Its keys are fetched when they are
 * first needed, kept for ten minutes, and fetched anew for a token signed with an unknown one.
 */
export function openOidc(options: OidcOptions): IdentityProvider {
  let keys: Promise<Keys> | undefined;

  /** Found once; a failure is not kept. */
  function findKeys(): Promise<Keys> {
    keys ??= keysOf(options).catch((error: unknown) => {
      keys = undefined;
      throw error;
    });
    return keys;
  }

  return {
    async identify(token) {
      refuseForeign(token, options);
      let payload: JWTPayload;
      try {
        const verified = await jwtVerify(token, await findKeys(), {
          issuer: options.issuer,
          audience: options.audience,
          algorithms: [...options.algorithms],
          clockTolerance: options.clockToleranceSeconds,
          currentDate: new Date(options.now()),
          requiredClaims: ['exp'],
        });
        payload = verified.payload;
      } catch (error) {
        throw faultOf(error, options.issuer);
      }
      return principalIn(payload, options);
    },
  };
}

/** Before anything is asked of the issuer: nobody makes this server fetch by sending nonsense. */
function refuseForeign(token: string, { issuer, algorithms }: OidcOptions): void {
  let fits: boolean;
  try {
    const { alg = '' } = decodeProtectedHeader(token);
    fits = algorithms.includes(alg) && decodeJwt(token).iss === issuer;
  } catch (error) {
    throw missing('the bearer token is not a JWT that can be read', error);
  }
  if (!fits) throw missing(`the bearer token is not one of ${issuer} with a known algorithm`);
}

async function keysOf(options: OidcOptions): Promise<Keys> {
  const uri = options.jwksUri ?? (await discoveredUri(options.issuer));
  return createRemoteJWKSet(new URL(uri), {
    timeoutDuration: patienceMs,
    cooldownDuration: options.cooldownMs ?? 10_000,
    cacheMaxAge: keysLastMs,
  });
}

/** OpenID Connect Discovery 1.0, section 4. */
async function discoveredUri(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/u, '')}/.well-known/openid-configuration`;
  let document: unknown;
  try {
    const answer = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(patienceMs),
    });
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    document = await answer.json();
  } catch (error) {
    throw unavailable(issuer, error);
  }
  const { issuer: named, jwks_uri: uri } = Object(document) as Record<string, unknown>;
  if (named !== issuer || typeof uri !== 'string' || !isSafe(uri)) {
    throw unavailable(issuer, new Error(`${url} does not describe it`));
  }
  return uri;
}

/** Keys that came over plain HTTP from elsewhere could be anybody's. */
function isSafe(uri: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname } = new URL(uri);
  return protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}

/** What says that the keys can't be had, rather than that the token is wrong. */
const ofTheIssuer: ReadonlySet<string> = new Set([
  errors.JOSEError.code,
  errors.JWKSTimeout.code,
  errors.JWKSInvalid.code,
]);

function faultOf(error: unknown, issuer: string): EdgeminerError {
  if (isEdgeminerError(error)) return error;
  if (error instanceof errors.JWTExpired) return expired('the bearer token');
  if (error instanceof errors.JOSEError && !ofTheIssuer.has(error.code)) {
    return missing(`the bearer token is not valid: ${error.message}`, error);
  }
  return unavailable(issuer, error);
}

function unavailable(issuer: string, error: unknown): EdgeminerError {
  return new EdgeminerError(
    'auth.unavailable',
    `the identity provider ${issuer} does not answer: ${messageOf(error)}`,
    {
      field: 'http.oidc.issuer',
      mend: 'Send it again in some seconds. Tokens of http.tokens work meanwhile.',
      cause: error,
    },
  );
}

function principalIn(payload: JWTPayload, options: OidcOptions): Principal {
  const name = claimIn(payload, options.nameClaim);
  if (typeof name !== 'string' || !/^[^\p{Cc}]{1,200}$/u.test(name)) {
    throw missing(`the bearer token names nobody in its claim ${options.nameClaim}`);
  }
  const mapping = Object.entries(options.roles);
  const values = textsIn(payload, options.rolesClaim);
  const roles =
    mapping.length === 0
      ? allRoles.filter((role) => values.includes(role))
      : mapping.flatMap(([value, role]) => (values.includes(value) ? [role] : []));
  const { projectsClaim } = options;
  // Who should have projects and has none is limited to none, and not free of limits.
  const projects = projectsClaim === undefined ? undefined : textsIn(payload, projectsClaim);
  return { name, roles: [...new Set(roles)], projects };
}

/** A text, a list of texts, or texts with spaces between them, as `scope` has them. */
function textsIn(payload: JWTPayload, claim: string): string[] {
  const value = claimIn(payload, claim);
  if (typeof value === 'string') return value.split(' ').filter((text) => text !== '');
  if (!Array.isArray(value)) return [];
  return value.filter((text): text is string => typeof text === 'string');
}

function claimIn(payload: JWTPayload, claim: string): unknown {
  if (Object.hasOwn(payload, claim)) return payload[claim];
  let value: unknown = payload;
  for (const part of claim.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part))
      return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}
