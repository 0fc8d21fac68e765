import { valueAt } from './field-path.js';
import { isList } from './value-kind.js';
import type { FieldPath } from './field-path.js';

/** Where a field of an event comes from, in a record of another maker. */
export type FieldSource =
  | { readonly kind: 'path'; readonly path: FieldPath }
  | { readonly kind: 'const'; readonly value: string | number }
  /** Of the Kafka record. */
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'key' }
  | { readonly kind: 'timestamp' };

export type TimeUnit = 's' | 'ms' | 'us' | 'ns';

/** Boxes as their maker writes them: corner and size, two corners, or centre and size. */
export type BoxConvention = 'xywh' | 'xyxy' | 'cxcywh';

export type PredictionsMap =
  /** Parallel lists. */
  | {
      readonly kind: 'classes';
      readonly classes: FieldSource;
      readonly numbers: FieldSource;
      readonly as: 'probabilities' | 'logits';
    }
  /** Names known in advance, numbers in the record. */
  | {
      readonly kind: 'named-classes';
      readonly classes: readonly string[];
      readonly numbers: FieldSource;
      readonly as: 'probabilities' | 'logits';
    }
  /** A list of objects; the paths inside start at each of them. */
  | {
      readonly kind: 'items';
      readonly items: FieldSource;
      readonly label: FieldPath;
      readonly score: FieldPath;
    }
  | { readonly kind: 'one'; readonly label: FieldSource; readonly score: FieldSource }
  | {
      readonly kind: 'boxes';
      readonly items: FieldSource;
      readonly label: FieldPath;
      readonly score: FieldPath;
      /** A list of four numbers, or where each of them is. */
      readonly box: FieldPath | readonly [FieldPath, FieldPath, FieldPath, FieldPath];
      readonly convention: BoxConvention;
      /** Fractions of the image's size, not pixels. */
      readonly normalised: boolean;
      readonly imageWidth: FieldSource;
      readonly imageHeight: FieldSource;
    };

/** How a record of another maker becomes an event of the v1 contract. */
export interface EventMap {
  readonly eventId: FieldSource;
  readonly occurredAt: FieldSource;
  /** What a number in `occurredAt` counts; text is ISO 8601. */
  readonly timeUnit: TimeUnit;
  readonly modelName: FieldSource;
  readonly modelVersion: FieldSource;
  readonly sourceId: FieldSource;
  readonly image: { readonly as: 'bytes' | 'uri'; readonly from: FieldSource };
  readonly predictions: PredictionsMap | undefined;
  readonly embedding: FieldSource | undefined;
  readonly tags: Readonly<Record<string, FieldSource>>;
}

/** What a record has beside its content. */
export interface RecordContext {
  readonly key: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly timestamp: number | undefined;
}

export const noContext: RecordContext = { key: undefined, headers: {}, timestamp: undefined };

/** The v1 shape of a record, to be checked by the contract; what is missing stays undefined. */
export function mapRecord(document: unknown, context: RecordContext, map: EventMap): object {
  const get = (source: FieldSource) => valueOf(source, document, context);
  const tags = Object.entries(map.tags).flatMap(([name, source]) => {
    const value = get(source);
    return value == null ? [] : [[name, textOf(value)] as const];
  });
  return {
    eventId: textOf(get(map.eventId)),
    occurredAt: timeOf(get(map.occurredAt), map),
    modelName: textOf(get(map.modelName)),
    modelVersion: textOf(get(map.modelVersion)),
    sourceId: textOf(get(map.sourceId)),
    image: { [map.image.as]: get(map.image.from) },
    predictions: map.predictions === undefined ? undefined : predictions(get, map.predictions),
    embedding: map.embedding === undefined ? undefined : get(map.embedding),
    tags: Object.fromEntries(tags),
  };
}

/** The source as its user wrote it, for messages. */
export function describeSource(source: FieldSource): string {
  switch (source.kind) {
    case 'path':
      return source.path.text;
    case 'const':
      return `the constant '${source.value}'`;
    case 'header':
      return `the header '${source.name}'`;
    case 'key':
      return "the record's key";
    case 'timestamp':
      return "the record's timestamp";
  }
}

function valueOf(source: FieldSource, document: unknown, context: RecordContext): unknown {
  switch (source.kind) {
    case 'path':
      return valueAt(document, source.path);
    case 'const':
      return source.value;
    case 'header':
      return context.headers[source.name];
    case 'key':
      return context.key;
    case 'timestamp':
      return context.timestamp;
  }
}

/** Ids are often numbers with other makers. */
function textOf(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
}

const perMillisecond: Readonly<Record<TimeUnit, number>> = { s: 1e-3, ms: 1, us: 1e3, ns: 1e6 };

function timeOf(value: unknown, { timeUnit, occurredAt }: EventMap): unknown {
  if (typeof value !== 'number' || occurredAt.kind === 'timestamp') return value;
  return Math.round(value / perMillisecond[timeUnit]);
}

type Get = (source: FieldSource) => unknown;

/** Undefined where the record has none of it: an event without predictions. */
function predictions(get: Get, map: PredictionsMap): object | undefined {
  const kind = 'classification';
  switch (map.kind) {
    case 'classes': {
      const [classes, numbers] = [get(map.classes), get(map.numbers)];
      return classes == null && numbers == null
        ? undefined
        : { kind, classes, [map.as]: numbers ?? undefined };
    }
    case 'named-classes': {
      const numbers = get(map.numbers);
      return numbers == null ? undefined : { kind, classes: map.classes, [map.as]: numbers };
    }
    case 'items': {
      const items = get(map.items);
      if (items == null) return undefined;
      if (!Array.isArray(items)) return { kind, classes: items };
      return {
        kind,
        classes: items.map((item: unknown) => textOf(valueAt(item, map.label))),
        probabilities: items.map((item: unknown) => valueAt(item, map.score)),
      };
    }
    case 'one': {
      const [label, score] = [textOf(get(map.label)), get(map.score)];
      return label == null && score == null
        ? undefined
        : { kind, classes: [label], probabilities: [score] };
    }
    case 'boxes':
      return boxes(get, map);
  }
}

function boxes(get: Get, map: Extract<PredictionsMap, { kind: 'boxes' }>): object | undefined {
  const items = get(map.items);
  if (items == null) return undefined;
  const [imageWidth, imageHeight] = [get(map.imageWidth), get(map.imageHeight)];
  const size = [imageWidth, imageHeight].map(Number);
  const inPixels = (numbers: readonly number[]) =>
    map.normalised ? numbers.map((number, at) => number * (size[at % 2] ?? 1)) : numbers;
  return {
    kind: 'detection',
    imageWidth,
    imageHeight,
    boxes: !Array.isArray(items)
      ? items
      : items.map((item: unknown) => {
          const four =
            'steps' in map.box
              ? valueAt(item, map.box)
              : map.box.map((path) => valueAt(item, path));
          const numbers: readonly number[] = isList(four) ? Array.from(four, Number) : [];
          return {
            label: textOf(valueAt(item, map.label)),
            score: valueAt(item, map.score),
            ...cornerAndSize(inPixels(numbers), map.convention),
          };
        }),
  };
}

function cornerAndSize([a, b, c, d]: readonly number[], convention: BoxConvention): object {
  if (a === undefined || b === undefined || c === undefined || d === undefined) return {};
  switch (convention) {
    case 'xywh':
      return { x: a, y: b, width: c, height: d };
    case 'xyxy':
      return { x: a, y: b, width: c - a, height: d - b };
    case 'cxcywh':
      return { x: a - c / 2, y: b - d / 2, width: c, height: d };
  }
}
