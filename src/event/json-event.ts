import { EdgeminerError, messageOf } from '../faults.js';
import { parseEvent } from './contract.js';
import type { Reading } from './event-source.js';
import type { EventImage, InferenceEvent } from './inference-event.js';

/**
 * Reads an event of edgeminer's own format from UTF-8 JSON. Broken JSON is `event.unreadable`,
 * with the position where the parser gave up; JSON that is no event is `event.invalid`. Never
 * throws.
 */
export function readJsonEvent(bytes: Uint8Array): Reading {
  const json = readJson(bytes);
  return json.kind === 'json' ? parseEvent(json.value) : json;
}

export type JsonReading =
  | { readonly kind: 'json'; readonly value: unknown }
  | Extract<Reading, { readonly kind: 'unreadable' }>;

/** UTF-8 JSON of any shape; what is none is `event.unreadable`. Never throws. */
export function readJson(bytes: Uint8Array): JsonReading {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    return broken('the event is not UTF-8 text', cause);
  }
  try {
    return { kind: 'json', value: JSON.parse(text) as unknown };
  } catch (cause) {
    return broken(`the event is not JSON: ${messageOf(cause)}`, cause);
  }
}

/** The event in its v1 JSON shape, ready for JSON.stringify; times are milliseconds. */
export function writeJsonEvent(event: InferenceEvent): object {
  return {
    eventId: event.eventId,
    occurredAt: event.occurredAt,
    modelName: event.modelName,
    modelVersion: event.modelVersion,
    sourceId: event.sourceId,
    image: jsonImage(event.image),
    predictions: event.predictions,
    ...(event.embedding === undefined ? {} : { embedding: Array.from(event.embedding) }),
    tags: event.tags,
  };
}

function jsonImage(image: EventImage): object {
  const { kind, ...rest } = image;
  if (kind === 'reference') return rest;
  const { buffer, byteOffset, byteLength } = image.bytes;
  return { ...rest, bytes: Buffer.from(buffer, byteOffset, byteLength).toString('base64') };
}

function broken(message: string, cause: unknown): Extract<Reading, { kind: 'unreadable' }> {
  const mend = 'Send one JSON object per event, as schemas/inference-event.v1.schema.json says.';
  return {
    kind: 'unreadable',
    fault: new EdgeminerError('event.unreadable', message, { mend, cause }),
  };
}
