import { expect, it } from 'vitest';
import { OutOfTime } from '../own/time-limit.js';
import { interrupted } from './interrupted.js';

it('gives what the work gives, and throws what it throws', () => {
  expect(interrupted(() => interrupted(() => 7, 1000), 1000)).toBe(7);
  const fault = new RangeError('too far');
  const failing = () => {
    throw fault;
  };
  expect(() => interrupted(failing, 1000)).toThrow(fault);
});

it('interrupts a loop without an end, and the next work is done', () => {
  const endless = () => {
    for (;;);
  };
  expect(() => interrupted(endless, 50)).toThrow(
    new OutOfTime('gave no measurement within 0.05 s'),
  );
  expect(interrupted(() => 'done', 1000)).toBe('done');
});
