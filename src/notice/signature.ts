import { createHmac } from 'node:crypto';

/**
 * The header `Edgeminer-Signature`: `t=UNIX,v1=HEX`, and another `v1` for each further secret, so
 * that a receiver takes the old and the new one while they change. HEX is the HMAC-SHA256 of
 * `UNIX.BODY` under the secret, in lower case. docs/webhooks.md shows how to check it.
 */
export function signatureOf(body: string, secrets: readonly string[], now: number): string {
  const seconds = Math.floor(now / 1000);
  const each = secrets.map(
    (secret) => `v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`,
  );
  return [`t=${seconds}`, ...each].join(',');
}
