import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  pixelScaleMeanings,
  pixelScaleNames,
  pixelScales,
} from '../../adapters/onnx/pixel-scales.js';
import type { PixelScale } from '../../adapters/onnx/pixel-scales.js';
import type { Told, Topic } from '../../adapters/onnx/entry-draft.js';
import { EdgeminerError, messageOf } from '../../faults.js';

/** What can be told about a model on the command line, as it was written. */
export interface ToldOptions {
  readonly name?: string;
  readonly licence?: string;
  readonly source?: string;
  readonly layout?: string;
  readonly size?: string;
  readonly batch?: string;
  readonly channels?: string;
  readonly pixels?: string;
  readonly scale?: string;
  readonly mean?: string;
  readonly deviation?: string;
  readonly fit?: string;
  readonly crop?: string;
  readonly interpolation?: string;
  readonly embedding?: string;
  readonly pool?: string;
  readonly logits?: string;
  readonly classes?: string;
}

/** Reads one answer; `directory` is where relative paths start. Throws `input.invalid`. */
type Read = (text: string, directory: string) => Partial<Told> | Promise<Partial<Told>>;

const readers: Readonly<Record<Topic, Read>> = {
  name: (name) => ({ name }),
  licence: (licence) => ({ licence }),
  source: (source) => ({ source }),
  layout: (text) => ({ layout: oneOf('--layout', text.toUpperCase(), ['NCHW', 'NHWC']) }),
  size: (text) => ({ size: readSize(text) }),
  batch: (text) => ({ batch: within('--batch', wholeNumber('--batch', text), 1, 64) }),
  channels: (text) => ({ channels: oneOf('--channels', text.toUpperCase(), ['RGB', 'BGR']) }),
  pixels: (text) => ({ pixels: readPixels(text) }),
  fit: (text) => ({ fit: oneOf('--fit', text, ['crop', 'squash']) }),
  crop: (text) => ({ crop: within('--crop', number('--crop', text), 0.01, 1) }),
  interpolation: (text) => ({
    interpolation: oneOf('--interpolation', text, ['bicubic', 'bilinear']),
  }),
  embedding: (embedding) => ({ embedding }),
  pool: (text) => ({ pool: oneOf('--pool', text, ['mean', 'first', 'none']) }),
  logits: (logits) => ({ logits }),
  classes: async (file, directory) => ({ classes: await readClassNames(file, directory) }),
};

/** All that the flags tell. */
export async function toldBy(options: ToldOptions, directory: string): Promise<Told> {
  let told: Told = {};
  for (const topic of Object.keys(readers) as Topic[]) {
    const text = options[topic];
    if (text !== undefined) told = { ...told, ...(await readTold(topic, text, directory)) };
  }
  const own = ownPixels(options);
  if (own === undefined) return told;
  if (options.pixels !== undefined) {
    throw wrong('--pixels', 'it stands for --scale, --mean and --deviation; give it or them');
  }
  return { ...told, pixels: own };
}

export async function readTold(
  topic: Topic,
  text: string,
  directory: string,
): Promise<Partial<Told>> {
  if (text.trim() === '') throw wrong(`--${topic}`, 'it is empty');
  return readers[topic](text.trim(), directory);
}

/** What the short names stand for, one a line. */
export function pixelHelp(): string[] {
  return [
    ...pixelScaleNames.map((name) => `${name.padEnd(9)} ${pixelScaleMeanings[name]}`),
    'numbers   mean / deviation, of pixels 0 to 1 or 0 to 255: 127 / 128',
  ];
}

/** A short name, or numbers as `MEAN / DEVIATION`. */
function readPixels(text: string): PixelScale {
  const [mean, deviation, more] = text.split('/');
  if (mean === undefined || deviation === undefined || more !== undefined) {
    return pixelScales[oneOf('--pixels', text, pixelScaleNames)];
  }
  const own = ownPixels({ mean: mean.trim(), deviation: deviation.trim() });
  return own ?? pixelScales.bytes;
}

function ownPixels({ scale, mean, deviation }: ToldOptions): PixelScale | undefined {
  if (scale === undefined && mean === undefined && deviation === undefined) return undefined;
  const ofMean = mean === undefined ? undefined : triple('--mean', mean);
  const ofDeviation = deviation === undefined ? undefined : triple('--deviation', deviation);
  if (ofDeviation?.some((value) => value <= 0) === true) {
    throw wrong('--deviation', 'each value must be above 0');
  }
  return {
    scale: scale === undefined ? scaleOf(ofMean, ofDeviation) : fraction('--scale', scale),
    mean: ofMean ?? [0, 0, 0],
    std: ofDeviation ?? [1, 1, 1],
  };
}

/** Of pixels 0..1 or 0..255, by the size of the numbers that were given for them. */
function scaleOf(mean: readonly number[] | undefined, deviation: readonly number[] | undefined) {
  const small = (values: readonly number[] | undefined) =>
    values?.every((value) => Math.abs(value) <= 1);
  const [ofMean, ofDeviation] = [small(mean), small(deviation)];
  if (ofMean !== undefined && ofDeviation !== undefined && ofMean !== ofDeviation) {
    throw wrong(
      '--scale',
      '--mean and --deviation seem to be of different units; say whether pixels are 0..1 (1/255) or 0..255 (1)',
    );
  }
  return (ofMean ?? ofDeviation) === true ? 1 / 255 : 1;
}

async function readClassNames(file: string, directory: string): Promise<readonly string[]> {
  let text: string;
  try {
    text = await readFile(resolve(directory, file), 'utf8');
  } catch (cause) {
    throw wrong('--classes', `${file} can't be read: ${messageOf(cause)}`);
  }
  const names = /^\s*\[/.test(text) ? listOf(file, text) : text.split(/\r?\n/);
  const trimmed = names.map((name) => name.trim());
  while (trimmed.at(-1) === '') trimmed.pop();
  const empty = trimmed.indexOf('');
  if (empty >= 0) throw wrong('--classes', `name ${empty + 1} of ${file} is empty`);
  const doubled = trimmed.find((name, index) => trimmed.indexOf(name) !== index);
  if (doubled !== undefined) throw wrong('--classes', `${file} has "${doubled}" twice`);
  if (trimmed.length < 2) throw wrong('--classes', `${file} has fewer than two names`);
  return trimmed;
}

function listOf(file: string, text: string): string[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    throw wrong('--classes', `${file} is no JSON list: ${messageOf(cause)}`);
  }
  if (Array.isArray(list) && list.every((name) => typeof name === 'string')) return list;
  throw wrong('--classes', `${file} is no JSON list of names`);
}

function readSize(text: string) {
  const [, width, height] = /^(\d+)(?:\s*[x×,]\s*(\d+))?$/.exec(text) ?? [];
  if (width === undefined) throw wrong('--size', `"${text}" is neither 224 nor 224x192`);
  const side = (digits: string) => within('--size', Number(digits), 1, 4096);
  return { width: side(width), height: side(height ?? width) };
}

function triple(flag: string, text: string): [number, number, number] {
  const values = text.split(/[\s,]+/).map((one) => number(flag, one));
  const [first, second = first, third = first, fourth] = values;
  if (first === undefined || values.length === 2 || fourth !== undefined) {
    throw wrong(flag, `"${text}" has ${values.length} numbers; give one, or one each for R, G, B`);
  }
  return [first, second ?? first, third ?? first];
}

function fraction(flag: string, text: string): number {
  const [above = '', below, more] = text.split('/');
  const value = number(flag, above) / (below === undefined ? 1 : number(flag, below));
  if (more === undefined && Number.isFinite(value) && value > 0) return value;
  throw wrong(flag, `"${text}" is no number above 0 such as 1/255`);
}

function number(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw wrong(flag, `"${text}" is no number`);
}

function wholeNumber(flag: string, text: string): number {
  const value = number(flag, text);
  if (Number.isInteger(value)) return value;
  throw wrong(flag, `"${text}" is no whole number`);
}

function within(flag: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw wrong(flag, `${value} is not between ${least} and ${most}`);
}

function oneOf<T extends string>(flag: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw wrong(flag, `"${text}" is none of ${choices.join(', ')}`);
}

function wrong(flag: string, why: string): EdgeminerError {
  return new EdgeminerError('input.invalid', `${flag}: ${why}`, {
    field: flag,
    mend: `Correct ${flag}; edgeminer model add --help describes it.`,
  });
}
