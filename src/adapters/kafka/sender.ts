import kafkajs from 'kafkajs';
import type { Kafka, Message, Producer } from 'kafkajs';
import { withinDeadline } from './deadline.js';
import { kafkaFault } from './kafka-faults.js';

/** Writes records, durably. */
export interface Sender {
  /**
   * Resolves once all in-sync replicas have the records. Throws `kafka.unavailable` (try again),
   * `event.too-large` (a record is beyond the topic's limit) or `config.invalid`. After a failure
   * some of the records may be there, and a repetition writes them twice.
   */
  send(topic: string, messages: Message[], options?: SendOptions): Promise<void>;
  /** Waits for what is being sent, a while; idempotent, never rejects. */
  close(): Promise<void>;
}

export interface SendOptions {
  readonly gzip?: boolean;
}

const allInSyncReplicas = -1;
const closeDeadlineMs = 10_000;

/** Connects with the first record, and again after a failure. */
export function openSender(kafka: Kafka): Sender {
  const open = new Set<Promise<unknown>>();
  let connected: Promise<Producer> | undefined;
  let closed: Promise<void> | undefined;

  async function connect(): Promise<Producer> {
    const producer = kafka.producer({
      // As the Java client does it, so that a key is on the same partition whoever writes it.
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  async function write(topic: string, messages: Message[], options: SendOptions): Promise<void> {
    try {
      const connecting = (connected ??= connect());
      connecting.catch(() => {
        if (connected === connecting) connected = undefined;
      });
      const producer = await connecting;
      await producer.send({
        topic,
        messages,
        acks: allInSyncReplicas,
        ...(options.gzip === true ? { compression: kafkajs.CompressionTypes.GZIP } : {}),
      });
    } catch (error) {
      throw kafkaFault(error, `write to '${topic}'`);
    }
  }

  return {
    async send(topic, messages, options = {}) {
      if (closed !== undefined) throw kafkaFault(new Error('it is closed'), `write to '${topic}'`);
      const work = write(topic, messages, options);
      open.add(work);
      try {
        await work;
      } finally {
        open.delete(work);
      }
    },
    close: () =>
      (closed ??= (async () => {
        await withinDeadline(Promise.allSettled(open), closeDeadlineMs);
        const producer = await connected?.catch(() => undefined);
        if (producer === undefined) return;
        await withinDeadline(
          producer.disconnect().catch(() => undefined),
          closeDeadlineMs,
        );
      })()),
  };
}
