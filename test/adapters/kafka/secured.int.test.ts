import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import type { AclOperationTypes, AclResourceTypes } from 'kafkajs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { connectKafka } from '../../../src/adapters/kafka/connect-kafka.js';
import type { KafkaConnection } from '../../../src/adapters/kafka/connect-kafka.js';
import { kafkaSecurity } from '../../../src/cli/kafka-security.js';
import { kafkaSchema } from '../../../src/config/kafka-settings.js';
import { readJsonEvent } from '../../../src/event/json-event.js';
import { runChecks } from '../../../src/telemetry/checkup.js';
import { makeCertificate } from '../../services/certificates.js';
import type { Certificate } from '../../services/certificates.js';
import { createTopics } from '../../services/create-topics.js';
import { describeWith } from '../../services/describe-with.js';
import { startKafka } from '../../services/local-services.js';
import { freePorts, openProcesses } from '../../services/processes.js';
import type { Processes } from '../../services/processes.js';
import { openTlsProxy } from '../../services/tls-proxy.js';
import { jsonEvent, take } from './topics.js';

const checkup = (connection: KafkaConnection) => runChecks(connection.checks());
const never = new AbortController().signal;
const topics = { events: 'events', curated: 'curated', deadLetters: 'letters' };
const { AclPermissionTypes, ResourcePatternTypes } = kafkajs;
const [operation, resource] = [kafkajs.AclOperationTypes, kafkajs.AclResourceTypes];

describeWith(['registry'], 'secured services', (services) => {
  let processes: Processes;
  let certificate: Certificate;
  let folder: string;
  let brokers: string[];
  let plain: string[];
  let proxy: Awaited<ReturnType<typeof openTlsProxy>>;
  const open: KafkaConnection[] = [];

  beforeAll(async () => {
    processes = openProcesses();
    folder = processes.folder('security');
    certificate = await makeCertificate(folder, 'kafka');
    await writeFile(join(folder, 'password'), 'secret\n');
    const [port = 0] = await freePorts(1);
    const login = { user: 'worker', password: 'secret' };
    const kafka = await startKafka(processes, { port, keystore: certificate.bothFile, ...login });
    plain = kafka.address.brokers;
    brokers = [`127.0.0.1:${port}`];
    await createTopics(
      plain,
      Object.values(topics).map((topic) => ({ topic, partitions: 1 })),
    );
    proxy = await openTlsProxy(services().registry.url, certificate, 'ana:pa:ss');
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
  });
  afterAll(async () => {
    await proxy.close();
    await processes.close();
  });

  function connect(section: object): KafkaConnection {
    const kafka = kafkaSchema.parse({ brokers, groupId: 'workers', topics, ...section });
    const connection = connectKafka({
      brokers,
      clientId: 'test',
      groupId: kafka.groupId,
      topics,
      schemaRegistryUrl: kafka.schemaRegistryUrl,
      startAt: { kind: 'earliest' },
      sessionTimeoutMs: 6000,
      ...kafkaSecurity(kafka),
      version: 'test',
      log: () => undefined,
    });
    open.push(connection);
    return connection;
  }

  const tls = () => ({ caFile: certificate.certFile });
  const login = (mechanism: string) => ({
    mechanism,
    username: 'worker',
    passwordFile: join(folder, 'password'),
  });
  const event = () => {
    const reading = readJsonEvent(Buffer.from(jsonEvent('secured')));
    if (reading.kind === 'unreadable') throw reading.fault;
    return reading.event;
  };

  async function grant(
    resources: readonly {
      type: AclResourceTypes;
      name: string;
      operations: readonly AclOperationTypes[];
    }[],
  ): Promise<void> {
    const admin = new kafkajs.Kafka({ brokers: plain, logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createAcls({
      acl: resources.flatMap(({ type, name, operations }) =>
        operations.map((one) => ({
          resourceType: type,
          resourceName: name,
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: 'User:worker',
          host: '*',
          operation: one,
          permissionType: AclPermissionTypes.ALLOW,
        })),
      ),
    });
    await admin.disconnect();
  }

  it('say which right is missing, until it is granted', async () => {
    const connection = connect({ tls: tls(), sasl: login('scram-sha-256') });
    const failures = async () =>
      (await checkup(connection)).flatMap(({ name, verdict, detail, mend }) =>
        verdict === 'failed' ? [{ name, detail, mend }] : [],
      );
    const before = await failures();
    expect(before.map(({ name }) => name)).toEqual([
      'topic events',
      'topic letters',
      'topic curated',
      'rights on topic events',
      'rights on topic letters',
      'rights on topic curated',
      'rights on group workers',
      'group workers',
    ]);
    expect(before[0]?.mend).toMatch(/kafka-acls .*--topic events/);

    // What can be seen is not yet what can be read.
    await grant([
      { type: resource.TOPIC, name: topics.events, operations: [operation.DESCRIBE] },
      { type: resource.TOPIC, name: topics.deadLetters, operations: [operation.DESCRIBE] },
      { type: resource.GROUP, name: 'workers', operations: [operation.DESCRIBE] },
    ]);
    await expect.poll(failures, { timeout: 20_000 }).toMatchObject([
      { name: 'topic curated' },
      { name: 'rights on topic events', detail: 'Read missing' },
      { name: 'rights on topic letters', detail: 'Write missing' },
      { name: 'rights on topic curated' },
      {
        name: 'rights on group workers',
        mend: 'Grant it: kafka-acls --add --allow-principal User:worker --operation Read --group workers',
      },
    ]);

    await grant([
      {
        type: resource.TOPIC,
        name: topics.events,
        operations: [operation.READ, operation.WRITE, operation.DESCRIBE],
      },
      {
        type: resource.TOPIC,
        name: topics.deadLetters,
        operations: [operation.WRITE, operation.DESCRIBE],
      },
      {
        type: resource.TOPIC,
        name: topics.curated,
        operations: [operation.WRITE, operation.DESCRIBE],
      },
      { type: resource.GROUP, name: 'workers', operations: [operation.READ] },
    ]);
    await expect.poll(failures, { timeout: 20_000 }).toEqual([]);
    // The settings of topics are a right of their own, which a worker does without.
    const unseen = (await checkup(connection)).filter(({ verdict }) => verdict === 'skipped');
    expect(unseen.map(({ name }) => name)).toEqual([
      'room for dead letters',
      'retention of events',
    ]);
  });

  it.each(['plain', 'scram-sha-256'])(
    'are read and written with %s over TLS',
    async (mechanism) => {
      const address = proxy.origin.replace('https://', 'https://ana:pa%3Ass@');
      const connection = connect({
        tls: tls(),
        sasl: login(mechanism),
        schemaRegistryUrl: `${address}${new URL(services().registry.url).pathname}`,
        schemaRegistryCaFile: certificate.certFile,
      });
      const registry = (await checkup(connection)).find(({ name }) => name === 'schema registry');
      expect(registry).toMatchObject({ verdict: 'ok' });
      await connection.openEventPublisher().publish(event());
      const source = connection.openEventSource();
      const [delivery] = await take(source.deliveries(never)[Symbol.asyncIterator](), 1);
      expect(await delivery.read()).toMatchObject({ kind: 'event', event: { eventId: 'secured' } });
      delivery.acknowledge();
      await source.close();
    },
  );

  it('refuse a wrong password, and edgeminer says which setting it is', async () => {
    const wrong = { mechanism: 'plain', username: 'worker', password: 'guess' };
    const connection = connect({ tls: tls(), sasl: wrong });
    await expect(connection.openEventPublisher().publish(event())).rejects.toMatchObject({
      code: 'config.invalid',
      field: 'kafka.sasl',
    });
    const iterator = connection.openEventSource().deliveries(never)[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toMatchObject({ field: 'kafka.sasl' });
    const text = JSON.stringify(await checkup(connection));
    expect(text).toContain('kafka.sasl');
    expect(text).not.toContain('guess');
  });

  it('are refused where their certificate is not trusted', async () => {
    const connection = connect({ tls: true, sasl: login('plain') });
    await expect(connection.openEventPublisher().publish(event())).rejects.toMatchObject({
      code: 'config.invalid',
      field: 'kafka.tls',
    });
    const iterator = connection.openEventSource().deliveries(never)[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toMatchObject({ field: 'kafka.tls' });
  });

  it('need files that are there', () => {
    const kafka = kafkaSchema.parse({ brokers, tls: { caFile: '/nowhere/ca.pem' } });
    expect(() => kafkaSecurity(kafka)).toThrow(
      expect.objectContaining({ code: 'config.invalid', field: 'kafka.tls.caFile' }) as Error,
    );
  });
});
