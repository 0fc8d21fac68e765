import { noContext } from '../../event/event-map.js';
import type { RecordContext } from '../../event/event-map.js';
import { readOwnFormat } from '../../event/event-reader.js';
import type { EventReader } from '../../event/event-reader.js';
import type { Reading } from '../../event/event-source.js';
import { readJson } from '../../event/json-event.js';
import { EdgeminerError, messageOf } from '../../faults.js';
import type { SchemaSource } from './schema-registry.js';

export interface EventDecoder {
  /** What is wrong with the value is a reading; throws `registry.unavailable`, retriable. */
  decode(value: Buffer | null, context?: RecordContext): Promise<Reading>;
}

/** Magic byte 0, then the schema's id as 4 bytes, big-endian, then the payload. */
const headerBytes = 5;
const openingBrace = 0x7b;
const blanks = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * Tells the wire formats apart by the first byte: 0 is Confluent's, an opening brace is JSON.
 * https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/
 */
export function createEventDecoder(
  schemas: SchemaSource | undefined,
  reader: EventReader = readOwnFormat,
): EventDecoder {
  return {
    async decode(value, context = noContext) {
      if (value === null || value.length === 0) {
        return unreadable('the record has no value', 'Send one event as the value of each record.');
      }
      if (value[0] === 0) {
        const content = await decodeWithSchema(value, schemas);
        return content.kind === 'content' ? reader(content.value, context) : content;
      }
      if (value.find((byte) => !blanks.has(byte)) === openingBrace) {
        const json = readJson(value);
        return json.kind === 'json' ? reader(json.value, context) : json;
      }
      return unreadable(
        "the record is neither JSON nor in the schema registry's wire format",
        'Send a JSON object, or Avro or JSON Schema through the schema registry.',
      );
    },
  };
}

async function decodeWithSchema(
  value: Buffer,
  schemas: SchemaSource | undefined,
): Promise<Content | Unreadable> {
  if (value.length <= headerBytes) {
    return unreadable(
      `the record ends after ${value.length} bytes, within its header`,
      'Send the whole record: a 0 byte, 4 bytes of schema id, the payload.',
    );
  }
  const id = value.readUInt32BE(1);
  if (schemas === undefined) {
    return unreadable(
      `the record refers to schema ${id}, but no schema registry is configured`,
      'Set SCHEMA_REGISTRY_URL or kafka.schemaRegistryUrl, then replay the record.',
    );
  }
  const schema = await schemas.find(id);
  if (schema.kind === 'unusable') {
    return unreadable(
      `the record refers to schema ${id}, ${schema.why}`,
      'Point producer and edgeminer at the same schema registry, then replay the record.',
    );
  }
  try {
    return { kind: 'content', value: schema.decode(value.subarray(headerBytes)) };
  } catch (cause) {
    return unreadable(
      `the record does not follow schema ${id}: ${messageOf(cause)}`,
      'Encode the record with the schema whose id it carries.',
      cause,
    );
  }
}

interface Content {
  readonly kind: 'content';
  readonly value: unknown;
}

type Unreadable = Extract<Reading, { readonly kind: 'unreadable' }>;

function unreadable(message: string, mend: string, cause?: unknown): Unreadable {
  return {
    kind: 'unreadable',
    fault: new EdgeminerError('event.unreadable', message, { mend, cause }),
  };
}
