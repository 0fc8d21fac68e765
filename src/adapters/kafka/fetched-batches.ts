import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { DeliveryWindow } from './delivery-window.js';
import type { KafkaSettings } from './kafka-settings.js';
import type { Fetched } from './partition-ledger.js';

/** A record as it was fetched. */
export interface FetchedRecord extends Fetched {
  readonly topic: string;
  readonly partition: number;
  readonly message: KafkaMessage;
}

export interface Destination {
  readonly consumer: Consumer;
  readonly settings: KafkaSettings;
  readonly window: DeliveryWindow<FetchedRecord>;
  /** How far a partition reaches, as the fetch told. */
  readonly onEnd: (partition: number, end: bigint) => void;
}

/** Hands what was fetched to the window; for kafkajs it is read with that. */
export function takeBatch(
  payload: EachBatchPayload,
  { consumer, settings, window, onEnd }: Destination,
): void {
  const { batch } = payload;
  const { topic, partition, messages } = batch;
  const last = messages.at(-1);
  if (last === undefined) return;
  window.add(partition, recordsOf(batch));
  payload.resolveOffset(last.offset);
  onEnd(partition, BigInt(batch.highWatermark));
  // Fetching it further would pile up what can't be handed out.
  const standing = window.standings().find((each) => each.partition === partition);
  if (standing?.held === true) {
    settings.log('info', 'a record takes long, and its partition waits for it', { partition });
    consumer.pause([{ topic, partitions: [partition] }]);
  }
}

/** To be called now and then: partitions that were held and no longer are. */
export function letHeldGoOn({ consumer, settings, window }: Destination): void {
  const topic = settings.topics.events;
  const standings = window.standings();
  for (const { partitions } of consumer.paused().filter((each) => each.topic === topic)) {
    // One without books is paused until its position is known.
    const free = partitions.filter((partition) =>
      standings.some((each) => each.partition === partition && !each.held),
    );
    if (free.length > 0) consumer.resume([{ topic, partitions: free }]);
  }
}

/** Keeps the fetcher waiting, and the heart beating, while enough is there to be worked on. */
export async function holdUntilHungry(
  payload: EachBatchPayload,
  window: DeliveryWindow<FetchedRecord>,
  beatMs: number,
): Promise<void> {
  const goesOn = () => payload.isRunning() && !payload.isStale();
  const over = new AbortController();
  let failed: (error: unknown) => void = () => undefined;
  const failure = new Promise<never>((_resolve, reject) => {
    failed = reject;
  });
  const beat = async () => {
    if (goesOn()) await payload.heartbeat();
    else over.abort();
  };
  const hold = async () => {
    while (!window.hungry && !over.signal.aborted && goesOn()) await window.hungrier(over.signal);
  };
  const timer = setInterval(() => void beat().catch(failed), beatMs);
  try {
    await Promise.race([hold(), failure]);
  } finally {
    clearInterval(timer);
    over.abort();
  }
}

function recordsOf(batch: EachBatchPayload['batch']): FetchedRecord[] {
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
