import { describe, expect, it } from 'vitest';
import { scalesOf } from './ordinary-limits.js';
import { scorers } from './registry.js';
import type { SignalName } from './signal.js';

const limited = scorers.filter(({ ordinaryLimit }) => ordinaryLimit !== undefined);
const named = (name: SignalName) => {
  const found = scorers.find((scorer) => scorer.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};

/** 100 pictures that are all beyond no limit, but the first so many of the signals given. */
function scales(beyond: Partial<Record<SignalName, readonly number[]>>) {
  const measurements = Object.fromEntries(
    limited.map((scorer) => {
      const [low, high] = scorer.range;
      const [ordinary, most] = scorer.unusual === 'high' ? [low, high] : [high, low];
      const rows = beyond[scorer.name] ?? [];
      return [
        scorer.name,
        Float64Array.from({ length: 100 }, (_, row) => (rows.includes(row) ? most : ordinary)),
      ];
    }),
  );
  return scalesOf(
    { measurements },
    scorers,
    Array.from({ length: 100 }, (_, row) => row),
  );
}

describe('scalesOf', () => {
  it('keeps the limits of a reference whose pictures are within them', () => {
    const scaleOf = scales({ dark: [3] });
    for (const scorer of limited) expect(scaleOf(scorer).ordinaryLimit).toBe(scorer.ordinaryLimit);
  });

  it('takes away the limit that two pictures are beyond, and no other', () => {
    const scaleOf = scales({ dark: [3, 4] });
    expect(scaleOf(named('dark')).ordinaryLimit).toBeUndefined();
    expect(scaleOf(named('blur')).ordinaryLimit).toBe(named('blur').ordinaryLimit);
  });

  it('takes away all of a family where pictures of another kind are beyond this one or that', () => {
    // One picture a signal, so that none of them has two.
    const scaleOf = scales({
      dark: [1],
      blur: [2],
      noise: [3],
      compression: [4],
      haze: [5],
      clipped: [6],
    });
    for (const scorer of limited) {
      const kept = scorer.family === 'quality' ? undefined : scorer.ordinaryLimit;
      expect(scaleOf(scorer).ordinaryLimit).toBe(kept);
      expect(scaleOf(scorer).usualExcess).toBe(scorer.usualExcess);
    }
    // One of twenty may be; the same picture under several signals is one picture.
    const few = scales({ dark: [1], blur: [2], noise: [3], compression: [4], haze: [5, 1] });
    expect(few(named('blur')).ordinaryLimit).toBe(named('blur').ordinaryLimit);
    expect(few(named('haze')).ordinaryLimit).toBeUndefined();
  });

  it('knows for every limit of light and quality how the tail falls there', () => {
    for (const scorer of limited) {
      expect(scorer.usualExcess ?? 1, scorer.name).toBeGreaterThan(0);
      if (scorer.family === 'quality') expect(scorer.usualExcess, scorer.name).toBeDefined();
    }
  });
});
