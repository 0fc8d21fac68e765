import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { connectKafka } from '../../../src/adapters/kafka/connect-kafka.js';
import type { StartAt } from '../../../src/adapters/kafka/group-position.js';
import type { KafkaSettings } from '../../../src/adapters/kafka/kafka-settings.js';
import { describeWith } from '../../services/describe-with.js';
import { jsonEvent, testTopics } from './topics.js';
import type { TestTopics } from './topics.js';

const never = new AbortController().signal;
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});

describeWith(['kafka'], 'where a group begins', (services) => {
  async function topicOf(perPartition: number): Promise<TestTopics> {
    const topics = await testTopics(services().kafka.brokers, { partitions: 2 });
    open.push(topics);
    await write(topics, perPartition, 'first');
    return topics;
  }

  async function write(topics: TestTopics, perPartition: number, name: string): Promise<void> {
    await topics.write(
      [0, 1].flatMap((partition) =>
        [...Array(perPartition).keys()].map((index) => ({
          partition,
          value: jsonEvent(`${name}-${partition}-${index}`),
        })),
      ),
    );
  }

  /** The `partition/offset` of all that a member reads until the end, in order. */
  async function readAll(settings: KafkaSettings): Promise<string[]> {
    const connection = connectKafka(settings);
    open.push(connection);
    const source = connection.openEventSource({ untilEnd: true });
    const seen: string[] = [];
    for await (const { origin, acknowledge } of source.deliveries(never)) {
      seen.push(`${origin.partition}/${origin.offset}`);
      acknowledge();
    }
    await source.close();
    return seen.sort();
  }

  const starting = ({ settings }: TestTopics, startAt: StartAt, groupId: string) => ({
    ...settings,
    startAt,
    groupId: `${settings.groupId}-${groupId}`,
  });

  it('at offsets, and at the end of what is not named; once, then where it stopped', async () => {
    const topics = await topicOf(3);
    const startAt = { kind: 'offsets', offsets: new Map([[1, 1n]]) } as const;
    const settings = starting(topics, startAt, 'o');
    expect(await readAll(settings)).toEqual(['1/1', '1/2']);
    expect(await readAll(settings)).toEqual([]);
    await write(topics, 1, 'later');
    expect(await readAll(settings)).toEqual(['0/3', '1/3']);
  });

  it('at a time', async () => {
    const topics = await topicOf(2);
    await delay(50);
    const ms = Date.now();
    await write(topics, 1, 'later');
    expect(await readAll(starting(topics, { kind: 'timestamp', ms }, 't'))).toEqual(['0/2', '1/2']);
  });

  it('at the end, and remembers it before anything was read', async () => {
    const topics = await topicOf(2);
    const settings = starting(topics, { kind: 'latest' }, 'l');
    expect(await readAll(settings)).toEqual([]);
    await write(topics, 1, 'while nobody reads');
    expect(await readAll(settings)).toEqual(['0/2', '1/2']);
  });

  it('at the first record that is left, where those it had to read were deleted', async () => {
    const topics = await topicOf(4);
    const warnings = vi.fn<KafkaSettings['log']>();
    const settings = { ...starting(topics, { kind: 'latest' }, 'd'), log: warnings };
    await topics.admin.setOffsets({
      groupId: settings.groupId,
      topic: settings.topics.events,
      partitions: [0, 1].map((partition) => ({ partition, offset: '1' })),
    });
    await topics.admin.deleteTopicRecords({
      topic: settings.topics.events,
      partitions: [{ partition: 0, offset: '3' }],
    });
    expect(await readAll(settings)).toEqual(['0/3', '1/1', '1/2', '1/3']);
    expect(warnings).toHaveBeenCalledWith(
      'warn',
      'records were deleted before they were read; the topic keeps too little',
      { partition: 0, records: '2', from: '3' },
    );
  });

  it.each([
    [new Map([[7, 0n]]), 'has no partition 7; it has 2, counted from 0'],
    [new Map([[0, 99n]]), 'has no offset 99; it holds 0 to 2'],
  ])('nowhere that there is not: %s', async (offsets, why) => {
    const topics = await topicOf(2);
    await expect(
      readAll(starting(topics, { kind: 'offsets', offsets }, 'x')),
    ).rejects.toMatchObject({
      code: 'input.invalid',
      field: '--from',
      message: expect.stringContaining(why) as string,
    });
  });
});
