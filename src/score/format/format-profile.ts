import type { FormatFacts } from '../../image/format-facts.js';

/**
 * What a file's form is told by, one value of a small set each. `colour` is of the pixels: a
 * picture without any colour may come in a file that has room for it.
 */
export const formatTraits = [
  'container',
  'colourMode',
  'colour',
  'bits',
  'subsampling',
  'scan',
  'orientation',
  'profile',
  'compression',
  'camera',
  'software',
] as const;

export type FormatTrait = (typeof formatTraits)[number];

/** One picture's form. */
export interface PictureFormat {
  readonly facts: FormatFacts;
  /** Undefined where the pixels were not looked at. */
  readonly coloured: boolean | undefined;
  /** It is among those of the profile that it is compared with. */
  readonly counted?: boolean;
}

/** The forms of a reference's pictures; of bounded size, however many they are. */
export interface FormatProfile {
  /** Pictures that were counted. */
  readonly pictures: number;
  readonly traits: Readonly<Record<FormatTrait, TraitCounts>>;
  /** Width and height of the upright pictures, the most frequent first. */
  readonly sizes: readonly SizeCount[];
}

export interface TraitCounts {
  /** The most frequent first; at most `mostValues`. */
  readonly values: readonly (readonly [value: string, pictures: number])[];
  /** Pictures of all other values. */
  readonly others: number;
}

export interface SizeCount {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly pictures: number;
}

/** Values of a trait that are kept by name. */
const mostValues = 200;
/** Sizes that are kept; of more, those of pictures evenly spread over the reference. */
const mostSizes = 1000;

/** A trait's value as it is counted and shown; undefined where it is not known. */
export function traitOf(
  { facts, coloured }: PictureFormat,
  trait: FormatTrait,
): string | undefined {
  switch (trait) {
    case 'container':
      return facts.container.slice('image/'.length).toUpperCase();
    case 'colourMode':
      return facts.colourMode;
    case 'colour':
      return coloured === undefined ? undefined : coloured ? 'colour' : 'no colour';
    case 'bits':
      return String(facts.bitsPerChannel);
    case 'subsampling':
      return facts.chromaSubsampling;
    case 'scan':
      return facts.scan;
    case 'orientation':
      return String(facts.orientation);
    case 'profile':
      return facts.colourProfile;
    case 'compression':
      return facts.compression;
    case 'camera':
      return facts.camera;
    case 'software':
      return facts.software;
  }
}

export function profileOf(formats: readonly PictureFormat[]): FormatProfile {
  const traits = Object.fromEntries(
    formatTraits.map((trait) => [trait, countsOf(formats.map((one) => traitOf(one, trait)))]),
  ) as Record<FormatTrait, TraitCounts>;
  return { pictures: formats.length, traits, sizes: sizesOf(formats) };
}

function countsOf(values: readonly (string | undefined)[]): TraitCounts {
  const counts = new Map<string, number>();
  for (const value of values) {
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const ranked = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return {
    values: ranked.slice(0, mostValues),
    others: ranked.slice(mostValues).reduce((sum, [, count]) => sum + count, 0),
  };
}

function sizesOf(formats: readonly PictureFormat[]): readonly SizeCount[] {
  const all = countedSizes(formats);
  if (all.length <= mostSizes) return all;
  const step = formats.length / mostSizes;
  return countedSizes(
    Array.from({ length: mostSizes }, (_, at) => formats[Math.floor(at * step)]).flatMap(
      (format) => format ?? [],
    ),
  );
}

function countedSizes(formats: readonly PictureFormat[]): SizeCount[] {
  const counted = new Map<string, SizeCount>();
  for (const { facts } of formats) {
    const { width, height } = facts;
    const key = `${width} ${height}`;
    counted.set(key, { width, height, pictures: (counted.get(key)?.pictures ?? 0) + 1 });
  }
  return [...counted.values()].sort(
    (a, b) => b.pictures - a.pictures || a.width - b.width || a.height - b.height,
  );
}
