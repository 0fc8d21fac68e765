import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { MongoClient } from 'mongodb';
import { expect, it } from 'vitest';
import { createTopics } from './create-topics.js';
import { describeWith } from './describe-with.js';

describeWith(['mongo'], 'the MongoDB of the tests', (services) => {
  it('runs transactions', async () => {
    const client = new MongoClient(services().mongo.uri);
    try {
      const numbers = client.db(`services-${randomUUID()}`).collection<{ n: number }>('numbers');
      await client.withSession((session) =>
        session.withTransaction(async () => {
          await numbers.insertOne({ n: 1 }, { session });
          await numbers.insertOne({ n: 2 }, { session });
        }),
      );
      expect(await numbers.countDocuments()).toBe(2);
      await client.db(numbers.dbName).dropDatabase();
    } finally {
      await client.close();
    }
  });
});

describeWith(['kafka', 'registry'], 'the Kafka and the registry of the tests', (services) => {
  it('carry an Avro record to a consumer group', async () => {
    const topic = `services-${randomUUID()}`;
    await createTopics(services().kafka.brokers, [{ topic, partitions: 1 }]);
    const kafka = new Kafka({ brokers: services().kafka.brokers, logLevel: logLevel.NOTHING });
    const registry = new SchemaRegistry({ host: services().registry.url });
    const { id } = await registry.register(
      {
        type: SchemaType.AVRO,
        schema: '{"type":"record","name":"Probe","fields":[{"name":"n","type":"int"}]}',
      },
      { subject: `${topic}-value` },
    );
    const producer = kafka.producer();
    const consumer = kafka.consumer({ groupId: topic });
    try {
      await producer.connect();
      await producer.send({
        topic,
        messages: [{ value: await registry.encode(id, { n: 7 }) }],
      });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      const received = await new Promise<unknown>((resolve, reject) => {
        void consumer.run({
          eachMessage: async ({ message }) => {
            if (message.value === null) reject(new Error('an empty message'));
            else resolve(await registry.decode(message.value));
          },
        });
      });
      expect(received).toMatchObject({ n: 7 });
    } finally {
      await consumer.disconnect();
      await producer.disconnect();
    }
  });
});
