import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { readFile } from 'node:fs/promises';
import type { Message } from 'kafkajs';
import { readJsonEvent } from '../../src/event/json-event.js';
import { writeAvroEvent } from '../../src/event/avro-event.js';
import { messageOf } from './bed.js';
import type { Bed } from './bed.js';
import type { MadeEvent } from './made-stream.js';

const schemaFile = new URL('../../schemas/inference-event.v1.avsc', import.meta.url);

/** The events in Avro, under a schema that is registered for the bed's topic. */
export async function avroMessages(
  events: readonly MadeEvent[],
  { topics, partitions }: Bed,
  host: string,
): Promise<Message[]> {
  const registry = new SchemaRegistry({ host });
  const { id } = await registry.register(
    { type: SchemaType.AVRO, schema: await readFile(schemaFile, 'utf8') },
    { subject: `${topics.events}-value` },
  );
  return Promise.all(
    events.map(async (event) => {
      const message = messageOf(event, partitions);
      const reading = readJsonEvent(Buffer.from(message.value ?? ''));
      if (reading.kind === 'unreadable') throw reading.fault;
      return { ...message, value: await registry.encode(id, writeAvroEvent(reading.event)) };
    }),
  );
}
