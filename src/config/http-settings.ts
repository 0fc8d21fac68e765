import { z } from 'zod';

/** The section `http`: the server, and who may use it. */
const name = z.string().min(1);
const mebibyte = 1024 * 1024;

/** Stands in audit entries, logs and headers. */
const personName = z
  .string()
  .regex(/^[^\p{Cc}]{1,200}$/u, { error: 'must be 1 to 200 characters, without line breaks' });

const role = z.enum(['producer', 'annotator', 'reviewer', 'curator', 'admin']);

const moment = z.union([z.iso.datetime({ offset: true }), z.iso.date()], {
  error: 'must be a day or a time with its zone: 2026-12-31, 2026-12-31T18:00:00Z',
});

/** `tokenSha256` is the sha256 of the token, in hex: the token itself is not kept. */
const token = z.strictObject({
  name: personName,
  role,
  tokenSha256: z.string().regex(/^[0-9a-f]{64}$/, {
    error: 'must be 64 lower-case hex digits (printf %s TOKEN | sha256sum)',
  }),
  /** From then on it is refused; a day is its first moment in UTC. */
  expiresAt: moment.optional(),
  /** The values of the events' tag `project` that it is limited to. */
  projects: z.array(name).min(1).optional(),
});

/** Whoever listens on the way to the issuer could give out keys of their own. */
const safeUrl = z.url().refine(
  (url) => {
    const { protocol, hostname } = new URL(url);
    return protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
  },
  { error: 'must be an https:// address' },
);

const oidc = z.strictObject({
  issuer: safeUrl,
  audience: name,
  jwksUri: safeUrl.optional(),
  /** Asymmetric ones only: with a shared secret, the public key would be one. */
  algorithms: z
    .array(
      z.enum([
        'RS256',
        'RS384',
        'RS512',
        'PS256',
        'PS384',
        'PS512',
        'ES256',
        'ES384',
        'ES512',
        'EdDSA',
      ]),
    )
    .min(1)
    .default(['RS256', 'PS256', 'ES256', 'EdDSA']),
  clockToleranceSeconds: z.number().min(0).max(300).default(30),
  nameClaim: name.default('sub'),
  rolesClaim: name.default('roles'),
  /** Values of that claim, and what they mean here. */
  roles: z.record(name, role).default({}),
  projectsClaim: name.optional(),
});

export const httpSchema = z
  .strictObject({
    host: name.default('127.0.0.1'),
    port: z.int().min(0).max(65_535).default(8080),
    maxBodyBytes: z
      .int()
      .positive()
      .default(48 * mebibyte),
    maxBytesInFlight: z
      .int()
      .positive()
      .default(256 * mebibyte),
    maxRequestBytes: z
      .int()
      .positive()
      .default(4 * mebibyte),
    rateLimits: z
      .strictObject({
        requestsPerMinute: z.int().min(1).default(3000),
        eventsPerMinute: z.int().min(1).optional(),
        refusalsPerMinute: z.int().min(1).default(60),
      })
      .prefault({}),
    tokens: z.array(token).default([]),
    oidc: oidc.optional(),
  })
  .prefault({});
