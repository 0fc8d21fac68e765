import { setTimeout as delay } from 'node:timers/promises';
import type { IHeaders, Kafka } from 'kafkajs';
import type { Delivery, EventSource } from '../../event/event-source.js';
import { EdgeminerError, messageOf } from '../../faults.js';
import { DeliveryWindow } from './delivery-window.js';
import type { HandedOut, WindowLimits } from './delivery-window.js';
import { watchForEnd } from './end-of-topic.js';
import type { EventDecoder } from './event-decoder.js';
import { joinGroup } from './group-member.js';
import type { GroupMember } from './group-member.js';
import type { FetchedRecord } from './fetched-batches.js';
import { isDefect, isUnknownTopic, kafkaFault } from './kafka-faults.js';
import type { KafkaSettings } from './kafka-settings.js';
import { PartitionBacklogs } from './partition-backlogs.js';

export interface EventSourceOptions {
  /** Bounds what is delivered and not yet acknowledged. */
  readonly limits: WindowLimits;
  /** End the iteration once all that the topic held at its start is delivered. */
  readonly untilEnd: boolean;
}

const firstWaitMs = 500;
const longestWaitMs = 15_000;

/**
 * Events of a topic, as a member of a consumer group. Joins when the iteration starts. What
 * fails for a while is waited out by joining anew; wrong settings, a topic that was never there
 * and defects end the iteration with a fault.
 */
export function openKafkaEventSource(
  kafka: Kafka,
  settings: KafkaSettings,
  decoder: EventDecoder,
  { limits, untilEnd }: EventSourceOptions,
): EventSource {
  const window = new DeliveryWindow<FetchedRecord>({ limits, now: () => performance.now() });
  const backlogs = new PartitionBacklogs(settings.topics.events);
  const closing = new AbortController();
  const isClosing = () => closing.signal.aborted;
  const passed = new Map<number, bigint>();
  const background: Promise<void>[] = [];
  let member: GroupMember | undefined;

  async function stayInGroup(): Promise<void> {
    const joined = { ever: false };
    let failures = 0;
    while (!isClosing()) {
      member = joinGroup({
        kafka,
        settings,
        window,
        onAssigned: (positions) => {
          joined.ever = true;
          failures = 0;
          passed.clear();
          backlogs.assigned(positions);
        },
        onEnd: (partition, end) => backlogs.reaches(partition, end),
      });
      const error = await member.ended;
      await member.leave();
      if (isClosing()) return;
      const fault = consumerFault(error, settings, joined.ever);
      // Credentials that are changed, certificates that expire: once it worked, it will again.
      const mayPass = fault.retriable || (joined.ever && fault.code === 'config.invalid');
      if (!mayPass || isDefect(error)) {
        window.end(fault);
        return;
      }
      failures += 1;
      settings.onLost?.();
      settings.log('warn', 'lost Kafka; joining the consumer group again', {
        error: fault.message,
      });
      await pause(failures);
    }
  }

  async function endAtEnd(): Promise<void> {
    for (let failures = 1; !isClosing(); failures += 1) {
      try {
        await watchForEnd(kafka, settings, passed, closing.signal);
        window.end();
        return;
      } catch (error) {
        const fault = consumerFault(error, settings, false);
        if (!fault.retriable) {
          window.end(fault);
          return;
        }
        await pause(failures);
      }
    }
  }

  /** Waits longer from one failure to the next; ends early at close(). */
  async function pause(failures: number): Promise<void> {
    const longest = Math.min(longestWaitMs, firstWaitMs * 2 ** (failures - 1));
    const wait = longest * (0.5 + Math.random() / 2);
    await delay(wait, undefined, { signal: closing.signal }).catch(() => undefined);
  }

  function start(): void {
    if (background.length > 0) return;
    background.push(stayInGroup());
    if (untilEnd) background.push(endAtEnd());
  }

  async function* deliveries(signal: AbortSignal): AsyncGenerator<Delivery, void, undefined> {
    start();
    for (;;) {
      const handed = await window.next(signal);
      if (handed === undefined) return;
      if (!handed.isRevoked()) passed.set(handed.record.partition, handed.record.next);
      yield deliveryOf(handed, decoder);
    }
  }

  let closed: Promise<void> | undefined;
  return {
    deliveries,
    backlog: () => backlogs.of(window.standings()),
    close: () =>
      (closed ??= (async () => {
        closing.abort();
        window.end();
        await member?.leave();
        await Promise.all(background);
      })()),
  };
}

function consumerFault(
  error: unknown,
  { topics }: KafkaSettings,
  everJoined: boolean,
): EdgeminerError {
  if (isUnknownTopic(error) && !everJoined) {
    return new EdgeminerError('input.not-found', `there is no topic '${topics.events}'`, {
      field: 'kafka.topics.events',
      mend: 'Create the topic, or correct its name.',
      cause: error,
    });
  }
  if (isDefect(error)) {
    return new EdgeminerError('kafka.unavailable', `the consumer broke: ${messageOf(error)}`, {
      mend: 'Start edgeminer again; if it comes back, report it with the log.',
      cause: error,
    });
  }
  return kafkaFault(error, `consume '${topics.events}'`);
}

/** Holds no more than the record itself: what was fetched with it shares its memory. */
function deliveryOf(
  { record, isRevoked, acknowledge }: HandedOut<FetchedRecord>,
  decoder: EventDecoder,
): Delivery {
  const { topic, partition } = record;
  const { offset, timestamp } = record.message;
  const key = ownCopy(record.message.key);
  const value = ownCopy(record.message.value);
  const headers = singleHeaders(record.message.headers ?? {});
  return {
    origin: { stream: topic, partition, offset },
    raw: { key, value, headers },
    writtenAt: Number(timestamp),
    get revoked() {
      return isRevoked();
    },
    read: () =>
      decoder.decode(value, {
        key: key?.toString(),
        headers: textOf(headers),
        timestamp: Number(timestamp),
      }),
    acknowledge,
  };
}

function ownCopy(bytes: Buffer | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}

/** Of a header that is there several times the last counts, as for Kafka's own clients. */
function singleHeaders(headers: IHeaders): Record<string, Uint8Array> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, values]) => {
      const value = Array.isArray(values) ? values.at(-1) : values;
      return value == null
        ? []
        : [[name, typeof value === 'string' ? Buffer.from(value) : value] as const];
    }),
  );
}

function textOf(headers: Readonly<Record<string, Uint8Array>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Buffer.from(value).toString()]),
  );
}
