import { randomBytes } from 'node:crypto';
import kafkajs from 'kafkajs';
import { afterEach, expect, it } from 'vitest';
import { connectKafka } from '../../../src/adapters/kafka/connect-kafka.js';
import type { KafkaSettings } from '../../../src/adapters/kafka/kafka-settings.js';
import { runChecks } from '../../../src/telemetry/checkup.js';
import { describeWith } from '../../services/describe-with.js';
import { startKafka } from '../../services/local-services.js';
import { openProcesses } from '../../services/processes.js';
import { jsonEvent, testTopics } from './topics.js';
import type { TestTopics } from './topics.js';

async function find(settings: KafkaSettings, name: string) {
  const kafka = connectKafka(settings);
  try {
    return (await runChecks(kafka.checks())).find((finding) => finding.name === name);
  } finally {
    await kafka.close();
  }
}

async function configure({ admin }: TestTopics, topic: string, entries: Record<string, string>) {
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name: topic,
        configEntries: Object.entries(entries).map(([name, value]) => ({ name, value })),
      },
    ],
  });
}

describeWith(['kafka', 'registry'], 'the check of Kafka', (services) => {
  let topics: TestTopics | undefined;
  afterEach(async () => {
    await topics?.close();
    topics = undefined;
  });
  const setUp = async () => {
    topics = await testTopics(services().kafka.brokers, { partitions: 2 });
    const { settings } = topics;
    return { topics, settings, events: settings.topics.events };
  };

  it('tells lag by partition, and that nobody reads', async () => {
    const { topics: made, settings } = await setUp();
    await made.write(
      [0, 0, 1].map((partition) => ({ value: jsonEvent(`${partition}`), partition })),
    );
    expect(await find(settings, `group ${settings.groupId}`)).toMatchObject({
      verdict: 'warning',
      detail: '0 members, 3 records behind (by partition 0: 2, 1: 1): nobody reads',
    });
    // Nothing was joined or committed by looking.
    expect(await made.committed()).toEqual({ 0: -1, 1: -1 });
  });

  it('sees records that will be deleted before they are read', async () => {
    const { topics: made, settings, events } = await setUp();
    const retention = () => find(settings, `retention of ${events}`);
    // Its 40 minutes are fresh for a day, old for an hour, and nearly over for 45 minutes.
    const timestamp = String(Date.now() - 40 * 60_000);
    await made.write([{ value: jsonEvent('old'), partition: 1, timestamp }]);
    await configure(made, events, { 'retention.ms': String(24 * 3_600_000) });
    await expect.poll(retention, { timeout: 20_000 }).toMatchObject({ verdict: 'ok' });
    await configure(made, events, { 'retention.ms': String(3_600_000) });
    await expect.poll(retention, { timeout: 20_000 }).toMatchObject({
      verdict: 'warning',
      detail: expect.stringContaining('of partitions 1 have used up more than 50 %') as string,
    });
    await configure(made, events, { 'retention.ms': String(45 * 60_000) });
    await expect.poll(retention, { timeout: 20_000 }).toMatchObject({ verdict: 'failed' });
    await configure(made, events, { 'cleanup.policy': 'compact' });
    await expect.poll(retention, { timeout: 20_000 }).toMatchObject({
      verdict: 'failed',
      detail: expect.stringContaining('compacted') as string,
    });
  });

  it('sees records that were deleted before they were read', async () => {
    const { topics: made, settings, events } = await setUp();
    await made.write([0, 1, 2].map((n) => ({ value: jsonEvent(`${n}`), partition: 0 })));
    await made.admin.setOffsets({
      groupId: settings.groupId,
      topic: events,
      partitions: [{ partition: 0, offset: '1' }],
    });
    await made.admin.deleteTopicRecords({
      topic: events,
      partitions: [{ partition: 0, offset: '3' }],
    });
    expect(await find(settings, `retention of ${events}`)).toMatchObject({
      verdict: 'failed',
      detail: '2 records of partitions 0 were deleted before they were read',
    });
  });

  it('sees topics that take no writes', async () => {
    const { topics: made, settings, events } = await setUp();
    await configure(made, events, { 'min.insync.replicas': '2' });
    await expect
      .poll(() => find(settings, `topic ${events}`), { timeout: 20_000 })
      .toMatchObject({
        verdict: 'failed',
        detail: expect.stringContaining('partitions 0, 1 have fewer and take no writes') as string,
      });
  });

  it('sees an address that nobody answers at, beside one that does', async () => {
    const { settings } = await setUp();
    const brokers = [...settings.brokers, '127.0.0.1:1'];
    expect(await find({ ...settings, brokers }, 'kafka brokers')).toMatchObject({
      verdict: 'warning',
      detail: expect.stringContaining('127.0.0.1:1 does not answer') as string,
    });
  });

  it('compares the schema of events with what is registered', async () => {
    const { settings } = await setUp();
    const { url } = services().registry;
    const subject = `events-${randomBytes(4).toString('hex')}-value`;
    const events = subject.replace('-value', '');
    const post = async (path: string, content: object, method = 'POST') => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        body: JSON.stringify(content),
      });
      expect(response.status, await response.text()).toBe(200);
    };
    const schema = () =>
      find(
        {
          ...settings,
          schemaRegistryUrl: url,
          topics: { ...settings.topics, events },
        },
        `schema ${subject}`,
      );
    expect(await schema()).toMatchObject({
      verdict: 'ok',
      detail: 'is not registered yet; the first event of serve does that',
    });
    const other = {
      type: 'record',
      name: 'Other',
      fields: [{ name: 'required', type: 'string' }],
    };
    await post(`/subjects/${subject}/versions`, { schema: JSON.stringify(other) });
    await post(`/config/${subject}`, { compatibility: 'FULL' }, 'PUT');
    expect(await schema()).toMatchObject({
      verdict: 'failed',
      detail: expect.stringContaining('compatibility FULL') as string,
    });
    await post(`/config/${subject}`, { compatibility: 'NONE' }, 'PUT');
    expect(await schema()).toMatchObject({ verdict: 'warning' });
  });

  it('gives up on a broker that hangs, and holds nothing open', async () => {
    const { settings } = await setUp();
    const processes = openProcesses();
    try {
      const kafka = await startKafka(processes);
      kafka.pause();
      const connection = connectKafka({ ...settings, brokers: kafka.address.brokers });
      const [check] = connection.checks();
      if (check === undefined) throw new Error('there is no check');
      expect(await runChecks([{ ...check, deadlineMs: 2000 }])).toMatchObject([
        { name: 'kafka brokers', verdict: 'failed', detail: 'did not answer within 2 s' },
      ]);
      await connection.close();
    } finally {
      await processes.close();
    }
  });
});
