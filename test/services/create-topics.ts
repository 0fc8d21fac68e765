import { Kafka, logLevel } from 'kafkajs';
import { until } from './ready.js';

/**
 * Makes topics and waits until each partition has a leader. kafkajs's own wait gives up when a
 * KRaft broker has not yet heard of a topic that its controller has just made.
 */
export async function createTopics(
  brokers: string[],
  topics: readonly { readonly topic: string; readonly partitions: number }[],
): Promise<void> {
  const admin = new Kafka({
    clientId: 'edgeminer-tests',
    brokers,
    logLevel: logLevel.NOTHING,
  }).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      waitForLeaders: false,
      topics: topics.map(({ topic, partitions }) => ({ topic, numPartitions: partitions })),
    });
    await until(
      'the new topics',
      async () => {
        const { topics: found } = await admin.fetchTopicMetadata({
          topics: topics.map(({ topic }) => topic),
        });
        for (const { name, partitions } of found) {
          if (partitions.length === 0 || partitions.some(({ leader }) => leader < 0)) {
            throw new Error(`${name} has a partition without a leader`);
          }
        }
      },
      { deadlineMs: 15_000 },
    );
  } finally {
    await admin.disconnect();
  }
}
