import kafkajs from 'kafkajs';
import type { Admin, ITopicMetadata } from 'kafkajs';
import { failed, ok, skipped, warning } from '../../telemetry/checkup.js';
import type { Finding } from '../../telemetry/checkup.js';
import { grantCommand } from './grant-command.js';
import { isLeaderless, isUnauthorised, isUnknownTopic } from './kafka-faults.js';
import type { KafkaSettings } from './kafka-settings.js';

/** What is set for a topic, its own or the brokers' default. */
export interface TopicSettings {
  readonly maxMessageBytes: number;
  readonly minInSync: number;
  /** Milliseconds, bytes of a partition; undefined for no limit. */
  readonly retentionMs: number | undefined;
  readonly retentionBytes: number | undefined;
  readonly cleanup: string;
}

/** Undefined where the settings may not be read. */
export async function readTopicSettings(
  admin: Admin,
  topic: string,
): Promise<TopicSettings | undefined> {
  const names = ['max.message.bytes', 'min.insync.replicas', 'retention.ms'].concat([
    'retention.bytes',
    'cleanup.policy',
  ]);
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: names }],
    });
    const found = new Map(
      resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]),
    );
    if (found.size === 0) return undefined;
    const limit = (name: string) => {
      const value = Number(found.get(name) ?? -1);
      return value < 0 ? undefined : value;
    };
    return {
      maxMessageBytes: limit('max.message.bytes') ?? 0,
      minInSync: limit('min.insync.replicas') ?? 1,
      retentionMs: limit('retention.ms'),
      retentionBytes: limit('retention.bytes'),
      cleanup: found.get('cleanup.policy') ?? 'delete',
    };
  } catch {
    return undefined;
  }
}

/** Whether a topic is there, can be written, and goes on being so with a broker less. */
export async function checkTopic(
  admin: Admin,
  topic: string,
  settings: KafkaSettings,
): Promise<Finding[]> {
  const name = `topic ${topic}`;
  let found: ITopicMetadata | undefined;
  try {
    found = (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0];
  } catch (error) {
    if (isUnauthorised(error)) {
      const grant = grantCommand(settings, ['Describe'], `--topic ${topic}`);
      return [failed(name, 'it may not be seen', grant)];
    }
    if (isLeaderless(error)) {
      const mend =
        'Start the brokers that hold it: kafka-topics --describe --unavailable-partitions.';
      return [failed(name, 'a partition has no leader: nobody can read or write it', mend)];
    }
    if (!isUnknownTopic(error)) throw error;
  }
  if (found === undefined || found.partitions.length === 0) {
    const mend = `Create it: kafka-topics --create --topic ${topic} --partitions 6 --replication-factor 3.`;
    return [failed(name, 'it is not there', mend)];
  }
  return [replicationFinding(name, found, await readTopicSettings(admin, topic))];
}

function replicationFinding(
  name: string,
  { name: topic, partitions }: ITopicMetadata,
  settings: TopicSettings | undefined,
): Finding {
  const replicas = Math.min(...partitions.map((each) => each.replicas.length));
  const lagging = partitions.filter(({ replicas: all, isr }) => isr.length < all.length);
  const numbers = (some: typeof partitions) =>
    some.map(({ partitionId }) => partitionId).sort((a, b) => a - b);
  const detail = `${partitions.length} partitions, ${replicas} replicas of each`;
  if (settings === undefined) {
    if (lagging.length > 0) return behind(name, detail, numbers(lagging));
    return ok(name, `${detail}, all in sync; min.insync.replicas may not be read`);
  }
  const { minInSync } = settings;
  const stopped = partitions.filter(({ isr }) => isr.length < minInSync);
  const whole = `${detail}, ${minInSync} of them must be in sync`;
  if (stopped.length > 0) {
    return failed(
      name,
      `${whole}: partitions ${numbers(stopped).join(', ')} have fewer and take no writes`,
      'Start the brokers that are away, and wait until their replicas have caught up.',
    );
  }
  if (lagging.length > 0) return behind(name, whole, numbers(lagging));
  if (replicas === 1) {
    return warning(
      name,
      `${detail}: with its broker down writes stop, and with its disk gone so are the records`,
      `Give ${topic} 3 replicas and min.insync.replicas=2 (kafka-reassign-partitions).`,
    );
  }
  if (minInSync === 1) {
    return warning(
      name,
      `${whole}: what is acknowledged may be on one broker only, and be lost with it`,
      `Set min.insync.replicas=2: kafka-configs --alter --topic ${topic} --add-config min.insync.replicas=2.`,
    );
  }
  if (replicas <= minInSync) {
    return warning(
      name,
      `${whole}: with one broker down writes stop`,
      `Give ${topic} more replicas than min.insync.replicas (kafka-reassign-partitions).`,
    );
  }
  return ok(name, `${whole}, and all are: one broker may be lost`);
}

function behind(name: string, detail: string, partitions: readonly number[]): Finding {
  return warning(
    name,
    `${detail}: of partitions ${partitions.join(', ')} some replicas are not in sync`,
    'Look at the brokers that are away or slow: kafka-topics --describe --under-replicated-partitions.',
  );
}

/** A dead letter carries the whole record and some headers besides. */
const headersBytes = 8192;

export async function checkLetterSize(
  admin: Admin,
  { events, deadLetters }: KafkaSettings['topics'],
): Promise<Finding[]> {
  const name = 'room for dead letters';
  const sizes = [];
  for (const topic of [events, deadLetters]) {
    const size = (await readTopicSettings(admin, topic))?.maxMessageBytes;
    if (size === undefined) {
      const detail = `the settings of ${topic} may not be read (DescribeConfigs), so they are not compared`;
      return [skipped(name, detail)];
    }
    sizes.push(size);
  }
  const [taken = 0, room = 0] = sizes;
  if (room >= taken + headersBytes) return [ok(name, `records of up to ${room} bytes`)];
  return [
    warning(
      name,
      `${deadLetters} takes ${room} bytes, but ${events} takes ${taken}`,
      `Set max.message.bytes of ${deadLetters} to ${taken + headersBytes} or more; ` +
        'the values of larger letters are left out.',
    ),
  ];
}
