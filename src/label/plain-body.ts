import type { Attributes, LabelBody, LabelledBox, LabelledPolygon, Remarks } from './label.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A label body with lists of its own, to be sent or changed. */
export type PlainBody =
  | ({ kind: 'class'; class: string } & PlainRemarks)
  | ({ kind: 'classes'; classes: string[] } & PlainRemarks)
  | ({ kind: 'boxes'; boxes: PlainBox[] } & PlainRemarks)
  | ({ kind: 'polygons'; polygons: PlainPolygon[] } & PlainRemarks);

interface PlainRemarks {
  attributes?: PlainAttributes;
  text?: string;
}

type PlainAttributes = Record<string, string | number | boolean | string[]>;
type PlainBox = Writable<Omit<LabelledBox, 'attributes'>> & Pick<PlainRemarks, 'attributes'>;
type PlainPolygon = { class: string; points: [number, number][] } & Pick<
  PlainRemarks,
  'attributes'
>;

/** A copy with the fields of a label only: what somebody added must not travel on. */
export function plainBody(body: LabelBody): PlainBody {
  const remarks = plainRemarks(body);
  switch (body.kind) {
    case 'class':
      return { kind: 'class', class: body.class, ...remarks };
    case 'classes':
      return { kind: 'classes', classes: [...body.classes], ...remarks };
    case 'boxes':
      return { kind: 'boxes', boxes: body.boxes.map(plainBox), ...remarks };
    case 'polygons':
      return { kind: 'polygons', polygons: body.polygons.map(plainPolygon), ...remarks };
  }
}

function plainBox({ class: name, x, y, width, height, attributes }: LabelledBox): PlainBox {
  return { class: name, x, y, width, height, ...plainAttributes(attributes) };
}

function plainPolygon({ class: name, points, attributes }: LabelledPolygon): PlainPolygon {
  return {
    class: name,
    points: points.map(([x, y]) => [x, y]),
    ...plainAttributes(attributes),
  };
}

function plainRemarks({ attributes, text }: Remarks): PlainRemarks {
  return { ...plainAttributes(attributes), ...(text === undefined ? {} : { text }) };
}

function plainAttributes(attributes: Attributes | undefined): Pick<PlainRemarks, 'attributes'> {
  if (attributes === undefined) return {};
  const copied = Object.entries(attributes).map(
    ([name, value]) => [name, typeof value === 'object' ? [...value] : value] as const,
  );
  return { attributes: Object.fromEntries(copied) };
}
