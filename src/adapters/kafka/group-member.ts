import type { Admin, Consumer, Kafka } from 'kafkajs';
import { messageOf } from '../../faults.js';
import { withinDeadline } from './deadline.js';
import type { DeliveryWindow } from './delivery-window.js';
import { holdUntilHungry, letHeldGoOn, takeBatch } from './fetched-batches.js';
import type { FetchedRecord } from './fetched-batches.js';
import { groupPositions } from './group-position.js';
import type { Position } from './group-position.js';
import { isDefect } from './kafka-faults.js';
import { clientRetry } from './kafka-settings.js';
import type { KafkaSettings } from './kafka-settings.js';
import { startOffsetCommits } from './offset-commits.js';
import type { OffsetCommits } from './offset-commits.js';

/** One consumer's life in the group, from joining to leaving or being thrown out. */
export interface GroupMember {
  /** Resolves with what threw it out, or with undefined after leave(). Never rejects. */
  readonly ended: Promise<unknown>;
  /** Commits what is acknowledged, leaves the group and disconnects. Never rejects. */
  leave(): Promise<void>;
}

export interface MemberOptions {
  readonly kafka: Kafka;
  readonly settings: KafkaSettings;
  readonly window: DeliveryWindow<FetchedRecord>;
  /** The group gave out its partitions: those of this member, and where it goes on in them. */
  readonly onAssigned: (positions: readonly Position[]) => void;
  /** How far a partition reaches, as the last fetch told. */
  readonly onEnd: (partition: number, end: bigint) => void;
}

/** Images are large: fetch enough of them at once that the pipeline does not run dry between. */
const fetchBytes = { maxBytesPerPartition: 4 * 1024 * 1024, maxBytes: 16 * 1024 * 1024 };
/** Also how long kafkajs sleeps while everything is paused. */
const maxWaitTimeInMs = 250;
/** Handlers only wait, so that all partitions may be open at once. */
const partitionsConsumedConcurrently = 128;
const lookAtEndsMs = 10_000;
const letGoOnMs = 1000;
const joinDeadlineMs = 5000;
const leaveDeadlineMs = 10_000;

/**
 * Joins the group, and hands what is fetched to the window. What was fetched counts as read for
 * kafkajs at once, so that fetching goes on while records are out; what is committed is only the
 * run of acknowledged ones that the window's books tell. At each join every partition is sought
 * to where the group stands, for kafkajs may hand over what it fetched before.
 *
 * Restarting is left to the caller: kafkajs does not restart after every error, and then lives
 * on without consuming.
 */
export function joinGroup(options: MemberOptions): GroupMember {
  const { kafka, settings, window } = options;
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
  const admin = kafka.admin();
  const commits = startOffsetCommits(consumer, settings, window);
  let positioned: Promise<void> = Promise.resolve();
  let joins = 0;
  let end: (error: unknown) => void = () => undefined;
  const ended = new Promise<unknown>((resolve) => {
    end = (error) => {
      window.revokeAll();
      resolve(error);
    };
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => end(payload.error));
  // Assignments are all taken back and given out anew: what is out belongs to the past.
  consumer.on(consumer.events.REBALANCING, () => {
    commits.flush();
    window.revokeAll();
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    window.revokeAll();
    const topic = settings.topics.events;
    // kafkajs would fetch from where it believes the group to stand, and move it if that is gone.
    consumer.pause([{ topic }]);
    const mine = payload.memberAssignment[topic] ?? [];
    const joined = (joins += 1);
    positioned = takePositions(options, { consumer, admin, commits }, mine, () => joined === joins);
    // Paused as everything is, nobody else would notice.
    positioned.catch(end);
  });
  const timers = [
    setInterval(() => void lookAtEnds(admin, options), lookAtEndsMs),
    setInterval(() => letHeldGoOn({ ...options, consumer }), letGoOnMs),
  ];

  const started = start(consumer, admin, settings, {
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently,
    eachBatch: async (payload) => {
      try {
        await positioned;
        if (payload.isStale() || !payload.isRunning()) return;
        commits.through((offsets) => payload.commitOffsetsIfNecessary(offsets));
        takeBatch(payload, { ...options, consumer });
        await holdUntilHungry(payload, window, heartbeatInterval);
      } catch (error) {
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
      (leaving ??= (async () => {
        timers.forEach(clearInterval);
        await leave({ consumer, admin, commits, started, options });
        end(undefined);
      })()),
  };
}

interface Clients {
  readonly consumer: Consumer;
  readonly admin: Admin;
  readonly commits: OffsetCommits;
}

async function start(
  consumer: Consumer,
  admin: Admin,
  { topics }: KafkaSettings,
  run: Parameters<Consumer['run']>[0],
): Promise<void> {
  await Promise.all([consumer.connect(), admin.connect()]);
  // Where to begin is decided at each join; here it is where to go on when a record is gone.
  await consumer.subscribe({ topics: [topics.events], fromBeginning: true });
  await consumer.run(run);
}

/**
 * Seeks the member's partitions to where the group stands, remembers what was chosen, and lets
 * fetching begin; does nothing once another assignment has come.
 */
async function takePositions(
  { settings, onAssigned }: MemberOptions,
  { consumer, admin, commits }: Clients,
  mine: readonly number[],
  isCurrent: () => boolean,
): Promise<void> {
  const { groupId, topics, startAt, log } = settings;
  const all = await groupPositions(admin, groupId, topics.events, startAt);
  if (!isCurrent()) return;
  const positions = all.filter(({ partition }) => mine.includes(partition));
  for (const { partition, offset, missed } of positions) {
    consumer.seek({ topic: topics.events, partition, offset: String(offset) });
    if (missed > 0n) {
      log('warn', 'records were deleted before they were read; the topic keeps too little', {
        partition,
        records: String(missed),
        from: String(offset),
      });
    }
  }
  log('info', 'reads its partitions of the topic of events', {
    groupId,
    from: Object.fromEntries(positions.map((each) => [each.partition, String(each.offset)])),
  });
  commits.begin(positions);
  onAssigned(positions);
  consumer.resume([{ topic: topics.events }]);
}

/** For the lag: a consumer that fetches no more hears of no new records. */
async function lookAtEnds(admin: Admin, { settings, onEnd }: MemberOptions): Promise<void> {
  try {
    for (const { partition, high } of await admin.fetchTopicOffsets(settings.topics.events)) {
      onEnd(partition, BigInt(high));
    }
  } catch (error) {
    settings.log('debug', 'the end of the topic is not known', { error: messageOf(error) });
  }
}

async function leave(parts: {
  readonly consumer: Consumer;
  readonly admin: Admin;
  readonly commits: OffsetCommits;
  readonly started: Promise<void>;
  readonly options: MemberOptions;
}): Promise<void> {
  const { consumer, admin, commits, started, options } = parts;
  const { groupId, log } = options.settings;
  const disconnect = async () => {
    await commits.close();
    const disconnected = consumer.disconnect();
    // Lets the handlers go that hold back the fetchers.
    options.window.revokeAll();
    await disconnected;
    await admin.disconnect();
  };
  try {
    // A consumer that is disconnected while it joins would go on to run.
    if (!(await withinDeadline(started, joinDeadlineMs))) {
      void started.then(disconnect).catch(() => undefined);
    }
    if (await withinDeadline(disconnect(), leaveDeadlineMs)) return;
    log('warn', 'the Kafka consumer did not leave its group in time', { groupId });
  } catch (error) {
    log('warn', 'the Kafka consumer did not leave its group cleanly', {
      groupId,
      error: messageOf(error),
      defect: isDefect(error),
    });
  }
}
