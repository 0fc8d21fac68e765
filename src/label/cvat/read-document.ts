import { SaxesParser } from 'saxes';
import type { SaxesTagPlain } from 'saxes';
import { EdgeminerError, messageOf } from '../../faults.js';
import type { CvatAttribute, CvatMark } from './mark.js';

export interface ReadCvatImage {
  readonly name: string;
  readonly line: number;
  /** Pixels; undefined where the document does not say. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly marks: readonly CvatMark[];
}

/** Documents that are larger than this, in characters, are refused. */
const longest = 256 * 1024 * 1024;
/** CVAT's documents are six elements deep. */
const deepest = 16;
/** CVAT's elements of shapes that are called otherwise in its API. */
const shapeNames: Readonly<Record<string, string>> = { box: 'rectangle' };
const shapes = new Set([
  ...['tag', 'box', 'polygon', 'polyline', 'points', 'ellipse', 'cuboid', 'mask', 'skeleton'],
]);

/**
 * Reads a document of the format `CVAT for images 1.1`. It refuses what such a document never has:
 * a document type, with the entities that it could define, and elements nested deeper than it nests.
 * @throws EdgeminerError `input.invalid`, with the line
 */
export function readCvatDocument(
  text: string,
  limits: { readonly characters: number } = { characters: longest },
): readonly ReadCvatImage[] {
  if (text.length > limits.characters) {
    throw bad(
      'the document',
      `has ${text.length} characters, more than ${limits.characters}`,
      'Export fewer pictures at a time.',
    );
  }
  const parser = new SaxesParser();
  const at = () => `line ${parser.line}`;
  const images: ReadCvatImage[] = [];
  const path: string[] = [];
  let image:
    { name: string; line: number; width?: number; height?: number; marks: CvatMark[] } | undefined;
  let mark: (Omit<CvatMark, 'attributes'> & { readonly attributes: CvatAttribute[] }) | undefined;
  let attribute: string | undefined;
  let words = '';

  parser.on('error', (error) => {
    throw bad(at(), `is not XML: ${messageOf(error)}`, 'Export the annotations from CVAT again.');
  });
  parser.on('doctype', () => {
    throw bad(
      at(),
      'has a document type (DOCTYPE), which could define entities',
      'Remove it: CVAT writes none.',
    );
  });
  parser.on('opentag', (tag) => {
    path.push(tag.name);
    if (path.length > deepest) {
      throw bad(at(), `is nested ${path.length} deep`, 'Export the annotations from CVAT again.');
    }
    const [root, second] = path;
    if (root !== 'annotations') {
      throw bad(at(), `begins with <${tag.name}>, not <annotations>`, formatMend);
    }
    if (path.length === 2 && second === 'track') {
      throw bad(at(), 'has tracks: it is of the format for videos', formatMend);
    }
    words = '';
    if (path.length === 2 && second === 'image') {
      image = {
        name: tag.attributes['name'] ?? '',
        line: parser.line,
        ...sizeOf(tag),
        marks: [],
      };
    } else if (path.length === 3 && image !== undefined && shapes.has(tag.name)) {
      mark = openMark(tag, parser.line);
    } else if (path.length === 4 && mark !== undefined && tag.name === 'attribute') {
      attribute = tag.attributes['name'] ?? '';
    } else if (image !== undefined) {
      throw bad(at(), `has <${tag.name}>, which is not known there`, formatMend);
    }
  });
  parser.on('text', (text) => (words += text));
  parser.on('cdata', (text) => (words += text));
  parser.on('closetag', ({ name }) => {
    if (path.length === 4 && attribute !== undefined) {
      mark?.attributes.push({ name: attribute, value: words });
      attribute = undefined;
    } else if (path.length === 3 && mark !== undefined) {
      image?.marks.push(mark);
      mark = undefined;
    } else if (path.length === 2 && image !== undefined) {
      const { width, height, ...rest } = image;
      images.push({ ...rest, width, height });
      image = undefined;
    } else if (path.length === 2 && name === 'version' && words.trim() !== '1.1') {
      throw bad(at(), `is of version ${words.trim()}`, formatMend);
    }
    words = '';
    path.pop();
  });
  parser.write(text).close();
  return images;
}

const formatMend = "Export from CVAT as 'CVAT for images 1.1'.";

function openMark(tag: SaxesTagPlain, line: number) {
  const { attributes, name } = tag;
  const where = `line ${line}, <${name} label="${attributes['label'] ?? ''}">`;
  const number = (field: string, otherwise?: number): number => {
    const text = attributes[field];
    if (text === undefined && otherwise !== undefined) return otherwise;
    const value = text === undefined || text.trim() === '' ? NaN : Number(text);
    if (Number.isFinite(value)) return value;
    throw bad(`${where} ${field}`, `is '${text ?? ''}', not a number`, formatMend);
  };
  return {
    type: shapeNames[name] ?? name,
    label: attributes['label'] ?? '',
    points: pointsOf(tag, number, where),
    rotation: number('rotation', 0),
    occluded: isTrue(attributes['occluded']),
    outside: isTrue(attributes['outside']),
    zOrder: number('z_order', 0),
    group: number('group_id', 0),
    attributes: [],
    where,
  };
}

function pointsOf(
  { name, attributes }: SaxesTagPlain,
  number: (field: string) => number,
  where: string,
): readonly number[] {
  if (name === 'box') return ['xtl', 'ytl', 'xbr', 'ybr'].map(number);
  if (name !== 'polygon') return [];
  const text = attributes['points'] ?? '';
  const points = text.split(';').map((pair) => pair.split(',').map(asNumber));
  if (points.every((pair) => pair.length === 2 && pair.every(Number.isFinite))) {
    return points.flat();
  }
  throw bad(`${where} points`, `is '${text.slice(0, 60)}', not pairs of numbers`, formatMend);
}

function asNumber(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}

function sizeOf({ attributes }: SaxesTagPlain): { width?: number; height?: number } {
  const [width, height] = [Number(attributes['width']), Number(attributes['height'])];
  return width > 0 && height > 0 ? { width, height } : {};
}

function isTrue(value: string | undefined): boolean {
  return value === '1' || value?.toLowerCase() === 'true';
}

function bad(field: string, problem: string, mend: string): EdgeminerError {
  return new EdgeminerError('input.invalid', `${field} ${problem}`, { field, mend });
}
