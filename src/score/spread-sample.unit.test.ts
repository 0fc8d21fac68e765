import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SpreadSample } from './spread-sample.js';

it('keeps all of a short stream, and an even part of a long one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), fc.nat({ max: 500 }), (most, length) => {
      const sample = new SpreadSample<number>(most);
      for (let at = 0; at < length; at += 1) sample.offer(() => at);
      const kept = sample.values();
      const stride = Math.max(1, (kept[1] ?? 1) - (kept[0] ?? 0));
      expect(kept).toEqual(
        Array.from({ length: Math.ceil(length / stride) }, (_, at) => at * stride),
      );
      expect(kept.length).toBeLessThanOrEqual(most);
      expect(kept.length).toBeGreaterThanOrEqual(Math.min(length, Math.floor(most / 2)));
    }),
  );
});
