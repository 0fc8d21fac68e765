import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import type { KafkaSettings } from './kafka-settings.js';

const pauseMs = 250;

/**
 * Resolves once every record that the topic of events holds now has been delivered: here, which
 * `passed` tells (the next offset by partition), or to another member, which the group's commits
 * tell. Also resolves when `closing` aborts.
 */
export async function watchForEnd(
  kafka: Kafka,
  { topics, groupId, fromBeginning }: KafkaSettings,
  passed: ReadonlyMap<number, bigint>,
  closing: AbortSignal,
): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const ends = await admin.fetchTopicOffsets(topics.events);
    const left = new Map(
      ends
        .map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }))
        .filter(({ low, high }) => low < high)
        .map(({ partition, high }) => [partition, high]),
    );
    for (let first = true; left.size > 0 && !closing.aborted; first = false) {
      const [committed] = await admin.fetchOffsets({ groupId, topics: [topics.events] });
      for (const { partition, offset } of committed?.partitions ?? []) {
        const end = left.get(partition);
        if (end === undefined) continue;
        const here = passed.get(partition) ?? -1n;
        // A group without commits that starts at the end has nothing to read.
        const skipped = first && offset === '-1' && !fromBeginning;
        if (skipped || BigInt(offset) >= end || here >= end) left.delete(partition);
      }
      if (left.size > 0)
        await delay(pauseMs, undefined, { signal: closing }).catch(() => undefined);
    }
  } finally {
    await admin.disconnect();
  }
}
