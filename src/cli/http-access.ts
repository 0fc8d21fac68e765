import { openOidc } from '../adapters/oidc/open-oidc.js';
import type { Config } from '../config/load-config.js';
import type { AccessToken, IdentityProvider } from '../http/auth.js';
import { defaultHttpLimits } from '../http/deps.js';
import type { HttpLimits } from '../http/deps.js';

/** Who may use the HTTP API, and how much, by the section `http`. */
export function httpAccess(
  { http }: Config,
  now: () => number,
): {
  readonly tokens: readonly AccessToken[];
  readonly identityProvider: IdentityProvider | undefined;
  readonly limits: HttpLimits;
} {
  return {
    tokens: http.tokens.map(({ expiresAt, ...token }) => ({
      ...token,
      expiresAt: expiresAt === undefined ? undefined : Date.parse(expiresAt),
    })),
    identityProvider: http.oidc === undefined ? undefined : openOidc({ ...http.oidc, now }),
    limits: {
      ...defaultHttpLimits,
      ...http.rateLimits,
      maxEventBytes: http.maxBodyBytes,
      maxEventBytesInFlight: http.maxBytesInFlight,
      maxRequestBytes: http.maxRequestBytes,
    },
  };
}
