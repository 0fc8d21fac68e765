import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import type { KafkaSettings } from './kafka-settings.js';

const pauseMs = 250;

/**
 * Resolves once every record that the topic of events holds now has been delivered: here, which
 * `passed` tells (the next offset by partition, since the last rebalance), or to another member,
 * which the group's commits tell. Also resolves when `closing` aborts.
 */
export async function watchForEnd(
  kafka: Kafka,
  { topics, groupId }: KafkaSettings,
  passed: ReadonlyMap<number, bigint>,
  closing: AbortSignal,
): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const ends = (await admin.fetchTopicOffsets(topics.events))
      .filter(({ low, high }) => BigInt(low) < BigInt(high))
      .map(({ partition, high }) => ({ partition, end: BigInt(high) }));
    while (!closing.aborted) {
      const [group] = await admin.fetchOffsets({ groupId, topics: [topics.events] });
      const committed = new Map(
        (group?.partitions ?? []).map(({ partition, offset }) => [partition, BigInt(offset)]),
      );
      const isPast = (offset: bigint | undefined, end: bigint) =>
        offset !== undefined && offset >= end;
      const over = ends.every(
        ({ partition, end }) =>
          isPast(passed.get(partition), end) || isPast(committed.get(partition), end),
      );
      if (over) return;
      await delay(pauseMs, undefined, { signal: closing }).catch(() => undefined);
    }
  } finally {
    await admin.disconnect();
  }
}
