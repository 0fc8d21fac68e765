import type { Measurement } from '../scorer.js';
import type { AbsentSignal } from '../signal.js';
import { traitOf } from './format-profile.js';
import type { FormatProfile, FormatTrait, PictureFormat, TraitCounts } from './format-profile.js';

/** Nats; more than any number of traits and pictures could add up to. */
export const mostTraitSurprise = 200;

/** Surprises below this are no difference worth words: one in twenty pictures has them. */
const worthSaying = Math.log(20);

/** What a picture's form is, and what it is compared with. */
export interface ComparedFormat {
  readonly format: PictureFormat;
  readonly profile: FormatProfile;
}

/**
 * How rare some traits of a picture are among the reference's, nats: the sum over the traits of
 * - ln p, where p is the conformal p-value of the value's frequency, the share of the n reference
 * pictures and this one whose own value is no more frequent. A value that was never seen in n
 * pictures has a p of about 1 / (n + 1), and not less; where one picture in five has a value of its
 * own, as with software of many versions, one more of them has 1 / 5.
 */
export function measureTraits(
  compared: ComparedFormat | AbsentSignal['why'],
  traits: readonly FormatTrait[],
): Measurement {
  if (typeof compared === 'string') return { kind: 'absent', why: compared };
  const { format, profile } = compared;
  let sum = 0;
  const differing: { readonly words: string; readonly surprise: number }[] = [];
  for (const trait of traits) {
    const value = traitOf(format, trait);
    const counts = profile.traits[trait];
    if (value === undefined || profile.pictures === 0) continue;
    const surprise = -Math.log(pValue(value, counts, profile.pictures, format.counted));
    sum += surprise;
    if (surprise >= worthSaying) differing.push({ words: words(trait, value, profile), surprise });
  }
  differing.sort((a, b) => b.surprise - a.surprise);
  const first = traits[0];
  const said =
    differing.length > 0
      ? differing.map((each) => each.words).join(', ')
      : first === undefined
        ? ''
        : words(first, traitOf(format, first) ?? 'unknown', profile);
  return {
    kind: 'measured',
    raw: Math.min(mostTraitSurprise, Math.max(0, sum)),
    note: `${said.slice(0, 1).toUpperCase()}${said.slice(1)}`,
  };
}

/** Counting this picture, unless it is among the counted ones anyway. */
function pValue(
  value: string,
  { values, others }: TraitCounts,
  pictures: number,
  counted = false,
): number {
  const more = counted ? 0 : 1;
  const own = (values.find(([each]) => each === value)?.[1] ?? 0) + more;
  // Values that were not kept by name are rarer than those that were.
  let rarer = others + more;
  for (const [each, count] of values) if (each === value || count <= own) rarer += count;
  return rarer / (pictures + 1);
}

/** 'PNG (0 of 5,000 reference pictures; 5,000 have JPEG)'. */
function words(trait: FormatTrait, value: string, { traits }: FormatProfile): string {
  const { values, others } = traits[trait];
  const total = values.reduce((sum, [, count]) => sum + count, others);
  const same = values.find(([each]) => each === value)?.[1] ?? 0;
  const [usual, usualCount] = values[0] ?? ['none', 0];
  const of = `${number(same)} of ${number(total)} reference pictures`;
  const rest = usual === value ? '' : `; ${number(usualCount)} have ${said(trait, usual)}`;
  return `${said(trait, value)} (${of}${rest})`;
}

function said(trait: FormatTrait, value: string): string {
  switch (trait) {
    case 'container':
      return value;
    case 'colour':
      return `${value} in the pixels`;
    case 'colourMode':
      return `colour mode ${value}`;
    case 'bits':
      return `${value} bits per channel`;
    case 'subsampling':
      return value === 'none' ? 'no chroma subsampling' : `${value} chroma subsampling`;
    case 'scan':
      return `${value} scan`;
    case 'orientation':
      return `EXIF orientation ${value}`;
    case 'profile':
      return value === 'none' ? 'no colour profile' : `colour profile '${value}'`;
    case 'compression':
      return `compression '${value}'`;
    case 'camera':
      return value === 'none' ? 'no camera named' : `camera '${value}'`;
    case 'software':
      return value === 'none' ? 'no software named' : `software '${value}'`;
  }
}

function number(count: number): string {
  return count.toLocaleString('en-US');
}
