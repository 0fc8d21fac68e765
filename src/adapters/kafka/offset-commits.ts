import type { Consumer, EachBatchPayload } from 'kafkajs';
import { messageOf } from '../../faults.js';
import { withinDeadline } from './deadline.js';
import type { DeliveryWindow } from './delivery-window.js';
import type { FetchedRecord } from './fetched-batches.js';
import type { Position } from './group-position.js';
import type { KafkaSettings } from './kafka-settings.js';

/** Commits what the window's books say is settled, now and then, and at the end. */
export interface OffsetCommits {
  /** A new assignment: what is to be remembered is committed first of all. */
  begin(positions: readonly Position[]): void;
  /** From now on by this way, which tries once. */
  through(send: EachBatchPayload['commitOffsetsIfNecessary']): void;
  /** The assignment is over: commits what the books say, if the group still takes it. */
  flush(): void;
  /** Commits the last, waiting a while. Idempotent; never rejects. */
  close(): Promise<void>;
}

const everyMs = 1000;
const lastCommitMs = 5000;

export function startOffsetCommits(
  consumer: Consumer,
  { topics, log }: KafkaSettings,
  window: DeliveryWindow<FetchedRecord>,
): OffsetCommits {
  const topic = topics.events;
  /** What the group has, as far as is known. */
  let committed = new Map<number, bigint>();
  /** Chosen at the start and not yet remembered by the group. */
  let chosen = new Map<number, bigint>();
  /** kafkajs's own way tries again for seconds, and so into the next assignment. */
  let send: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  let committing: Promise<void> | undefined;
  let closed: Promise<void> | undefined;

  function due(): { partition: number; offset: bigint }[] {
    const found = new Map(chosen);
    for (const { partition, settled } of window.standings()) {
      if (settled !== undefined && settled !== committed.get(partition)) {
        found.set(partition, settled);
      }
    }
    return [...found].map(([partition, offset]) => ({ partition, offset }));
  }

  async function commitDue(): Promise<void> {
    const offsets = due();
    if (offsets.length === 0) return;
    const [into, from] = [committed, chosen];
    try {
      const partitions = offsets.map(({ partition, offset }) => ({
        partition,
        offset: String(offset),
      }));
      if (send !== undefined) await send({ topics: [{ topic, partitions }] });
      else await consumer.commitOffsets(partitions.map((each) => ({ topic, ...each })));
      for (const { partition, offset } of offsets) {
        into.set(partition, offset);
        from.delete(partition);
      }
    } catch (error) {
      // Not worth a rebalance: the next commit covers this one.
      log('debug', 'offsets were not committed', { error: messageOf(error) });
    }
  }

  function commit(): Promise<void> {
    committing ??= commitDue().finally(() => (committing = undefined));
    return committing;
  }

  const timer = setInterval(() => void commit(), everyMs);

  return {
    begin(positions) {
      committed = new Map();
      chosen = new Map();
      for (const { partition, offset, committed: known, remember } of positions) {
        if (known !== undefined) committed.set(partition, known);
        if (remember) chosen.set(partition, offset);
      }
      void commit();
    },
    through(way) {
      send = way;
    },
    flush() {
      void commitDue();
    },
    close: () =>
      (closed ??= (async () => {
        clearInterval(timer);
        await withinDeadline(
          (async () => {
            await committing;
            await commitDue();
          })(),
          lastCommitMs,
        );
      })()),
  };
}
