import { randomUUID } from 'node:crypto';
import { connectKafka } from '../src/adapters/kafka/connect-kafka.js';
import type { InferenceEvent } from '../src/event/inference-event.js';
import { createTopics } from '../test/services/create-topics.js';
import type { BenchServices } from './services.js';
import type { MiningPlace, MiningRun } from './mining.js';

const partitions = 2;
const sentAtOnce = 200;

/** Fills a topic, then lets the worker read it to its end as a group of its own. */
export async function mineFromKafka(
  { kafka, registry }: BenchServices,
  events: Iterable<InferenceEvent>,
  format: 'avro' | 'json',
  place: MiningPlace,
): Promise<MiningRun> {
  const run = randomUUID().slice(0, 8);
  const topic = `bench-${run}`;
  await createTopics(kafka.brokers, [{ topic, partitions }]);
  const connection = connectKafka({
    brokers: kafka.brokers,
    clientId: 'bench',
    groupId: `bench-${run}`,
    schemaRegistryUrl: format === 'avro' ? registry.url : undefined,
    startAt: { kind: 'earliest' },
    sessionTimeoutMs: 30_000,
    topics: { events: topic, curated: topic, deadLetters: topic },
    version: 'bench',
    log: () => undefined,
  });
  try {
    const publisher = connection.openEventPublisher();
    let sent = 0;
    let together: Promise<void>[] = [];
    for (const event of events) {
      sent += 1;
      if (together.push(publisher.publish(event)) < sentAtOnce) continue;
      await Promise.all(together);
      together = [];
    }
    await Promise.all(together);
    const source = connection.openEventSource({
      limits: { maxCount: 64, maxBytes: 256 * 1024 * 1024 },
      untilEnd: true,
    });
    const result = await place.run(source);
    if (result.events !== sent) {
      throw new Error(`${result.events} of ${sent} events arrived`);
    }
    return result;
  } finally {
    await connection.close();
  }
}
