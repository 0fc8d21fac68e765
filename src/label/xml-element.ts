import { EdgeminerError } from '../faults.js';

/** An element to be written; text and elements stay in order, attributes that are undefined are left out. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  readonly content: readonly XmlElement[] | string;
}

export function element(
  name: string,
  attributes: XmlElement['attributes'] = {},
  content: XmlElement['content'] = [],
): XmlElement {
  return { name, attributes, content };
}

/**
 * An element as text, indented. Numbers are written with as many digits as bring them back the same.
 * @throws EdgeminerError `label.invalid` for a character that XML 1.0 can't hold
 */
export function xmlText(root: XmlElement, indent = ''): string {
  const attributes = Object.entries(root.attributes)
    .flatMap(([name, value]) => (value === undefined ? [] : [` ${name}="${escaped(value)}"`]))
    .join('');
  const open = `${indent}<${root.name}${attributes}`;
  if (root.content.length === 0) return `${open}/>\n`;
  if (typeof root.content === 'string') return `${open}>${escaped(root.content)}</${root.name}>\n`;
  const inner = root.content.map((child) => xmlText(child, `${indent}  `)).join('');
  return `${open}>\n${inner}${indent}</${root.name}>\n`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // A reader turns these into spaces and line feeds where they stand as they are.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function escaped(value: string | number): string {
  const text = String(value);
  const at = text.search(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u);
  if (at >= 0) {
    throw new EdgeminerError(
      'label.invalid',
      `'${text.slice(0, 40)}' has a character at ${at} that XML can't hold`,
      { mend: 'Remove control characters from classes, attributes and texts.' },
    );
  }
  return text.replace(/[&<>"\t\n\r]/g, (character) => entities[character] ?? character);
}
