import { describe, expect, it } from 'vitest';
import { durationText, RateMeter } from './rate-meter.js';

describe('RateMeter', () => {
  it('says nothing before two samples', () => {
    const meter = new RateMeter();
    expect(meter.perSecond()).toBeUndefined();
    meter.count(0, 1000);
    meter.count(5, 1001);
    expect(meter.perSecond()).toBeUndefined();
  });

  it('forgets how fast it was long ago', () => {
    const meter = new RateMeter(10_000);
    for (let second = 0; second <= 20; second += 1) meter.count(second * 1000, second * 1000);
    expect(meter.perSecond()).toBeCloseTo(1000, 6);
    for (let second = 21; second <= 40; second += 1) {
      meter.count(20_000 + (second - 20) * 10, second * 1000);
    }
    expect(meter.perSecond()).toBeCloseTo(10, 6);
  });
});

describe('durationText', () => {
  it.each([
    [0.4, '0 s'],
    [59.4, '59 s'],
    [61, '1 min 1 s'],
    [7800, '2 h 10 min'],
  ])('of %d seconds', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});
