import { expect, it } from 'vitest';
import { OutOfTime, withinTime } from './time-limit.js';

const late = (limit: string) => `said nothing within ${limit}`;

it('gives what came in time, and what failed in time', async () => {
  expect(await withinTime(Promise.resolve(3), 60_000, late)).toBe(3);
  const fault = new Error('no');
  await expect(withinTime(Promise.reject(fault), 60_000, late)).rejects.toBe(fault);
});

it('waits no longer than it was told', async () => {
  const never = new Promise<never>(() => undefined);
  await expect(withinTime(never, 10, late)).rejects.toThrow(
    new OutOfTime('said nothing within 0.01 s'),
  );
});
