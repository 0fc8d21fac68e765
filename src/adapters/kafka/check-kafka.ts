import kafkajs from 'kafkajs';
import type { Admin, ITopicMetadata, Kafka } from 'kafkajs';
import { EdgeminerError } from '../../faults.js';
import { isUnknownTopic, kafkaFault } from './kafka-faults.js';
import type { KafkaSettings } from './kafka-settings.js';
import type { SchemaRegistryClient } from './schema-registry.js';

/** One thing that edgeminer depends on, as `edgeminer doctor` shows it. */
export interface KafkaCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do; there if it is not ok. */
  readonly mend?: string;
}

/** Asks brokers, topics and schema registry; takes some seconds at most, and never rejects. */
export async function checkKafka(
  kafka: Kafka,
  settings: KafkaSettings,
  registry: SchemaRegistryClient | undefined,
): Promise<KafkaCheck[]> {
  const [brokers, schemas] = await Promise.all([
    checkBrokers(kafka, settings),
    registry === undefined
      ? []
      : checking('schema registry', async () => {
          await registry.ping();
          return [good('schema registry', 'answers')];
        }),
  ]);
  return [...brokers, ...schemas];
}

async function checkBrokers(kafka: Kafka, settings: KafkaSettings): Promise<KafkaCheck[]> {
  const admin = kafka.admin();
  try {
    return await checking('kafka brokers', async () => {
      await admin.connect();
      const { brokers } = await admin.describeCluster();
      const names = brokers.map(({ host, port }) => `${host}:${port}`).join(', ');
      const topics = await checkTopics(admin, settings);
      return [good('kafka brokers', `${brokers.length} in the cluster: ${names}`), ...topics];
    });
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function checkTopics(admin: Admin, { topics }: KafkaSettings): Promise<KafkaCheck[]> {
  const names = [topics.events, topics.deadLetters, topics.curated, topics.candidates].filter(
    (name) => name !== undefined,
  );
  const checks: KafkaCheck[] = [];
  for (const name of new Set(names)) {
    const topic = await findTopic(admin, name);
    checks.push(
      topic === undefined
        ? bad(`topic ${name}`, 'is not there', `Create it: kafka-topics --create --topic ${name}.`)
        : good(`topic ${name}`, `${topic.partitions.length} partitions`),
    );
  }
  if (checks.every(({ ok }) => ok)) checks.push(await checkLetterSize(admin, topics));
  return checks;
}

async function findTopic(admin: Admin, name: string): Promise<ITopicMetadata | undefined> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
    return topics[0];
  } catch (error) {
    if (isUnknownTopic(error)) return undefined;
    throw error;
  }
}

/** A dead letter carries the whole record and some headers besides. */
const headersBytes = 8192;

async function checkLetterSize(admin: Admin, topics: KafkaSettings['topics']): Promise<KafkaCheck> {
  const name = 'room for dead letters';
  const [events, letters] = await Promise.all(
    [topics.events, topics.deadLetters].map((topic) => maxMessageBytes(admin, topic)),
  );
  if (events === undefined || letters === undefined) {
    return good(name, "the topics' limits may not be read, so they are not compared");
  }
  if (letters >= events + headersBytes) return good(name, `records of up to ${letters} bytes`);
  return bad(
    name,
    `${topics.deadLetters} takes ${letters} bytes, but ${topics.events} takes ${events}`,
    `Set max.message.bytes of ${topics.deadLetters} to ${events + headersBytes} or more; ` +
      'the values of larger letters are left out.',
  );
}

async function maxMessageBytes(admin: Admin, topic: string): Promise<number | undefined> {
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: topic,
          configNames: ['max.message.bytes'],
        },
      ],
    });
    const value = resources[0]?.configEntries[0]?.configValue;
    return value === undefined ? undefined : Number(value);
  } catch {
    return undefined;
  }
}

async function checking(name: string, check: () => Promise<KafkaCheck[]>): Promise<KafkaCheck[]> {
  try {
    return await check();
  } catch (error) {
    const fault = error instanceof EdgeminerError ? error : kafkaFault(error, 'reach Kafka');
    return [bad(name, fault.message, fault.mend ?? 'Look at the log.')];
  }
}

function good(name: string, detail: string): KafkaCheck {
  return { name, ok: true, detail };
}

function bad(name: string, detail: string, mend: string): KafkaCheck {
  return { name, ok: false, detail, mend };
}
