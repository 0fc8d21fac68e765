import { element, xmlText } from '../xml-element.js';
import type { XmlElement } from '../xml-element.js';
import type { CvatLabelSpec } from './label-specs.js';
import type { CvatMark } from './mark.js';

export interface CvatImage {
  readonly name: string;
  /** Of the upright picture, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly marks: readonly CvatMark[];
}

/**
 * A document of the format `CVAT for images 1.1`, as docs.cvat.ai describes it under "XML annotation
 * format". Places are written in full, where CVAT itself writes two decimals.
 * @throws EdgeminerError `label.invalid` for text that XML can't hold
 */
export function writeCvatDocument(document: {
  readonly name: string;
  readonly labels: readonly CvatLabelSpec[];
  readonly images: readonly CvatImage[];
}): string {
  const { name, labels, images } = document;
  const meta = element('meta', {}, [
    element('task', {}, [
      element('name', {}, name),
      element('size', {}, String(images.length)),
      element('mode', {}, 'annotation'),
      element('overlap', {}, '0'),
      element('flipped', {}, 'False'),
      element('labels', {}, labels.map(labelElement)),
    ]),
  ]);
  const pictures = images.map((image, id) =>
    element(
      'image',
      { id, name: image.name, width: image.width, height: image.height },
      image.marks.map(markElement),
    ),
  );
  const root = element('annotations', {}, [element('version', {}, '1.1'), meta, ...pictures]);
  return `<?xml version="1.0" encoding="utf-8"?>\n${xmlText(root)}`;
}

function labelElement({ name, type, attributes }: CvatLabelSpec): XmlElement {
  return element('label', {}, [
    element('name', {}, name),
    element('type', {}, type),
    element(
      'attributes',
      {},
      attributes.map((attribute) =>
        element('attribute', {}, [
          element('name', {}, attribute.name),
          element('mutable', {}, 'False'),
          element('input_type', {}, attribute.input_type),
          element('default_value', {}, attribute.default_value),
          element('values', {}, attribute.values.join('\n')),
        ]),
      ),
    ),
  ]);
}

function markElement({ type, label, points, attributes }: CvatMark): XmlElement {
  const said = attributes.map(({ name, value }) => element('attribute', { name }, value));
  if (type === 'tag') return element('tag', { label, source: 'manual' }, said);
  const shape = { label, source: 'manual', occluded: 0 };
  if (type === 'rectangle') {
    const [xtl, ytl, xbr, ybr] = points;
    return element('box', { ...shape, xtl, ytl, xbr, ybr, z_order: 0 }, said);
  }
  const corners = points.map((value, at) => `${value}${at % 2 === 0 ? ',' : ';'}`).join('');
  return element('polygon', { ...shape, points: corners.slice(0, -1), z_order: 0 }, said);
}
