import { describe, expect, it } from 'vitest';
import { logAverage } from './plane-statistics.js';

describe('the log-average of grey levels', () => {
  it('of equal levels is that level, however many there are, and never above it', () => {
    for (let count = 1; count <= 20_000; count += 7) {
      const counts = new Uint32Array(256);
      counts[255] = count;
      const average = logAverage(counts, (level) => level);
      expect(average).toBeLessThanOrEqual(255);
      expect(average).toBeCloseTo(255, 9);
    }
  });
});
