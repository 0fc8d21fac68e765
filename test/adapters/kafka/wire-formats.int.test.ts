import { Ajv2020 } from 'ajv/dist/2020.js';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import kafkajs from 'kafkajs';
import { afterEach, expect, it } from 'vitest';
import { connectKafka } from '../../../src/adapters/kafka/connect-kafka.js';
import { createEventDecoder } from '../../../src/adapters/kafka/event-decoder.js';
import { connectSchemaRegistry } from '../../../src/adapters/kafka/schema-registry.js';
import { parseEvent } from '../../../src/event/contract.js';
import type { Reading } from '../../../src/event/event-source.js';
import type { InferenceEvent } from '../../../src/event/inference-event.js';
import { inferenceEventJsonSchema } from '../../../src/event/wire-event.js';
import { describeWith } from '../../services/describe-with.js';
import { jsonEvent, take, testTopics } from './topics.js';

const never = new AbortController().signal;
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});

function opened<T extends { close(): Promise<void> }>(resource: T): T {
  open.push(resource);
  return resource;
}

function eventWith(image: object, more: object = {}): InferenceEvent {
  const json = JSON.parse(jsonEvent('rich')) as object;
  const reading = parseEvent({ ...json, ...more, image });
  if (reading.kind === 'unreadable') throw reading.fault;
  return reading.event;
}

const detection = {
  kind: 'detection',
  boxes: [{ label: 'cat', score: 0.4, x: 1.5, y: 2, width: 30, height: 20.25 }],
  imageWidth: 640,
  imageHeight: 480,
};

function describeReading(reading: Reading): string {
  return reading.kind === 'event' ? reading.event.eventId : reading.fault.code;
}

describeWith(['kafka', 'registry'], 'the wire formats', (services) => {
  it('reads Avro, JSON Schema and plain JSON from one topic, and tells what is broken', async () => {
    const { url } = services().registry;
    const topics = opened(
      await testTopics(services().kafka.brokers, { schemaRegistryUrl: `${url}/` }),
    );
    const { settings, write } = topics;
    const kafka = opened(connectKafka(settings));
    const rich = eventWith(
      { bytes: randomBytes(2000), contentType: 'image/png' },
      { predictions: detection, embedding: [0.25, -1], tags: { site: 'Zürich' } },
    );
    await kafka.openEventPublisher().publish(rich);

    // The client's own ajv does not know the draft that the schema is written in.
    const registry = new SchemaRegistry(
      { host: url },
      { [SchemaType.JSON]: { ajvInstance: new Ajv2020({ strict: false }) as never } },
    );
    const { id } = await registry.register(
      { type: SchemaType.JSON, schema: JSON.stringify(inferenceEventJsonSchema()) },
      { subject: `${settings.topics.events}-json` },
    );
    const header = Buffer.alloc(5);
    header.writeUInt32BE(id, 1);
    const unknown = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3]);
    const avroId = await registry.getLatestSchemaId(`${settings.topics.events}-value`);
    const brokenAvro = Buffer.from([0, 0, 0, 0, 0, 0x80]);
    brokenAvro.writeUInt32BE(avroId, 1);
    await write([
      { value: Buffer.concat([header, Buffer.from(jsonEvent('json-schema'))]) },
      { value: `\n ${jsonEvent('plain')}` },
      { value: Buffer.concat([header, Buffer.from('{"eventId":')]) },
      { value: unknown },
      { value: brokenAvro },
      { value: Buffer.from([0, 0, 0]) },
      { value: 'eventId=1' },
      { value: '{"eventId":' },
      { value: '{}' },
      { key: 'tombstone', value: null },
      { value: '' },
    ]);
    const iterator = kafka.openEventSource().deliveries(never)[Symbol.asyncIterator]();
    const readings = await Promise.all((await take(iterator, 12)).map((each) => each.read()));
    expect(readings.map(describeReading)).toEqual([
      'rich',
      'json-schema',
      'plain',
      'event.unreadable',
      'event.unreadable',
      'event.unreadable',
      'event.unreadable',
      'event.unreadable',
      'event.unreadable',
      'event.invalid',
      'event.unreadable',
      'event.unreadable',
    ]);
    const [first] = readings;
    if (first?.kind !== 'event') throw new Error('not an event');
    expect(JSON.stringify(first.event)).toBe(JSON.stringify(rich));
  });

  it('says how to read the wire format where no registry is configured', async () => {
    const reading = await createEventDecoder(undefined).decode(Buffer.from([0, 0, 0, 0, 1, 2]));
    if (reading.kind !== 'unreadable') throw new Error('was read');
    expect(reading.fault.mend).toContain('SCHEMA_REGISTRY_URL');
  });

  it('takes a registry that is away, or is none, for an outage, and recovers', async () => {
    let answer: (path: string) => { status: number; body: string } = () => {
      return { status: 404, body: '<html>' };
    };
    const server = createServer((request, response) => {
      const { status, body } = answer(request.url ?? '');
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const url = `http://127.0.0.1:${address.port}`;
    const value = Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), Buffer.from(jsonEvent('late'))]);
    const decoder = createEventDecoder(connectSchemaRegistry(url));
    try {
      const outage = { code: 'registry.unavailable', retriable: true };
      await expect(decoder.decode(value)).rejects.toMatchObject(outage);
      answer = () => ({ status: 503, body: '{"message":"starting"}' });
      await expect(decoder.decode(value)).rejects.toMatchObject(outage);
      answer = () => ({ status: 401, body: '{"message":"who are you"}' });
      await expect(decoder.decode(value)).rejects.toMatchObject({ code: 'config.invalid' });
      answer = (path) =>
        path.startsWith('/subjects')
          ? { status: 200, body: '[]' }
          : { status: 404, body: '{"error_code":40403,"message":"no such schema"}' };
      expect(describeReading(await decoder.decode(value))).toBe('event.unreadable');
      answer = () => ({ status: 200, body: JSON.stringify({ schemaType: 'JSON', schema: '{}' }) });
      expect(describeReading(await decoder.decode(value))).toBe('late');
    } finally {
      server.close();
      server.closeAllConnections();
    }
    // Known by now, so it needs nobody.
    expect(describeReading(await decoder.decode(value))).toBe('late');
    const gone = createEventDecoder(connectSchemaRegistry(url));
    await expect(gone.decode(value)).rejects.toMatchObject({ code: 'registry.unavailable' });
  });

  it.each(['gzip', 'snappy', 'lz4', 'zstd'])(
    'reads what a broker compressed with %s',
    async (codec) => {
      const topics = opened(await testTopics(services().kafka.brokers));
      const { settings, admin, write } = topics;
      await admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: kafkajs.ConfigResourceTypes.TOPIC,
            name: settings.topics.events,
            configEntries: [{ name: 'compression.type', value: codec }],
          },
        ],
      });
      const images = [
        randomBytes(3),
        Buffer.alloc(400_000, 'edge'),
        randomBytes(150_000),
        Buffer.concat([randomBytes(70_000), Buffer.alloc(70_000), randomBytes(10)]),
      ];
      const text = images.map((bytes) =>
        jsonEvent('big').replace(/"uri":"[^"]*"/, `"bytes":"${bytes.toString('base64')}"`),
      );
      await write(text.map((value) => ({ value })));
      const kafka = opened(connectKafka(settings));
      const iterator = kafka.openEventSource().deliveries(never)[Symbol.asyncIterator]();
      const readings = await Promise.all((await take(iterator, 4)).map((each) => each.read()));
      const read = readings.map((reading) => {
        if (reading.kind === 'unreadable') throw reading.fault;
        return reading.event.image.kind === 'inline' ? reading.event.image.bytes : undefined;
      });
      images.forEach((image, index) =>
        expect(image.equals(read[index] ?? randomBytes(1))).toBe(true),
      );
    },
  );
});
