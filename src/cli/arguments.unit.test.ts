import { describe, expect, it } from 'vitest';
import { share } from './arguments.js';

describe('a share on the command line', () => {
  it.each([
    ['0', 0],
    ['0.1', 0.1],
    ['10%', 0.1],
    ['2.5 % ', 0.025],
    ['100%', 1],
  ])('%s is %d', (text, value) => {
    expect(share(text)).toBeCloseTo(value, 12);
  });

  it.each(['', '%', ' ', 'ten', '1.1', '101%', '-1', '10%%'])('%s is refused', (text) => {
    expect(() => share(text)).toThrow('a share from 0 to 1, such as 0.1, or 10%');
  });
});
