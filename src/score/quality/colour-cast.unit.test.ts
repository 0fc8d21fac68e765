import { describe, expect, it } from 'vitest';
import { mapped, sharpScene } from '../../../test/fixtures/planes.js';
import type { PixelPlane } from '../../image/decoded-image.js';
import { colourCast } from './colour-cast.js';

function measured(plane: PixelPlane) {
  const found = colourCast.measure({
    plane,
    predictions: { kind: 'none' },
    predictionsBy: 'producer',
    neighbours: 'no-reference',
  });
  if (found.kind === 'absent') throw new Error('a picture has a mean colour');
  return found;
}

/** The channel's levels times a factor. */
function withGain(plane: PixelPlane, channel: number, gain: number): PixelPlane {
  return {
    ...plane,
    rgb: plane.rgb.map((level, at) => (at % 3 === channel ? Math.round(gain * level) : level)),
  };
}

describe('colour-cast', () => {
  it('is 0 for a grey picture', () => {
    expect(measured(sharpScene())).toEqual({ kind: 'measured', raw: 0, note: undefined });
  });

  it.each([
    [0, 'Red'],
    [1, 'Green'],
    [2, 'Blue'],
  ] as const)('tells a dead channel, whichever it is: %i', (channel, name) => {
    for (const leak of [0, 0.06]) {
      const { raw, note } = measured(withGain(sharpScene(), channel, leak));
      expect(raw).toBeGreaterThan(colourCast.fallbackLimit);
      expect(note).toBe(`${name} all but missing`);
      expect(colourCast.explain(raw, undefined, note)).toMatch(`${name} all but missing, mean`);
    }
    const weak = measured(withGain(sharpScene(), channel, 0.5));
    expect(weak.raw).toBeLessThan(colourCast.fallbackLimit);
    expect(weak.note).toBeUndefined();
  });

  it('names both channels that a picture of one colour lacks', () => {
    const blue = withGain(withGain(sharpScene(), 0, 0), 1, 0.02);
    expect(measured(blue).note).toBe('Red and green all but missing');
  });

  it('names no channel in the dark', () => {
    const night = mapped(sharpScene(), (level) => level / 40);
    expect(measured(withGain(night, 2, 0))).toMatchObject({ note: undefined });
  });
});
