import type { Admin } from 'kafkajs';
import { EdgeminerError } from '../../faults.js';

/** Where a group begins that has committed nothing yet. */
export type StartAt =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  /** At the first record that is not older; milliseconds since 1970-01-01 UTC. */
  | { readonly kind: 'timestamp'; readonly ms: number }
  /** By partition; one that is not named begins at its end. */
  | { readonly kind: 'offsets'; readonly offsets: ReadonlyMap<number, bigint> };

/** Where the group goes on in one partition. */
export interface Position {
  readonly partition: number;
  readonly offset: bigint;
  /** What the group has committed; undefined for nothing. */
  readonly committed: bigint | undefined;
  /** True where the next member would choose otherwise, so that `offset` is to be committed. */
  readonly remember: boolean;
  /** Records that the group had not read when they were deleted. */
  readonly missed: bigint;
  /** The offset after the last record there is now. */
  readonly end: bigint;
}

/** What Kafka answers for a group that has committed nothing. */
const nothing = -1n;
/** What kafkajs commits when it finds an offset whose record was deleted. */
const earliest = -2n;

/**
 * Where a group goes on reading a topic: what it has committed, else where it is to begin. An
 * offset whose record was deleted moves on to the first that is left, never to the end.
 * @throws EdgeminerError `input.invalid` for a partition or an offset that there is not
 */
export async function groupPositions(
  admin: Admin,
  groupId: string,
  topic: string,
  startAt: StartAt,
): Promise<Position[]> {
  const [bounds, [group]] = await Promise.all([
    admin.fetchTopicOffsets(topic),
    admin.fetchOffsets({ groupId, topics: [topic] }),
  ]);
  const committed = new Map(
    (group?.partitions ?? []).map(({ partition, offset }) => [partition, BigInt(offset)]),
  );
  if (startAt.kind === 'offsets') checkOffsets(startAt.offsets, bounds, topic);
  const byTime =
    startAt.kind === 'timestamp'
      ? await admin.fetchTopicOffsetsByTimestamp(topic, startAt.ms)
      : undefined;
  return bounds.map(({ partition, low, high }) => {
    const [first, end] = [BigInt(low), BigInt(high)];
    const known = committed.get(partition) ?? nothing;
    if (known === earliest) {
      return { partition, offset: first, committed: undefined, remember: true, missed: 0n, end };
    }
    if (known !== nothing) {
      // Beyond the end: the topic was made anew.
      const offset = known < first || known > end ? first : known;
      const missed = known < first ? first - known : 0n;
      return { partition, offset, committed: known, remember: false, missed, end };
    }
    const chosen = () => {
      switch (startAt.kind) {
        case 'earliest':
          return first;
        case 'latest':
          return end;
        case 'timestamp':
          return BigInt(byTime?.find((each) => each.partition === partition)?.offset ?? high);
        case 'offsets':
          return startAt.offsets.get(partition) ?? end;
      }
    };
    const remember = startAt.kind !== 'earliest';
    return { partition, offset: chosen(), committed: undefined, remember, missed: 0n, end };
  });
}

type Bounds = Awaited<ReturnType<Admin['fetchTopicOffsets']>>;

function checkOffsets(offsets: ReadonlyMap<number, bigint>, bounds: Bounds, topic: string): void {
  for (const [partition, offset] of offsets) {
    const found = bounds.find((each) => each.partition === partition);
    if (found === undefined) {
      throw badStart(
        `'${topic}' has no partition ${partition}; it has ${bounds.length}, counted from 0`,
        'Name partitions that the topic has.',
      );
    }
    if (offset < BigInt(found.low) || offset > BigInt(found.high)) {
      throw badStart(
        `partition ${partition} of '${topic}' has no offset ${offset}; ` +
          `it holds ${found.low} to ${found.high}`,
        'Name an offset within that range, or a time.',
      );
    }
  }
}

function badStart(message: string, mend: string): EdgeminerError {
  return new EdgeminerError('input.invalid', message, { field: '--from', mend });
}
