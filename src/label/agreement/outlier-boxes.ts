import type { LabelledBox } from '../label.js';
import { groupBy } from './group-by.js';
import { median } from './median.js';
import type { PictureSize } from '../label-problem.js';

export interface OutlierRule {
  /** Boxes of a class below which none of it is unusual. */
  readonly leastBoxes: number;
  /** Robust deviations from the class's median beyond which a box is unusual. */
  readonly limit: number;
}

/** What of a box is compared to the other boxes of its class. */
export type BoxTrait = 'size' | 'shape' | 'position';

export interface OutlierBox {
  readonly box: LabelledBox;
  readonly trait: BoxTrait;
  /** How it differs: what a sentence says of it. */
  readonly how: 'small' | 'large' | 'wide' | 'tall' | 'far left' | 'far right' | 'high' | 'low';
  /** Robust deviations from the median, above the limit. */
  readonly deviations: number;
}

interface Measured {
  readonly trait: BoxTrait;
  readonly below: OutlierBox['how'];
  readonly above: OutlierBox['how'];
  readonly of: (box: LabelledBox, image: PictureSize) => number;
  /** A class whose boxes are all alike varies by at least this much. */
  readonly leastDeviation: number;
}

/** Sizes and shapes in logarithms, so that half and double are as unusual. */
const traits: readonly Measured[] = [
  {
    trait: 'size',
    below: 'small',
    above: 'large',
    of: (box, image) => Math.log((box.width * box.height) / (image.width * image.height)),
    leastDeviation: 0.1,
  },
  {
    trait: 'shape',
    below: 'tall',
    above: 'wide',
    of: (box) => Math.log(box.width / box.height),
    leastDeviation: 0.05,
  },
  {
    trait: 'position',
    below: 'far left',
    above: 'far right',
    of: (box, image) => (box.x + box.width / 2) / image.width,
    leastDeviation: 0.02,
  },
  {
    trait: 'position',
    below: 'high',
    above: 'low',
    of: (box, image) => (box.y + box.height / 2) / image.height,
    leastDeviation: 0.02,
  },
];

/** Scales a median absolute deviation to a normal distribution's standard deviation. */
const toDeviation = 1.4826;

/**
 * Boxes whose size, shape or place is far from those of their class, by modified z-scores: the
 * distance to the median over 1.4826 times the median absolute deviation, usually with a limit of
 * 3.5. One list per picture comes back, in the order given. Source: B. Iglewicz and D. C. Hoaglin,
 * How to detect and handle outliers, ASQC Quality Press (1993).
 */
export function outlierBoxes(
  pictures: readonly { readonly boxes: readonly LabelledBox[]; readonly image: PictureSize }[],
  { leastBoxes, limit }: OutlierRule,
): OutlierBox[][] {
  const placed = pictures.flatMap(({ boxes, image }) => boxes.map((box) => ({ box, image })));
  const spreads = new Map<string, readonly Spread[]>();
  for (const [name, own] of groupBy(placed, ({ box }) => box.class)) {
    if (own.length < leastBoxes) continue;
    spreads.set(
      name,
      traits.map((trait) =>
        spreadOf(
          own.map(({ box, image }) => trait.of(box, image)),
          trait.leastDeviation,
        ),
      ),
    );
  }
  return pictures.map(({ boxes, image }) =>
    boxes.flatMap((box) => {
      const own = spreads.get(box.class);
      return traits.flatMap((trait, at): OutlierBox[] => {
        const spread = own?.[at];
        if (spread === undefined) return [];
        const signed = (trait.of(box, image) - spread.median) / spread.deviation;
        const deviations = Math.abs(signed);
        const how = signed < 0 ? trait.below : trait.above;
        return deviations > limit ? [{ box, trait: trait.trait, how, deviations }] : [];
      });
    }),
  );
}

interface Spread {
  readonly median: number;
  readonly deviation: number;
}

function spreadOf(values: readonly number[], least: number): Spread {
  const middle = median(values);
  const deviation = toDeviation * median(values.map((value) => Math.abs(value - middle)));
  return { median: middle, deviation: Math.max(least, deviation) };
}
