import type { Admin } from 'kafkajs';
import { failed, ok, skipped, warning } from '../../telemetry/checkup.js';
import type { Finding } from '../../telemetry/checkup.js';
import type { TopicSettings } from './check-topics.js';
import { grantCommand } from './grant-command.js';
import { groupPositions } from './group-position.js';
import type { Position } from './group-position.js';
import { isUnauthorised, isUnknownTopic } from './kafka-faults.js';
import type { KafkaSettings } from './kafka-settings.js';

/** Parts of the retention: an unread record beyond them is as good as lost, or on the way there. */
const lateAt = 0.5;
const tooLateAt = 0.8;
const shownPartitions = 8;

/** Where the group stands, and whether records are deleted before it has read them. */
export async function checkGroup(
  admin: Admin,
  settings: KafkaSettings,
  topic: TopicSettings | undefined,
): Promise<Finding[]> {
  const { groupId, topics, startAt } = settings;
  const name = `group ${groupId}`;
  try {
    const [positions, { groups }] = await Promise.all([
      groupPositions(admin, groupId, topics.events, startAt),
      admin.describeGroups([groupId]),
    ]);
    const members = groups[0]?.members.length ?? 0;
    return [
      lagFinding(name, members, positions),
      await retentionFinding(admin, topics.events, positions, topic),
    ];
  } catch (error) {
    if (isUnknownTopic(error)) return [skipped(name, `there is no topic ${topics.events}`)];
    if (!isUnauthorised(error)) throw error;
    const grant = grantCommand(settings, ['Read'], `--group ${groupId}`);
    return [failed(name, 'it or its topic may not be used', grant)];
  }
}

function lagOf({ end, offset }: Position): bigint {
  return end > offset ? end - offset : 0n;
}

function lagFinding(name: string, members: number, positions: readonly Position[]): Finding {
  const lags = positions
    .map((position) => ({ partition: position.partition, lag: lagOf(position) }))
    .filter(({ lag }) => lag > 0n)
    .sort((a, b) => (b.lag > a.lag ? 1 : -1));
  const total = lags.reduce((sum, { lag }) => sum + lag, 0n);
  const shown = lags.slice(0, shownPartitions).map(({ partition, lag }) => `${partition}: ${lag}`);
  const more = lags.length > shown.length ? ', …' : '';
  const each = shown.length === 0 ? '' : ` (by partition ${shown.join(', ')}${more})`;
  const detail = `${members} members, ${total} records behind${each}`;
  if (members === 0 && total > 0n) {
    return warning(
      name,
      `${detail}: nobody reads`,
      'Start a worker: edgeminer mine --source kafka.',
    );
  }
  return ok(name, detail);
}

async function retentionFinding(
  admin: Admin,
  topic: string,
  positions: readonly Position[],
  settings: TopicSettings | undefined,
): Promise<Finding> {
  const name = `retention of ${topic}`;
  const lost = positions.filter(({ missed }) => missed > 0n);
  if (lost.length > 0) {
    const count = lost.reduce((sum, { missed }) => sum + missed, 0n);
    return failed(
      name,
      `${count} records of partitions ${numbers(lost)} were deleted before they were read`,
      `Raise retention.ms or retention.bytes of ${topic}, and run more workers; the records are gone.`,
    );
  }
  if (settings === undefined) {
    return skipped(name, 'it may not be read', `It needs DescribeConfigs on the topic ${topic}.`);
  }
  if (settings.cleanup.includes('compact')) {
    return failed(
      name,
      'the topic is compacted: of each source all events but the newest are deleted unread',
      `Set cleanup.policy=delete on ${topic}.`,
    );
  }
  const detail = describe(settings);
  const unread = positions.filter((position) => lagOf(position) > 0n);
  const tooLate = await olderThan(admin, topic, unread, settings, tooLateAt);
  if (tooLate.length > 0) {
    return failed(
      name,
      `${detail}, and the oldest unread records of partitions ${numbers(tooLate)} have used up more than ${tooLateAt * 100} % of it`,
      `Raise retention.ms or retention.bytes of ${topic} at once, then run more workers.`,
    );
  }
  const late = await olderThan(admin, topic, unread, settings, lateAt);
  if (late.length > 0) {
    return warning(
      name,
      `${detail}, and the oldest unread records of partitions ${numbers(late)} have used up more than ${lateAt * 100} % of it`,
      `Run more workers, or raise the retention of ${topic}.`,
    );
  }
  return ok(
    name,
    `${detail}; ${unread.length === 0 ? 'nothing is unread' : 'the unread is well within'}`,
  );
}

function describe({ retentionMs, retentionBytes }: TopicSettings): string {
  const limits = [
    ...(retentionMs === undefined ? [] : [`${(retentionMs / 3_600_000).toFixed(1)} h`]),
    ...(retentionBytes === undefined ? [] : [`${retentionBytes} bytes of each partition`]),
  ];
  return limits.length === 0
    ? 'records are kept for ever'
    : `records are kept ${limits.join(', ')}`;
}

function numbers(positions: readonly Position[]): string {
  return positions.map(({ partition }) => partition).join(', ');
}

/**
 * Partitions whose oldest unread record has used up more than this part of what it is kept. By
 * size this shows only once something was deleted for it: brokers do not tell how full it is.
 */
async function olderThan(
  admin: Admin,
  topic: string,
  unread: readonly Position[],
  { retentionMs, retentionBytes }: TopicSettings,
  part: number,
): Promise<Position[]> {
  if (unread.length === 0) return [];
  const old = new Set<number>();
  if (retentionMs !== undefined) {
    const younger = await admin.fetchTopicOffsetsByTimestamp(
      topic,
      Math.round(Date.now() - part * retentionMs),
    );
    const firstYounger = new Map(younger.map((each) => [each.partition, BigInt(each.offset)]));
    for (const { partition, offset } of unread) {
      if ((firstYounger.get(partition) ?? 0n) > offset) old.add(partition);
    }
  }
  if (retentionBytes !== undefined) {
    const bounds = await admin.fetchTopicOffsets(topic);
    for (const { partition, low, high } of bounds) {
      const position = unread.find((each) => each.partition === partition);
      if (position === undefined || low === '0') continue;
      const kept = Number(BigInt(high) - BigInt(low));
      if (Number(BigInt(high) - position.offset) > part * kept) old.add(partition);
    }
  }
  return unread.filter(({ partition }) => old.has(partition));
}
