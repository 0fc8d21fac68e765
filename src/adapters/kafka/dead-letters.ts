import type { IHeaders, Message } from 'kafkajs';
import { isEdgeminerError } from '../../faults.js';
import type { DeadLetter, DeadLetters } from '../../mine/dead-letters.js';
import type { KafkaSettings } from './kafka-settings.js';
import type { Sender } from './sender.js';

const longestMessage = 2000;

/**
 * Dead letters on a topic: the original key, value and headers, so that a letter can be replayed
 * by writing it back, and what went wrong in headers, ours and those of Kafka Connect (KIP-298).
 *
 * The letter is a little larger than the record was. Where the topic refuses it, it is compressed;
 * where it is refused still, its value is left out, `edgeminer.value-omitted` says how many bytes
 * it had, and the value tells instead where the original stands. `edgeminer doctor` compares the
 * topics' limits, so that it does not come to that.
 */
export function openKafkaDeadLetters(
  sender: Sender,
  { topics, version }: KafkaSettings,
): DeadLetters {
  const topic = topics.deadLetters;
  return {
    async send(letter) {
      const message = messageOf(letter, version);
      const attempts = [
        () => sender.send(topic, [message]),
        () => sender.send(topic, [message], { gzip: true }),
        () => sender.send(topic, [withoutValue(message, letter)]),
      ];
      for (const [index, attempt] of attempts.entries()) {
        try {
          await attempt();
          return;
        } catch (error) {
          const tooLarge = isEdgeminerError(error) && error.code === 'event.too-large';
          if (!tooLarge || index === attempts.length - 1) throw error;
        }
      }
    },
    close: () => sender.close(),
  };
}

function messageOf(letter: DeadLetter, version: string): Message {
  const { raw } = letter;
  return {
    key: raw?.key == null ? null : Buffer.from(raw.key),
    value:
      raw === undefined ? describe(letter) : raw.value === null ? null : Buffer.from(raw.value),
    headers: { ...originalHeaders(letter), ...faultHeaders(letter, version) },
  };
}

function withoutValue(message: Message, letter: DeadLetter): Message {
  const bytes = letter.raw?.value?.byteLength ?? 0;
  return {
    ...message,
    value: describe(letter),
    headers: { ...message.headers, 'edgeminer.value-omitted': String(bytes) },
  };
}

function originalHeaders({ raw }: DeadLetter): IHeaders {
  return Object.fromEntries(
    Object.entries(raw?.headers ?? {}).map(([name, value]) => [name, Buffer.from(value)]),
  );
}

function faultHeaders({ origin, fault, attempts }: DeadLetter, version: string): IHeaders {
  const { stream, partition, offset } = origin;
  const message = fault.message.slice(0, longestMessage);
  return {
    'edgeminer.topic': stream,
    'edgeminer.partition': String(partition),
    'edgeminer.offset': offset,
    'edgeminer.error.code': fault.code,
    'edgeminer.error.message': message,
    ...(fault.field === undefined ? {} : { 'edgeminer.error.field': fault.field }),
    'edgeminer.attempts': String(attempts),
    'edgeminer.version': version,
    '__connect.errors.topic': stream,
    '__connect.errors.partition': String(partition),
    '__connect.errors.offset': offset,
    '__connect.errors.class.name': fault.name,
    '__connect.errors.message': message,
    '__connect.errors.exception.class.name': fault.name,
    '__connect.errors.exception.message': message,
  };
}

/** Where the record stood and what was wrong with it, as JSON. */
function describe({ origin, fault }: DeadLetter): string {
  const { code, message, field, mend } = fault;
  return JSON.stringify({ origin, fault: { code, message, field, mend } });
}
