import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import kafkajs from 'kafkajs';
import { afterEach, expect, it } from 'vitest';
import { connectKafka } from '../../../src/adapters/kafka/connect-kafka.js';
import type { KafkaConnection } from '../../../src/adapters/kafka/connect-kafka.js';
import type { CuratedSet } from '../../../src/curate/curated-set.js';
import { EdgeminerError } from '../../../src/faults.js';
import { curatedSetVersion } from '../../../src/ids.js';
import type { DeadLetter } from '../../../src/mine/dead-letters.js';
import type { Task } from '../../../src/queue/task.js';
import { labelledTask } from '../../fixtures/labelled-task.js';
import { runChecks } from '../../../src/telemetry/checkup.js';
import { describeWith } from '../../services/describe-with.js';
import { jsonEvent, take, testTopics } from './topics.js';

const checkup = (connection: KafkaConnection) => runChecks(connection.checks());
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});

function opened<T extends { close(): Promise<void> }>(resource: T): T {
  open.push(resource);
  return resource;
}

const ajv = new Ajv2020({ strict: true, strictRequired: false });

function problems(schemaName: string, value: Buffer | null): unknown {
  const file = new URL(`../../../schemas/${schemaName}`, import.meta.url);
  const schema = JSON.parse(readFileSync(file, 'utf8')) as { $id: string };
  const validate = ajv.getSchema(schema.$id) ?? ajv.compile(schema);
  void validate(JSON.parse(String(value)));
  return validate.errors ?? [];
}

function letter(value: Uint8Array | null | undefined): DeadLetter {
  return {
    origin: { stream: 'inference.events', partition: 3, offset: '41' },
    raw:
      value === undefined
        ? undefined
        : { key: Buffer.from('gate-7'), value, headers: { trace: Buffer.from('x') } },
    fault: new EdgeminerError('event.invalid', 'eventId is missing', {
      field: 'eventId',
      mend: 'Send one.',
    }),
    attempts: 2,
  };
}

const candidates: Task[] = [
  labelledTask(),
  labelledTask({ event: 'e2', image: { uri: 'file:///a.jpg' }, inclusionProbability: 0.01 }),
  {
    ...labelledTask({ event: 'e3' }),
    predictions: { kind: 'classification', classes: ['a'], logits: [3] },
  },
  {
    ...labelledTask({ event: 'e4' }),
    predictions: {
      kind: 'detection',
      boxes: [{ label: 'a', score: 0.5, x: -1, y: 0, width: 2, height: 2 }],
      imageWidth: 10,
      imageHeight: 10,
    },
  },
];

function curatedSet(): CuratedSet {
  const items = candidates.map((task, index) => ({
    taskId: task.id,
    split: 'train' as const,
    group: `group-${index}`,
    image: {
      hash: task.image.hash,
      contentType: task.image.contentType,
      width: task.image.width,
      height: task.image.height,
    },
    label: { kind: 'class' as const, class: 'cat' },
    weight: 1 / task.decision.inclusionProbability,
    lineage: {
      eventId: task.eventId,
      occurredAt: task.occurredAt,
      sourceId: task.sourceId,
      modelName: task.modelName,
      modelVersion: task.modelVersion,
      reference: task.decision.reference,
      policy: task.decision.policy,
      reasons: task.decision.reasons,
      priority: task.decision.priority,
      signals: task.scores.signals,
      annotator: task.label?.annotator ?? ('' as never),
      labelledAt: task.label?.labelledAt ?? 0,
      labelSet: 'animals@1',
    },
  }));
  return {
    version: curatedSetVersion('ab'.repeat(32)),
    name: 'march',
    createdAt: 1_740_000_000_000,
    split: {
      shares: { train: 1, validation: 0, test: 0 },
      seed: 's',
      incidentGap: 0,
      nearDuplicateBits: 0,
    },
    classes: ['cat'],
    items,
  };
}

describeWith(['kafka', 'registry'], 'the Kafka publishers', (services) => {
  const setUp = async (schemaRegistryUrl?: string) => {
    const topics = opened(
      await testTopics(services().kafka.brokers, {
        ...(schemaRegistryUrl === undefined ? {} : { schemaRegistryUrl }),
      }),
    );
    return { ...topics, kafka: opened(connectKafka(topics.settings)) };
  };

  it('writes dead letters with the original record, and what was wrong in headers', async () => {
    const { settings, kafka, read } = await setUp();
    const letters = kafka.openDeadLetters();
    await letters.send(letter(Buffer.from([0, 1, 2])));
    await letters.send(letter(null));
    await letters.send(letter(undefined));
    await letters.close();
    await letters.close();
    const [first, tombstone, described] = await read(settings.topics.deadLetters, 3);
    expect(first).toEqual({
      key: 'gate-7',
      value: Buffer.from([0, 1, 2]),
      headers: {
        trace: 'x',
        'edgeminer.topic': 'inference.events',
        'edgeminer.partition': '3',
        'edgeminer.offset': '41',
        'edgeminer.error.code': 'event.invalid',
        'edgeminer.error.message': 'eventId is missing',
        'edgeminer.error.field': 'eventId',
        'edgeminer.attempts': '2',
        'edgeminer.version': '1.2.3',
        '__connect.errors.topic': 'inference.events',
        '__connect.errors.partition': '3',
        '__connect.errors.offset': '41',
        '__connect.errors.class.name': 'EdgeminerError',
        '__connect.errors.message': 'eventId is missing',
        '__connect.errors.exception.class.name': 'EdgeminerError',
        '__connect.errors.exception.message': 'eventId is missing',
      },
    });
    expect(tombstone).toMatchObject({ key: 'gate-7', value: null });
    expect(described?.key).toBeUndefined();
    expect(JSON.parse(String(described?.value))).toMatchObject({
      origin: { partition: 3 },
      fault: { code: 'event.invalid', field: 'eventId' },
    });
  });

  it('compresses a letter that is too large, or leaves its value out', async () => {
    const { settings, kafka, admin, read } = await setUp();
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: settings.topics.deadLetters,
          configEntries: [{ name: 'max.message.bytes', value: '4000' }],
        },
      ],
    });
    const room = (await checkup(kafka)).find(({ name }) => name === 'room for dead letters');
    expect(room).toMatchObject({ verdict: 'warning' });
    const letters = kafka.openDeadLetters();
    const compressible = Buffer.alloc(20_000, 'x');
    await letters.send(letter(compressible));
    await letters.send(letter(randomBytes(20_000)));
    const [whole, omitted] = await read(settings.topics.deadLetters, 2);
    expect(whole?.value?.equals(compressible)).toBe(true);
    expect(omitted?.headers).toMatchObject({
      'edgeminer.value-omitted': '20000',
      'edgeminer.offset': '41',
      trace: 'x',
    });
    expect(JSON.parse(String(omitted?.value))).toMatchObject({ origin: { offset: '41' } });
  });

  it('announces candidates and curated cases as their schemas say', async () => {
    const { settings, kafka, read } = await setUp();
    const announcer = kafka.openCandidatePublisher();
    for (const candidate of candidates) await announcer?.publish(candidate);
    const set = curatedSet();
    expect(await kafka.openEdgeCasePublisher().publish(set)).toBe(4);

    const announced = await read(settings.topics.candidates ?? '', 4);
    expect(announced.map(({ key }) => key)).toEqual(candidates.map(({ id }) => id));
    for (const { value } of announced) {
      expect(problems('edge-candidate.v1.schema.json', value)).toEqual([]);
    }
    const cases = await read(settings.topics.curated, 4);
    expect(cases.map(({ key }) => key)).toEqual(
      set.items.map(({ taskId }) => `${set.version}/${taskId}`),
    );
    for (const { value } of cases) {
      expect(problems('curated-edge-case.v1.schema.json', value)).toEqual([]);
    }
  });

  it('takes events in, as Avro where there is a registry and as JSON where there is none', async () => {
    for (const url of [services().registry.url, undefined]) {
      const { kafka, settings, read } = await setUp(url);
      const intake = kafka.openEventIntake({ maxCount: 2, maxBytes: 10_000 });
      expect(await intake.accept(Buffer.from(jsonEvent('a')))).toEqual({
        kind: 'accepted',
        eventId: 'a',
        mined: undefined,
      });
      expect(await intake.accept(Buffer.from('{}'))).toMatchObject({
        kind: 'rejected',
        fault: { code: 'event.invalid' },
      });
      await intake.close();
      expect(await intake.accept(Buffer.from(jsonEvent('b')))).toEqual({ kind: 'busy' });
      const [record] = await read(settings.topics.events, 1);
      expect(record?.key).toBe('gate-7');
      expect(record?.value?.[0]).toBe(url === undefined ? 0x7b : 0);
      const deliveries = kafka.openEventSource().deliveries(new AbortController().signal);
      const iterator = deliveries[Symbol.asyncIterator]();
      const [delivery] = await take(iterator, 1);
      expect(await delivery.read()).toMatchObject({ kind: 'event', event: { eventId: 'a' } });
    }
  });

  it('throws a retriable fault while the brokers are away, and answers busy', async () => {
    const { settings } = await setUp();
    const kafka = opened(connectKafka({ ...settings, brokers: ['127.0.0.1:1'] }));
    await expect(kafka.openDeadLetters().send(letter(null))).rejects.toMatchObject({
      code: 'kafka.unavailable',
      retriable: true,
    });
    const intake = kafka.openEventIntake({ maxCount: 2, maxBytes: 10_000 });
    expect(await intake.accept(Buffer.from(jsonEvent('a')))).toEqual({ kind: 'busy' });
    expect(await checkup(kafka)).toMatchObject([
      { name: 'kafka brokers', verdict: 'failed' },
      { verdict: 'skipped' },
    ]);
  });

  it('checks brokers, topics and registry', async () => {
    const { settings, kafka } = await setUp(services().registry.url);
    const { events, deadLetters, curated, candidates = '' } = settings.topics;
    const findings = await checkup(kafka);
    expect(findings.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['kafka brokers', 'ok'],
      // One broker has one copy.
      ...[events, deadLetters, curated, candidates].map((topic) => [`topic ${topic}`, 'warning']),
      ['room for dead letters', 'warning'],
      ...[events, deadLetters, curated, candidates].map((topic) => [
        `rights on topic ${topic}`,
        'ok',
      ]),
      [`rights on group ${settings.groupId}`, 'ok'],
      [`group ${settings.groupId}`, 'ok'],
      [`retention of ${events}`, 'ok'],
      ['schema registry', 'ok'],
      ['clock against the schema registry', 'ok'],
      [`schema ${events}-value`, 'ok'],
    ]);
    const topics = { ...settings.topics, deadLetters: 'no-such-topic', candidates: undefined };
    const wrong = opened(
      connectKafka({ ...settings, topics, schemaRegistryUrl: 'http://127.0.0.1:1' }),
    );
    const failures = (await checkup(wrong)).filter(({ verdict }) => verdict === 'failed');
    expect(failures).toMatchObject([
      { name: 'topic no-such-topic', mend: expect.stringContaining('Create it') as string },
      { name: 'schema registry', mend: expect.stringContaining('address') as string },
    ]);
  });
});
