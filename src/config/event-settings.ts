import { z } from 'zod';
import type { EventMap, FieldSource, PredictionsMap } from '../event/event-map.js';
import { parsePath } from '../event/field-path.js';

/**
 * The section `events`: what the records of the stream mean. docs/events.md explains it.
 */
const path = z.string().transform((text, context) => {
  const parsed = parsePath(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({
    code: 'custom',
    message: `'${text}' is no path; write it like meta.camera.id, images[0].url or a['b.c']`,
  });
  return z.NEVER;
});

const source = z.union(
  [
    path.transform((parsed): FieldSource => ({ kind: 'path', path: parsed })),
    z
      .strictObject({ const: z.union([z.string(), z.number()]) })
      .transform((one): FieldSource => ({ kind: 'const', value: one.const })),
    z
      .strictObject({ header: z.string().min(1) })
      .transform(({ header }): FieldSource => ({ kind: 'header', name: header })),
    z.strictObject({ key: z.literal(true) }).transform((): FieldSource => ({ kind: 'key' })),
    z
      .strictObject({ timestamp: z.literal(true) })
      .transform((): FieldSource => ({ kind: 'timestamp' })),
  ],
  {
    error:
      'must be a path (meta.camera.id), {const: VALUE}, {header: NAME}, {key: true} or ' +
      '{timestamp: true}',
  },
);

const box = z.union([
  path,
  z
    .strictObject({ x: path, y: path, width: path, height: path })
    .transform(({ x, y, width, height }) => [x, y, width, height] as const),
]);

const numbers = { probabilities: source.optional(), logits: source.optional() };

const predictions = z.union(
  [
    z
      .strictObject({ classes: z.union([source, z.array(z.string().min(1)).min(1)]), ...numbers })
      .refine(
        ({ probabilities, logits }) => (probabilities === undefined) !== (logits === undefined),
        {
          error: 'needs either probabilities or logits',
        },
      )
      .transform(({ classes, probabilities, logits }): PredictionsMap => {
        const given = probabilities ?? logits ?? { kind: 'const', value: '' };
        const as = probabilities === undefined ? 'logits' : 'probabilities';
        return Array.isArray(classes)
          ? { kind: 'named-classes', classes, numbers: given, as }
          : { kind: 'classes', classes, numbers: given, as };
      }),
    z
      .strictObject({
        items: source,
        label: path,
        score: path,
        box,
        convention: z.enum(['xywh', 'xyxy', 'cxcywh']).default('xywh'),
        normalised: z.boolean().default(false),
        imageWidth: source,
        imageHeight: source,
      })
      .transform((one): PredictionsMap => ({ kind: 'boxes', ...one })),
    z
      .strictObject({ items: source, label: path, score: path })
      .transform((one): PredictionsMap => ({ kind: 'items', ...one })),
    z
      .strictObject({ label: source, score: source })
      .transform((one): PredictionsMap => ({ kind: 'one', ...one })),
  ],
  {
    error:
      'must be {classes, probabilities or logits}, {items, label, score}, {label, score}, or for ' +
      'boxes {items, label, score, box, imageWidth, imageHeight}',
  },
);

const image = z.union([
  z
    .strictObject({ bytes: source })
    .transform(({ bytes }) => ({ as: 'bytes' as const, from: bytes })),
  z.strictObject({ uri: source }).transform(({ uri }) => ({ as: 'uri' as const, from: uri })),
]);

const shape = {
  eventId: source,
  occurredAt: source,
  timeUnit: z.enum(['s', 'ms', 'us', 'ns']).default('ms'),
  modelName: source,
  modelVersion: source,
  sourceId: source,
  image,
  predictions: predictions.optional(),
  embedding: source.optional(),
  tags: z.record(z.string().min(1), source).default({}),
};

const attribute = (name: string) => `attributes.${name}`;

export const eventsSchema = z
  .discriminatedUnion('format', [
    z.strictObject({ format: z.literal('edgeminer') }),
    z.strictObject({ format: z.literal('json'), map: z.strictObject(shape) }),
    z.strictObject({
      format: z.literal('kserve'),
      map: z.strictObject({
        ...shape,
        // Made of the request's id, and the instance's number where there are several.
        eventId: source.prefault('id'),
        occurredAt: source.prefault(attribute('time')),
        modelName: source.prefault(attribute('inferenceservicename')),
        sourceId: source.prefault(attribute('source')),
      }),
      window: z
        .strictObject({
          seconds: z.number().positive().max(600).default(30),
          maxCount: z.int().min(1).max(100_000).default(1000),
          maxBytes: z
            .int()
            .positive()
            .default(64 * 1024 * 1024),
        })
        .prefault({}),
    }),
  ])
  .prefault({ format: 'edgeminer' });

/** The mapping of a format that has one. */
export function eventMapOf(map: z.output<z.ZodObject<typeof shape>>): EventMap {
  const { predictions: mapped, embedding, ...rest } = map;
  return { ...rest, predictions: mapped, embedding };
}
