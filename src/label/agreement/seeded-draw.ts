import { createHmac } from 'node:crypto';

/**
 * A number in [0, 1), uniform over what it is drawn for: the same seed and parts always give the
 * same number, and without the seed it can't be foretold (HMAC-SHA256, RFC 2104).
 */
export function seededDraw(seed: string, ...parts: readonly (string | number)[]): number {
  const digest = createHmac('sha256', seed).update(JSON.stringify(parts)).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
