import { z } from 'zod';
import { isWellFormed, largestFloat32, nameList, notWellFormed, numberList } from './long-lists.js';

/**
 * The event as producers send it, v1: the shape of schemas/inference-event.v1.schema.json, which
 * is generated from here, and of schemas/inference-event.v1.avsc once decoded. Keys that are not
 * named here are ignored, for producers evolve; null stands for absent, as Avro has it.
 */

/** Milliseconds since 1970-01-01 UTC. */
export const endOfYear9999 = 253_402_300_799_999;

const longestName = 256;
const name = z.string().min(1).max(longestName).refine(isWellFormed, { error: notWellFormed });
const optionalText = (maxLength: number) => z.string().min(1).max(maxLength).nullish();
const finite = z.number();
const share = z.number().min(0).max(1);
/** A softmax in single precision comes to 1.0000001 at times; it is read as 1. */
const shares = { min: 0, max: 1, slack: 1e-6 };

const bytes = z
  .union([z.string(), z.instanceof(Uint8Array)], { error: 'must be base64 text' })
  .meta({ description: 'The image itself, as base64 (RFC 4648, section 4) without line breaks.' });

const timeProblem = ({ input }: { readonly input?: unknown }) =>
  input == null
    ? 'is missing'
    : 'must be an ISO 8601 date and time with seconds and an offset or Z ' +
      '(2025-03-01T12:00:00Z), or whole milliseconds since 1970-01-01 UTC';

const occurredAt = z
  .union(
    [
      z.iso.datetime({ offset: true, error: timeProblem }),
      z
        .int({ error: timeProblem })
        .min(0, { error: 'lies before 1970' })
        .max(endOfYear9999, { error: 'is too large for milliseconds since 1970-01-01 UTC' }),
    ],
    { error: timeProblem },
  )
  .meta({
    description:
      'When the inference was made: ISO 8601 with an offset or Z, or milliseconds since ' +
      '1970-01-01 UTC.',
  });

const image = z
  .object({
    bytes: bytes.nullish(),
    uri: z
      .string()
      .min(1)
      .max(4096)
      .regex(/^(https?|s3|file):/i, { error: 'must start with http:, https:, s3: or file:' })
      .nullish()
      .meta({ description: 'Where the image can be fetched: http:, https:, s3: or file:.' }),
    sha256: z
      .string()
      .regex(/^[0-9a-fA-F]{64}$/, { error: 'must be 64 hexadecimal digits' })
      .nullish()
      .meta({ description: 'Of the bytes, in hexadecimal.' }),
    contentType: optionalText(256),
  })
  .meta({
    description: 'Exactly one of bytes and uri.',
    oneOf: [
      { required: ['bytes'], properties: { bytes: { type: 'string' }, uri: { type: 'null' } } },
      { required: ['uri'], properties: { uri: { type: 'string' }, bytes: { type: 'null' } } },
    ],
  });

const classification = z
  .object({
    kind: z.literal('classification'),
    classes: nameList(longestName),
    probabilities: numberList(shares).nullish(),
    logits: numberList().nullish(),
  })
  .meta({
    description:
      'classes is parallel to probabilities, logits or both; at least one of the two is there.',
    anyOf: [
      { required: ['probabilities'], properties: { probabilities: { type: 'array' } } },
      { required: ['logits'], properties: { logits: { type: 'array' } } },
    ],
  });

const box = z.object({
  label: name,
  score: share,
  x: finite,
  y: finite,
  width: z.number().positive(),
  height: z.number().positive(),
});

const detection = z
  .object({
    kind: z.literal('detection'),
    boxes: z.array(box),
    imageWidth: z.int32().positive(),
    imageHeight: z.int32().positive(),
  })
  .meta({
    description:
      'Boxes in absolute pixels of the image as the model saw it; x, y is the top-left corner.',
  });

const predictions = z.discriminatedUnion('kind', [
  classification,
  detection,
  z.object({ kind: z.literal('none') }),
]);

export const wireEvent = z
  .object({
    eventId: name.meta({ description: 'Unique per source.' }),
    occurredAt,
    modelName: name,
    modelVersion: name,
    sourceId: name.meta({ description: 'The camera, site or stream.' }),
    image,
    predictions: predictions.nullish(),
    embedding: numberList({ min: -largestFloat32, max: largestFloat32 })
      .nullish()
      .meta({ description: "The producing model's own embedding, in single precision." }),
    tags: z
      .record(name, z.string().max(2048).refine(isWellFormed, { error: notWellFormed }))
      .nullish(),
  })
  .meta({
    $id: 'urn:edgeminer:inference-event:v1',
    title: 'InferenceEvent',
    description: 'One inference by a production model. Other keys are ignored.',
  });

export type WireEvent = z.output<typeof wireEvent>;

export const requiredFields = [
  'eventId',
  'occurredAt',
  'modelName',
  'modelVersion',
  'sourceId',
  'image',
] as const satisfies (keyof WireEvent)[];

/** The content of schemas/inference-event.v1.schema.json. */
export function inferenceEventJsonSchema(): object {
  return z.toJSONSchema(wireEvent, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === bytes) {
        // JSON carries text only; the union's other half is what Avro decodes to.
        delete jsonSchema.anyOf;
        Object.assign(jsonSchema, { type: 'string', contentEncoding: 'base64' });
      }
      // The format says it all; the pattern is how zod checks it.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
}
