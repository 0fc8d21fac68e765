import { Float16Array } from '@petamoriken/float16';
import { describe, expect, it } from 'vitest';
import { ownFloats, poolRows } from './take-output.js';

describe('poolRows', () => {
  // Two pictures, two features, three places.
  const first = Float32Array.of(1, 2, 3, 10, 20, 30, 4, 5, 6, 40, 50, 60);
  const last = Float32Array.of(1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60);

  it('leaves vectors alone', () => {
    expect(poolRows(first, [2, 6], { pool: 'none' })).toBe(first);
  });

  it('averages all places, wherever the features are', () => {
    const expected = [2, 20, 5, 50];
    expect([...poolRows(first, [2, 2, 1, 3], { pool: 'mean', features: 'first' })]).toEqual(
      expected,
    );
    expect([...poolRows(last, [2, 3, 2], { pool: 'mean', features: 'last' })]).toEqual(expected);
    expect([...poolRows(last, [2, 1, 3, 2], { pool: 'mean', features: 'last' })]).toEqual(expected);
  });

  it('takes the first place alone', () => {
    expect([...poolRows(last, [2, 3, 2], { pool: 'first', features: 'last' })]).toEqual([
      1, 10, 4, 40,
    ]);
    expect([...poolRows(first, [2, 2, 3], { pool: 'first', features: 'first' })]).toEqual([
      1, 10, 4, 40,
    ]);
  });
});

describe('ownFloats', () => {
  it('copies float32, and widens float16', () => {
    const floats = Float32Array.of(1, 2);
    const own = ownFloats({ type: 'float32', data: floats, dims: [1, 2] }, 'x');
    expect(own).toEqual(floats);
    expect(own.buffer).not.toBe(floats.buffer);
    const bits = new Uint16Array(Float16Array.of(0.5, -65504, Infinity).buffer);
    const wide = ownFloats({ type: 'float16', data: bits.subarray(1), dims: [1, 2] }, 'x');
    expect([...wide]).toEqual([-65504, Infinity]);
  });

  it('names an output of another type, and one that is not there', () => {
    const whole = { type: 'int64', data: BigInt64Array.of(1n), dims: [1] };
    expect(() => ownFloats(whole, 'label')).toThrow(/label is int64/);
    expect(() => ownFloats(undefined, 'label')).toThrow(/label is missing/);
  });
});
