import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { withinDeadline } from './deadline.js';
import type { DeliveryWindow } from './delivery-window.js';
import { clientRetry } from './kafka-settings.js';
import type { KafkaSettings } from './kafka-settings.js';

/** A record as it was fetched. */
export interface FetchedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly message: KafkaMessage;
  /** The offset to read on from, once this record and all before it are dealt with. */
  readonly next: bigint;
  readonly bytes: number;
}

/** One consumer's life in the group, from joining to leaving or being thrown out. */
export interface GroupMember {
  /** Resolves with what threw it out, or with undefined after leave(). Never rejects. */
  readonly ended: Promise<unknown>;
  /** Commits what is acknowledged, leaves the group and disconnects. Never rejects. */
  leave(): Promise<void>;
}

/** Images are large: fetch enough of them at once that the pipeline does not run dry between. */
const fetchBytes = { maxBytesPerPartition: 8 * 1024 * 1024, maxBytes: 32 * 1024 * 1024 };
const maxWaitTimeInMs = 500;
/** Handlers only wait, so that all partitions may be open at once. */
const partitionsConsumedConcurrently = 128;
const autoCommitInterval = 1000;
const autoCommitThreshold = 100;
const joinDeadlineMs = 5000;
const leaveDeadlineMs = 10_000;

/**
 * Joins the group, and hands what is fetched to the window. A batch stays in kafkajs's handler
 * until its records are acknowledged, and only acknowledged ones are ever resolved: so the place
 * that the next fetch starts from, and that is committed, has nothing undone before it, whatever
 * rebalance or reconnection comes between. Restarting is left to the caller: kafkajs does not
 * restart after every error, and then lives on without consuming.
 */
export function joinGroup(
  kafka: Kafka,
  settings: KafkaSettings,
  window: DeliveryWindow<FetchedRecord>,
  onJoined: () => void,
): GroupMember {
  const heartbeatInterval = Math.min(3000, Math.floor(settings.sessionTimeoutMs / 10));
  const consumer = kafka.consumer({
    groupId: settings.groupId,
    sessionTimeout: settings.sessionTimeoutMs,
    heartbeatInterval,
    ...fetchBytes,
    maxWaitTimeInMs,
    allowAutoTopicCreation: false,
    retry: { ...clientRetry, restartOnFailure: async () => false },
  });
  let end: (error: unknown) => void = () => undefined;
  const ended = new Promise<unknown>((resolve) => {
    end = (error) => {
      window.revokeAll();
      resolve(error);
    };
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => end(payload.error));
  // Assignments are all taken back and given out anew: what is out belongs to the past.
  consumer.on(consumer.events.REBALANCING, () => window.revokeAll());
  consumer.on(consumer.events.GROUP_JOIN, () => {
    window.revokeAll();
    onJoined();
  });

  const started = start(consumer, settings, {
    autoCommitInterval,
    autoCommitThreshold,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently,
    eachBatch: async (payload) => {
      try {
        await holdBatch(payload, window, {
          beatMs: Math.min(heartbeatInterval, autoCommitInterval),
          onCommitFailed: (error: unknown) =>
            settings.log('debug', 'offsets were not committed', { error }),
        });
      } catch (error) {
        window.revokeAll();
        // kafkajs knows what to do with its own errors; another would stop it for good.
        if (!(error instanceof Error && error.name.startsWith('KafkaJS'))) end(error);
        throw error;
      }
    },
  }).catch((error: unknown) => end(error));

  let leaving: Promise<void> | undefined;
  return {
    ended,
    leave: () =>
      (leaving ??= leave(consumer, started, window, settings).then(() => end(undefined))),
  };
}

async function start(
  consumer: Consumer,
  { topics, fromBeginning }: KafkaSettings,
  run: Parameters<Consumer['run']>[0],
): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topics: [topics.events], fromBeginning });
  await consumer.run(run);
}

/** Returns when the batch is settled. Until then beats the heart, and commits now and then. */
async function holdBatch(
  payload: EachBatchPayload,
  window: DeliveryWindow<FetchedRecord>,
  { beatMs, onCommitFailed }: { beatMs: number; onCommitFailed: (error: unknown) => void },
): Promise<void> {
  const batch = window.openBatch(recordsOf(payload), ({ message }) =>
    payload.resolveOffset(message.offset),
  );
  let failed: (error: unknown) => void = () => undefined;
  const failure = new Promise<never>((_resolve, reject) => {
    failed = reject;
  });
  let beating = false;
  const beat = async () => {
    if (beating) return;
    beating = true;
    try {
      if (!payload.isRunning() || payload.isStale()) batch.revoke();
      else {
        await payload.heartbeat();
        // Not worth a rebalance: the next commit covers this one.
        await payload.commitOffsetsIfNecessary().catch(onCommitFailed);
      }
    } finally {
      beating = false;
    }
  };
  const timer = setInterval(() => void beat().catch(failed), beatMs);
  try {
    await Promise.race([batch.settled, failure]);
  } finally {
    clearInterval(timer);
    batch.revoke();
  }
}

function recordsOf({ batch }: EachBatchPayload): FetchedRecord[] {
  const { topic, partition, messages } = batch;
  return messages.map((message, index) => ({
    topic,
    partition,
    message,
    // Control records may stand behind the last message.
    next: BigInt(index === messages.length - 1 ? batch.lastOffset() : message.offset) + 1n,
    bytes: (message.key?.byteLength ?? 0) + (message.value?.byteLength ?? 0),
  }));
}

/** kafkajs commits what is resolved when a handler returns, so revoking the batches is enough. */
async function leave(
  consumer: Consumer,
  started: Promise<void>,
  window: DeliveryWindow<FetchedRecord>,
  { log, groupId }: KafkaSettings,
): Promise<void> {
  const disconnect = async () => {
    const disconnected = consumer.disconnect();
    window.revokeAll();
    await disconnected;
  };
  try {
    // A consumer that is disconnected while it joins would go on to run.
    if (!(await withinDeadline(started, joinDeadlineMs))) {
      void started.then(disconnect).catch(() => undefined);
    }
    if (await withinDeadline(disconnect(), leaveDeadlineMs)) return;
    log('warn', 'the Kafka consumer did not leave its group in time', { groupId });
  } catch (error) {
    log('warn', 'the Kafka consumer did not leave its group cleanly', { groupId, error });
  }
}
