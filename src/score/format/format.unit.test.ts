import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawPlane, scene } from '../../../test/fixtures/draw-picture.js';
import { factsOf } from '../../../test/fixtures/formats.js';
import { planeOf, sharpScene } from '../../../test/fixtures/planes.js';
import type { FormatFacts } from '../../image/format-facts.js';
import { calibrateSignal } from '../calibrate.js';
import { measureFormats } from '../measure-formats.js';
import type { FormatScorer } from '../scorer.js';
import { formatTraits, profileOf, traitOf } from './format-profile.js';
import type { PictureFormat } from './format-profile.js';
import { isColoured } from './is-coloured.js';
import { rotated } from './rotated.js';
import { unusualAspect } from './unusual-aspect.js';
import { unusualColourMode } from './unusual-colour-mode.js';
import { unusualEncoding } from './unusual-encoding.js';
import { unusualSize } from './unusual-size.js';

type Differing = Partial<FormatFacts>;

const formatOf = (differing: Differing = {}, coloured = true): PictureFormat => ({
  facts: factsOf(differing),
  coloured,
});
const alike = (count: number, differing: Differing = {}) =>
  Array.from({ length: count }, () => formatOf(differing));

function judge(scorer: FormatScorer, reference: readonly PictureFormat[], format: PictureFormat) {
  const { profile, columns } = measureFormats(reference);
  const measured = scorer.measure({
    plane: undefined,
    predictions: { kind: 'none' },
    predictionsBy: 'producer',
    neighbours: 'no-reference',
    format,
    formats: profile,
  });
  const column = columns[scorer.name];
  if (measured.kind === 'absent' || column === undefined) throw new Error('nothing was measured');
  const calibration = calibrateSignal(column, scorer);
  return {
    raw: measured.raw,
    edgeScore: calibration.edgeScore(measured.raw),
    beyond: (rate: number) => measured.raw > calibration.limitFor(rate),
    words: scorer.explain(measured.raw, calibration.standing(measured.raw), measured.note),
  };
}

describe('what never occurred in the reference', () => {
  it('says exactly what differs, from how many', () => {
    const png = formatOf({ container: 'image/png', bitsPerChannel: 16, chromaSubsampling: 'none' });
    const { words, edgeScore, beyond } = judge(unusualEncoding, alike(5000), png);
    expect(words).toBe(
      'PNG (0 of 5,000 reference pictures; 5,000 have JPEG), ' +
        '16 bits per channel (0 of 5,000 reference pictures; 5,000 have 8 bits per channel), ' +
        'no chroma subsampling (0 of 5,000 reference pictures; 5,000 have 4:2:0 chroma subsampling), ' +
        '25.55 nats: rarer than all 5,000 reference pictures.',
    );
    expect(edgeScore).toBeCloseTo(1 - 1 / 5001, 12);
    expect(beyond(0.001)).toBe(true);
    expect(judge(unusualEncoding, alike(5000), formatOf()).beyond(0.5)).toBe(false);
  });

  it.each([
    ['grey file', unusualColourMode, { colourMode: 'grey' }, false],
    ['grey pixels in a colour file', unusualColourMode, {}, false],
    ['CMYK', unusualColourMode, { colourMode: 'CMYK' }, true],
    ['another camera', unusualEncoding, { camera: 'Other 5' }, true],
    ['another quantisation', unusualEncoding, { compression: 'quality 40' }, true],
    ['a turned picture by its tag', rotated, { orientation: 6 }, true],
    ['half the size', unusualSize, { width: 320, height: 240 }, true],
    ['another aspect', unusualAspect, { width: 640, height: 640 }, true],
    ['a quarter turn of the pixels', unusualAspect, { width: 480, height: 640 }, true],
  ] as const)('flags %s', (_, scorer, differing, coloured) => {
    const found = judge(scorer, alike(300), formatOf(differing, coloured));
    expect(found.beyond(0.01)).toBe(true);
    expect(judge(scorer, alike(300), formatOf()).beyond(0.01)).toBe(false);
  });

  it('is not more unusual than the size of the reference can tell', () => {
    for (const count of [20, 500]) {
      const { raw } = judge(rotated, alike(count), formatOf({ orientation: 3 }));
      expect(raw).toBeCloseTo(Math.log(count + 1), 12);
    }
  });

  it('is ordinary where every picture has a value of its own', () => {
    const many = Array.from({ length: 400 }, (_, n) => formatOf({ software: `version ${n}` }));
    expect(judge(unusualEncoding, many, formatOf({ software: 'version new' })).beyond(0.01)).toBe(
      false,
    );
    // And the other traits still tell what differs.
    const png = formatOf({ software: 'version new', container: 'image/png' });
    expect(judge(unusualEncoding, many, png).beyond(0.01)).toBe(true);
  });
});

describe('sizes', () => {
  it('may be a few, or each its own', () => {
    const few = [...alike(200, { width: 1920, height: 1080 }), ...alike(200)];
    expect(judge(unusualSize, few, formatOf()).raw).toBe(0);
    // Between the two is as unusual as beyond them.
    expect(judge(unusualSize, few, formatOf({ width: 1200, height: 675 })).beyond(0.01)).toBe(true);
    const each = Array.from({ length: 3000 }, (_, n) => formatOf({ width: 600 + n, height: 700 }));
    expect(judge(unusualSize, each, formatOf({ width: 2000, height: 701 })).beyond(0.01)).toBe(
      false,
    );
    expect(judge(unusualSize, each, formatOf({ width: 100, height: 90 })).beyond(0.01)).toBe(true);
  });

  it('rounded to whole pixels are no other aspect', () => {
    const third = formatOf({ width: 213, height: 160 });
    expect(judge(unusualAspect, alike(300), third).raw).toBe(0);
    expect(judge(unusualSize, alike(300), third).words).toMatch(
      /^213 x 160 pixels as in 0 of 300 reference pictures \(most often 640 x 480: 300\), 1\.5\d doublings off/,
    );
  });
});

describe('the profile', () => {
  const traits = fc.record({
    software: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    orientation: fc.constantFrom(1, 6),
    width: fc.integer({ min: 1, max: 9 }),
  });

  it('counts every picture once', () => {
    fc.assert(
      fc.property(fc.array(traits, { minLength: 1 }), (each) => {
        const formats = each.map((differing) => formatOf(differing));
        const profile = profileOf(formats);
        for (const trait of formatTraits) {
          const { values, others } = profile.traits[trait];
          expect(values.reduce((sum, [, count]) => sum + count, others)).toBe(each.length);
        }
        expect(profile.sizes.reduce((sum, { pictures }) => sum + pictures, 0)).toBe(each.length);
      }),
    );
  });

  it('is bounded', () => {
    const many = Array.from({ length: 5000 }, (_, n) =>
      formatOf({ software: `version ${n}`, width: 1 + n }),
    );
    const { traits: counted, sizes } = profileOf(many);
    expect(counted.software.values).toHaveLength(200);
    expect(counted.software.others).toBe(4800);
    expect(sizes).toHaveLength(1000);
  });

  it('flags at most the share that was asked for of pictures like its own', () => {
    fc.assert(
      fc.property(fc.array(traits, { minLength: 40, maxLength: 60 }), (each) => {
        const formats = each.map((differing) => formatOf(differing));
        const flagged = formats.filter((format, at) =>
          judge(unusualEncoding, formats.toSpliced(at, 1), format).beyond(0.1),
        );
        // Each held out in turn: what exchangeability promises on the mean, in whole pictures.
        expect(flagged.length).toBeLessThanOrEqual(Math.ceil(0.1 * each.length));
      }),
      { numRuns: 5 },
    );
  });

  it('leaves out what is not known', () => {
    const unseen = { facts: factsOf(), coloured: undefined };
    expect(traitOf(unseen, 'colour')).toBeUndefined();
    expect(judge(unusualColourMode, alike(100), unseen).raw).toBe(0);
  });
});

describe('isColoured', () => {
  it('tells grey from colours, whatever the brightness', () => {
    expect(isColoured(drawPlane(60, 40, scene(60, 40, 3)))).toBe(true);
    expect(isColoured(sharpScene())).toBe(false);
    expect(isColoured(planeOf(8, 8, () => 0))).toBe(false);
    expect(isColoured(planeOf(8, 8, () => 255))).toBe(false);
  });
});
