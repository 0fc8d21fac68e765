import { readFile } from 'node:fs/promises';
import { writeAvroEvent } from '../../event/avro-event.js';
import type { InferenceEvent } from '../../event/inference-event.js';
import { writeJsonEvent } from '../../event/json-event.js';
import type { SchemaRegistryClient } from './schema-registry.js';
import type { Sender } from './sender.js';

/** Writes events to the topic that workers read, keyed by source: its events stay in order. */
export interface EventPublisher {
  /** Throws as Sender does, and `registry.unavailable`. */
  publish(event: InferenceEvent): Promise<void>;
  close(): Promise<void>;
}

export const avroSchemaFile = new URL('../../../schemas/inference-event.v1.avsc', import.meta.url);

/** Avro under the subject `<topic>-value` where there is a schema registry, else plain JSON. */
export function openKafkaEventPublisher(
  sender: Sender,
  topic: string,
  registry: SchemaRegistryClient | undefined,
): EventPublisher {
  let avroSchema: Promise<string> | undefined;

  async function encode(event: InferenceEvent): Promise<Buffer | string> {
    if (registry === undefined) return JSON.stringify(writeJsonEvent(event));
    avroSchema ??= readFile(avroSchemaFile, 'utf8');
    return registry.encode(`${topic}-value`, await avroSchema, writeAvroEvent(event));
  }

  return {
    async publish(event) {
      await sender.send(topic, [{ key: event.sourceId, value: await encode(event) }]);
    },
    close: () => sender.close(),
  };
}
