import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import type { Delivery, RawRecord } from '../../event/event-source.js';
import { EdgeminerError, messageOf } from '../../faults.js';
import { replayOfHeader, replaysHeader } from '../../mine/dead-letter-shelf.js';
import type { DeadLetterShelf, StoredLetter } from '../../mine/dead-letter-shelf.js';
import { openKafkaEventSource } from './event-source.js';
import { isUnknownTopic, kafkaFault } from './kafka-faults.js';
import type { KafkaSettings } from './kafka-settings.js';
import type { Sender } from './sender.js';

/** On a record of the topic that is no letter, but says that one was replayed. */
const replayedHeader = 'edgeminer.replayed';
const ours = /^(edgeminer\.|__connect\.errors\.)/;
const limits = { maxCount: 1000, maxBytes: 64 * 1024 * 1024 };

/**
 * The topic of dead letters, read from its beginning to its end by a group that is thrown away.
 * What was replayed is remembered on the topic itself, by a small record for each letter.
 */
export function openKafkaDeadLetterShelf(
  kafka: Kafka,
  settings: KafkaSettings,
  sender: Sender,
): DeadLetterShelf {
  const topic = settings.topics.deadLetters;

  async function* letters(): AsyncGenerator<StoredLetter> {
    // Not what is added meanwhile: a worker may refuse again what is replayed.
    const ends = await endsOf(kafka, topic);
    const replayed = new Set<string>();
    for await (const { raw } of readTopic(kafka, settings, topic)) {
      const marked = text(raw, replayedHeader);
      if (marked !== undefined) replayed.add(marked);
    }
    for await (const delivery of readTopic(kafka, settings, topic)) {
      const { partition, offset } = delivery.origin;
      if (BigInt(offset) >= (ends.get(partition) ?? 0n)) continue;
      const letter = letterOf(delivery, replayed);
      if (letter !== undefined) yield letter;
    }
  }

  return {
    letters,
    async markReplayed(marked) {
      if (marked.length === 0) return;
      await sender.send(
        topic,
        marked.map(({ position }) => {
          const id = idOf(position);
          return { value: JSON.stringify({ replayed: id }), headers: { [replayedHeader]: id } };
        }),
      );
    },
    close: () => sender.close(),
  };
}

/** Sends records back to where they came from. */
export interface RecordReplayer {
  /**
   * Resolves once the record is durable in its topic again, with the key, value and headers that
   * it had, in the partition that it had. `gone` where its value was not kept and is no longer
   * there. Throws as Sender does.
   */
  replay(letter: StoredLetter): Promise<'replayed' | 'gone'>;
  /** The record as it came; undefined where its value was not kept and is no longer there. */
  readonly record: (letter: StoredLetter) => Promise<RawRecord | undefined>;
}

export function createRecordReplayer(
  kafka: Kafka,
  settings: KafkaSettings,
  sender: Sender,
): RecordReplayer {
  const record = async (letter: StoredLetter) =>
    letter.omittedBytes === undefined ? letter.raw : originalRecord(kafka, settings, letter);
  return {
    record,
    async replay(letter) {
      const raw = await record(letter);
      if (raw === undefined) return 'gone';
      const headers = Object.fromEntries(
        Object.entries(raw.headers)
          .filter(([name]) => !ours.test(name))
          .map(([name, value]) => [name, Buffer.from(value)]),
      );
      await sender.send(letter.origin.stream, [
        {
          key: raw.key === null ? null : Buffer.from(raw.key),
          value: raw.value === null ? null : Buffer.from(raw.value),
          partition: letter.origin.partition,
          headers: {
            ...headers,
            [replaysHeader]: String(letter.replays + 1),
            [replayOfHeader]: idOf(letter.position),
          },
        },
      ]);
      return 'replayed';
    },
  };
}

async function originalRecord(
  kafka: Kafka,
  settings: KafkaSettings,
  { origin }: StoredLetter,
): Promise<RawRecord | undefined> {
  const from = new Map([[origin.partition, BigInt(origin.offset)]]);
  try {
    for await (const delivery of readTopic(kafka, settings, origin.stream, from)) {
      if (delivery.origin.partition !== origin.partition) continue;
      return delivery.origin.offset === origin.offset ? delivery.raw : undefined;
    }
  } catch (error) {
    // The offset, or the whole topic, is gone.
    if (!(error instanceof EdgeminerError) || error.retriable) throw error;
  }
  return undefined;
}

/** The offset after the last record of each partition, now. */
async function endsOf(kafka: Kafka, topic: string): Promise<ReadonlyMap<number, bigint>> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const bounds = await admin.fetchTopicOffsets(topic);
    return new Map(bounds.map(({ partition, high }) => [partition, BigInt(high)]));
  } catch (error) {
    if (isUnknownTopic(error)) throw noTopic(topic, error);
    throw kafkaFault(error, `ask where '${topic}' ends`);
  } finally {
    await admin.disconnect();
  }
}

function noTopic(topic: string, cause: unknown): EdgeminerError {
  return new EdgeminerError('input.not-found', `there is no topic '${topic}'`, {
    field: 'kafka.topics.deadLetters',
    mend: 'Create the topic, or correct its name.',
    cause,
  });
}

async function* readTopic(
  kafka: Kafka,
  settings: KafkaSettings,
  topic: string,
  from?: ReadonlyMap<number, bigint>,
): AsyncGenerator<Delivery> {
  const groupId = `${settings.groupId}-dlq-${randomUUID()}`;
  const source = openKafkaEventSource(
    kafka,
    {
      ...settings,
      groupId,
      topics: { ...settings.topics, events: topic },
      startAt: from === undefined ? { kind: 'earliest' } : { kind: 'offsets', offsets: from },
    },
    { decode: () => Promise.reject(new TypeError('dead letters are not decoded')) },
    { limits, untilEnd: true },
  );
  try {
    for await (const delivery of source.deliveries(new AbortController().signal)) {
      yield delivery;
      delivery.acknowledge();
    }
  } finally {
    await source.close();
    await forgetGroup(kafka, groupId, settings);
  }
}

async function forgetGroup(kafka: Kafka, groupId: string, { log }: KafkaSettings): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.deleteGroups([groupId]);
  } catch (error) {
    const { message } = kafkaFault(error, `delete the group ${groupId}`);
    log('debug', 'a group that is not needed any more stays until Kafka forgets it', {
      error: messageOf(message),
    });
  } finally {
    await admin.disconnect();
  }
}

function letterOf(
  { origin: position, raw, writtenAt }: Delivery,
  replayed: ReadonlySet<string>,
): StoredLetter | undefined {
  const code = text(raw, 'edgeminer.error.code');
  if (raw === undefined || code === undefined) return undefined;
  const omitted = text(raw, 'edgeminer.value-omitted');
  return {
    position: { partition: position.partition, offset: position.offset },
    writtenAt,
    origin: {
      stream: text(raw, 'edgeminer.topic') ?? '',
      partition: Number(text(raw, 'edgeminer.partition')),
      offset: text(raw, 'edgeminer.offset') ?? '',
    },
    code,
    message: text(raw, 'edgeminer.error.message') ?? '',
    field: text(raw, 'edgeminer.error.field'),
    attempts: Number(text(raw, 'edgeminer.attempts') ?? 1),
    raw: { ...raw, headers: withoutOurs(raw.headers) },
    omittedBytes: omitted === undefined ? undefined : Number(omitted),
    replays: Number(text(raw, replaysHeader) ?? 0),
    replayed: replayed.has(idOf(position)),
  };
}

function withoutOurs(headers: RawRecord['headers']): RawRecord['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ours.test(name)));
}

function text(raw: RawRecord | undefined, header: string): string | undefined {
  const bytes = raw?.headers[header];
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
}

function idOf({ partition, offset }: { partition: number; offset: string }): string {
  return `${partition}:${offset}`;
}
