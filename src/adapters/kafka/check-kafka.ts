import kafkajs from 'kafkajs';
import type { Admin, ITopicMetadata, Kafka } from 'kafkajs';
import { EdgeminerError } from '../../faults.js';
import { isUnauthorised, isUnknownTopic, kafkaFault } from './kafka-faults.js';
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

async function checkTopics(admin: Admin, settings: KafkaSettings): Promise<KafkaCheck[]> {
  const { events, deadLetters, curated, candidates } = settings.topics;
  const rights: Readonly<Record<string, readonly string[]>> = {
    [events]: ['Read', 'Describe'],
    [deadLetters]: ['Write', 'Describe'],
    [curated]: ['Write', 'Describe'],
    ...(candidates === undefined ? {} : { [candidates]: ['Write', 'Describe'] }),
  };
  const checks: KafkaCheck[] = [];
  for (const [topic, operations] of Object.entries(rights)) {
    checks.push(await checkTopic(admin, topic, operations, settings));
  }
  if (checks.every(({ ok }) => ok)) {
    checks.push(await checkLetterSize(admin, settings.topics), await checkGroup(admin, settings));
  }
  return checks;
}

async function checkTopic(
  admin: Admin,
  topic: string,
  operations: readonly string[],
  settings: KafkaSettings,
): Promise<KafkaCheck> {
  const name = `topic ${topic}`;
  try {
    const found = await findTopic(admin, topic);
    if (found === undefined) {
      return bad(name, 'is not there', `Create it: kafka-topics --create --topic ${topic}.`);
    }
    const replicas = Math.min(...found.partitions.map((each) => each.replicas.length));
    return good(name, `${found.partitions.length} partitions, ${replicas} replicas of each`);
  } catch (error) {
    if (!isUnauthorised(error)) throw error;
    return bad(name, 'may not be used', grantCommand(settings, operations, `--topic ${topic}`));
  }
}

/** Where the group stands; its offsets may only be asked for with the right to read them. */
async function checkGroup(admin: Admin, settings: KafkaSettings): Promise<KafkaCheck> {
  const { groupId, topics } = settings;
  const name = `group ${groupId}`;
  try {
    const [ends, [offsets], { groups }] = await Promise.all([
      admin.fetchTopicOffsets(topics.events),
      admin.fetchOffsets({ groupId, topics: [topics.events] }),
      admin.describeGroups([groupId]),
    ]);
    const behind = ends.reduce((sum, { partition, high, low }) => {
      const known = offsets?.partitions.find((each) => each.partition === partition)?.offset;
      const from = known === undefined || known === '-1' ? BigInt(low) : BigInt(known);
      return sum + (BigInt(high) > from ? BigInt(high) - from : 0n);
    }, 0n);
    const members = groups[0]?.members.length ?? 0;
    return good(name, `${members} members, ${behind} records behind`);
  } catch (error) {
    if (!isUnauthorised(error)) throw error;
    return bad(name, 'may not be used', grantCommand(settings, ['Read'], `--group ${groupId}`));
  }
}

function grantCommand(
  { sasl }: KafkaSettings,
  operations: readonly string[],
  resource: string,
): string {
  const user = sasl !== undefined && 'username' in sasl ? sasl.username : 'NAME';
  const rights = operations.map((operation) => `--operation ${operation}`).join(' ');
  return `Grant it: kafka-acls --add --allow-principal User:${user} ${rights} ${resource}`;
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
