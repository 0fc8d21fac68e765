import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { EdgeminerError } from '../faults.js';
import { eventId, modelName, modelVersion, sourceId } from '../ids.js';
import type { Checked, Problem } from './checked.js';
import type { Reading } from './event-source.js';
import type { EventImage, InferenceEvent } from './inference-event.js';
import { readPredictions } from './read-predictions.js';
import { kindOf } from './value-kind.js';
import { endOfYear9999, requiredFields, wireEvent } from './wire-event.js';
import type { WireEvent } from './wire-event.js';

const namedAtMost = 3;
/** Where what is wrong says all. */
export const defaultMend =
  'Correct it in the producer; schemas/inference-event.v1.schema.json says what each field holds.';

/**
 * Checks a decoded event, and gives it the types of edgeminer. `candidate` has the v1 JSON shape;
 * `image.bytes` may be base64 text or bytes, `occurredAt` ISO 8601 with an offset or milliseconds.
 * Nulls count as absent, unknown keys are ignored. Never throws: what is wrong is `event.invalid`,
 * whose `field` is the first field at fault and whose message names the first three.
 */
export function parseEvent(candidate: unknown): Reading {
  if (!isRecord(candidate)) {
    return unreadable([{ field: 'event', problem: `must be an object, not ${kindOf(candidate)}` }]);
  }
  const parsed = wireEvent.safeParse(candidate, { error: describeIssue });
  if (!parsed.success) return unreadable(problemsOf(parsed.error.issues, candidate));
  const wire = parsed.data;
  const occurredAt = timeOf(wire.occurredAt);
  const image = imageOf(wire.image);
  const predictions = readPredictions(wire.predictions);
  const embedding = embeddingOf(wire.embedding);
  if (!occurredAt.ok || !image.ok || !predictions.ok || !embedding.ok) {
    const parts = [occurredAt, image, predictions, embedding];
    return unreadable(parts.flatMap((part) => (part.ok ? [] : [part])));
  }
  const event: InferenceEvent = {
    eventId: eventId(wire.eventId),
    occurredAt: occurredAt.value,
    modelName: modelName(wire.modelName),
    modelVersion: modelVersion(wire.modelVersion),
    sourceId: sourceId(wire.sourceId),
    image: image.value,
    predictions: predictions.value,
    ...(embedding.value === undefined ? {} : { embedding: embedding.value }),
    tags: wire.tags ?? {},
  };
  return { kind: 'event', event };
}

function timeOf(time: WireEvent['occurredAt']): Checked<number> {
  const value = typeof time === 'string' ? Date.parse(time) : time;
  return value >= 0 && value <= endOfYear9999
    ? { ok: true, value }
    : { ok: false, field: 'occurredAt', problem: 'must lie between the years 1970 and 9999' };
}

function imageOf({ bytes, uri, sha256, contentType }: WireEvent['image']): Checked<EventImage> {
  const about = {
    ...(sha256 == null ? {} : { sha256: sha256.toLowerCase() }),
    ...(contentType == null ? {} : { contentType }),
  };
  if (bytes != null && uri != null) {
    return {
      ok: false,
      field: 'image',
      problem: 'has both bytes and uri',
      mend: 'Send the bytes, or where to fetch them, not both.',
    };
  }
  if (uri != null) {
    if (!URL.canParse(uri)) return { ok: false, field: 'image.uri', problem: 'is not a URI' };
    return { ok: true, value: { kind: 'reference', uri, ...about } };
  }
  if (bytes == null) {
    return {
      ok: false,
      field: 'image',
      problem: 'has neither bytes nor uri',
      mend: 'Send the picture as base64 in image.bytes, or where to fetch it in image.uri.',
    };
  }
  const decoded = typeof bytes === 'string' ? decodeBase64(bytes) : bytes;
  if (decoded === undefined) {
    return {
      ok: false,
      field: 'image.bytes',
      problem: 'is not base64',
      mend: 'Encode the file with plain base64, without line breaks and without a data: prefix.',
    };
  }
  if (decoded.byteLength === 0) return { ok: false, field: 'image.bytes', problem: 'is empty' };
  return { ok: true, value: { kind: 'inline', bytes: decoded, ...about } };
}

/** Undefined where it is not base64: Node skips what it can't decode, so the length betrays it. */
function decodeBase64(text: string): Uint8Array | undefined {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digits = text.length - padding;
  if (digits % 4 === 1 || (padding > 0 && text.length % 4 !== 0)) return undefined;
  const decoded = Buffer.from(text, 'base64');
  return decoded.byteLength === Math.floor((digits * 3) / 4) ? decoded : undefined;
}

/** Of zeros alone nothing is near or far: they stand for an embedding that was not there. */
function embeddingOf(list: WireEvent['embedding']): Checked<Float32Array | undefined> {
  if (list == null) return { ok: true, value: undefined };
  const value = list instanceof Float32Array ? list : new Float32Array(list);
  for (const part of value) if (part !== 0) return { ok: true, value };
  return {
    ok: false,
    field: 'embedding',
    problem: `is ${value.length} zeros`,
    mend: 'Send the embedding that the model made, or leave the field out.',
  };
}

function unreadable(problems: readonly Problem[]): Reading {
  const [first] = problems;
  const named = problems
    .slice(0, namedAtMost)
    .map(({ field, problem }) => `${field} ${problem}`)
    .join('; ');
  const more = problems.length - namedAtMost;
  const fault = new EdgeminerError(
    'event.invalid',
    more > 0 ? `${named}; and ${more} more problem${more === 1 ? '' : 's'}` : named,
    { field: first?.field ?? 'event', mend: first?.mend ?? defaultMend },
  );
  return { kind: 'unreadable', fault };
}

function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  candidate: Readonly<Record<string, unknown>>,
): Problem[] {
  return issues.map(({ path, message }) => {
    const field = path.map(String).join('.');
    const missing = requiredFields.find((required) => required === field);
    const misspelt =
      missing === undefined || candidate[missing] != null
        ? undefined
        : likelyMisspelling(missing, Object.keys(candidate));
    if (misspelt === undefined) {
      const mend = mendOf(field, message);
      return { field, problem: message, ...(mend === undefined ? {} : { mend }) };
    }
    return {
      field,
      problem: `${message}, but there is '${misspelt}'`,
      mend: `Rename '${misspelt}' to '${field}'.`,
    };
  });
}

/** What a number that is out of its range most likely is, by where it stands. */
const numberMends: readonly (readonly [RegExp, string])[] = [
  [
    /^predictions\.probabilities\.\d+$/,
    'Send shares of 1 (0.62, not 62 for percent); class scores before the softmax belong into logits.',
  ],
  [/^predictions\.boxes\.\d+\.score$/, 'Send a share of 1: 0.62, not 62 for percent.'],
  [
    /^predictions\.boxes\.\d+\.(width|height)$/,
    "Send the box's width and height, not its second corner; a mapping of corners has 'convention: xyxy'.",
  ],
];

function mendOf(field: string, message: string): string | undefined {
  if (!/^must be (above|at least|at most)/.test(message)) return undefined;
  return numberMends.find(([place]) => place.test(field))?.[1];
}

/** `event_id`, `EventID` or `evenId` for eventId. */
function likelyMisspelling(field: string, keys: readonly string[]): string | undefined {
  const plain = (key: string) => key.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return keys.find((key) => {
    if (key.length > 64 || (requiredFields as readonly string[]).includes(key)) return false;
    return distance(plain(key), plain(field)) <= (field.length > 5 ? 2 : 1);
  });
}

/** Says in plain words what zod found; undefined leaves it to zod. */
function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input == null
        ? 'is missing'
        : `must be ${expectations[issue.expected] ?? issue.expected}, not ${kindOf(issue.input)}`;
    case 'too_small':
      if (issue.origin === 'string' || issue.origin === 'array') return 'must not be empty';
      return `must be ${issue.inclusive === false ? 'above' : 'at least'} ${issue.minimum}, not ${String(issue.input)}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `must have at most ${issue.maximum} characters`
        : `must be at most ${issue.maximum}, not ${String(issue.input)}`;
    case 'invalid_union':
      return issue.input == null ? 'is missing' : 'must be classification, detection or none';
    case 'invalid_key':
      return 'must have keys of 1 to 256 characters';
    default:
      return undefined;
  }
}

const expectations: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a finite number',
  int: 'a whole number',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
