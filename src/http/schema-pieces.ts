import { z } from 'zod';

/** What many bodies and queries have in common. */
export const time = z.iso.datetime();
export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/u, { error: 'must be 64 lower-case hex digits' });
export const name = z.string().min(1).max(200);
export const count = z.int().min(0);

const lastIsNull = '`after` of the next page; null on the last.';
export const next = z.string().nullable().describe(lastIsNull);
export const nextNumber = z.int().nullable().describe(lastIsNull);
