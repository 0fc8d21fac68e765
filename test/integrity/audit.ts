import { setTimeout as delay } from 'node:timers/promises';
import { sourceId as asSourceId, eventId as asEventId } from '../../src/ids.js';
import { taskIdOf } from '../../src/queue/task-id.js';
import type { Bed } from './bed.js';
import type { MadeEvent } from './made-stream.js';

const longPauseMs = 250;
/** Where the moment counts. */
const shortPauseMs = 20;
/** No fault here keeps a group from going on for longer. */
const stallSeconds = 90;

/** Of each partition: how far it reaches, and how far the group has committed. */
interface Lag {
  readonly partition: number;
  readonly end: number;
  readonly committed: number;
}

/** Records that the group has not committed. */
export async function openRecords(bed: Bed): Promise<number> {
  return (await lagOf(bed)).reduce((sum, { end, committed }) => sum + end - committed, 0);
}

async function lagOf(bed: Bed): Promise<Lag[]> {
  const { admin, topics, groupId } = bed;
  const ends = await admin.fetchTopicOffsets(topics.events);
  const [offsets] = await admin.fetchOffsets({ groupId, topics: [topics.events] });
  return ends.map(({ partition, high }) => {
    const found = offsets?.partitions.find((each) => each.partition === partition);
    return { partition, end: Number(high), committed: Math.max(0, Number(found?.offset ?? 0)) };
  });
}

async function committedOf(bed: Bed): Promise<number> {
  return (await lagOf(bed)).reduce((sum, { committed }) => sum + committed, 0);
}

/** Waits until the group has committed all that the topic of events holds. */
export function untilSettled(bed: Bed): Promise<void> {
  return untilProgress(bed, 'the group at the end of the topic', async () => {
    const lag = await lagOf(bed);
    const done = lag.every(({ end, committed }) => committed >= end);
    return { done, standing: JSON.stringify(lag) };
  });
}

/** Waits until the group has committed so many records, of all partitions together. */
export function untilCommitted(bed: Bed, count: number): Promise<void> {
  return untilProgress(bed, `${count} committed records`, async () => {
    const committed = await committedOf(bed);
    return { done: committed >= count, standing: String(committed) };
  });
}

/** Waits until the group has so many members, and has given out its partitions. */
export function untilMembers(bed: Bed, count: number): Promise<void> {
  return untilProgress(bed, `${count} members of the group`, async () => {
    const { groups } = await bed.admin.describeGroups([bed.groupId]);
    const [group] = groups;
    const standing = `${group?.state ?? 'unknown'}, ${group?.members.length ?? 0} members`;
    return { done: group?.state === 'Stable' && group.members.length === count, standing };
  });
}

/** Waits until the store holds so many tasks, and tells at once. */
export function untilTasks(bed: Bed, count: number): Promise<void> {
  const tasks = bed.db.collection('tasks');
  return untilProgress(
    bed,
    `${count} tasks`,
    async () => {
      const found = await tasks.countDocuments();
      return { done: found >= count, standing: String(found) };
    },
    { pauseMs: shortPauseMs },
  );
}

/**
 * Waits for something for as long as there is progress: `standing` has to change. Gives up, with
 * the workers' logs, when it does not, or when a worker has ended that nobody asked to.
 */
async function untilProgress(
  bed: Bed,
  what: string,
  look: () => Promise<{ readonly done: boolean; readonly standing: string }>,
  { pauseMs = longPauseMs }: { readonly pauseMs?: number } = {},
): Promise<void> {
  let last = '';
  let since = performance.now();
  for (;;) {
    bed.workers.check();
    // A broker or store that is away for now says nothing about progress.
    const { done, standing } = await look().catch((error: unknown) => ({
      done: false,
      standing: `unknown: ${String(error)}`,
    }));
    if (done) return;
    if (standing !== last) {
      last = standing;
      since = performance.now();
    } else if (performance.now() - since > stallSeconds * 1000) {
      const logs = await bed.workers.lastLines();
      throw new Error(`no progress for ${stallSeconds} s towards ${what}: ${standing}\n${logs}`);
    }
    await delay(pauseMs);
  }
}

/** What is wrong; all empty if nothing is. Each entry is an event id, and what happened to it. */
export interface Audit {
  readonly expected: number;
  readonly found: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly unexpected: readonly string[];
  readonly altered: readonly string[];
  readonly images: readonly string[];
}

/** Holds the store against what had to become of the events. */
export async function audit(bed: Bed, events: Iterable<MadeEvent>): Promise<Audit> {
  const tasks = await bed.db.collection<StoredTask>('tasks').find().toArray();
  const byEvent = new Map<string, StoredTask[]>();
  for (const task of tasks) {
    const key = keyOf(task);
    byEvent.set(key, [...(byEvent.get(key) ?? []), task]);
  }
  const [lost, doubled, altered]: [string[], string[], string[]] = [[], [], []];
  const pictures = new Set<string>();
  let expected = 0;
  for (const { eventId, sourceId, fate } of events) {
    if (fate.kind === 'passes') continue;
    expected += 1;
    pictures.add(fate.image);
    const key = keyOf({ eventId, sourceId });
    const [task, ...more] = byEvent.get(key) ?? [];
    byEvent.delete(key);
    if (task === undefined) {
      lost.push(eventId);
      continue;
    }
    if (more.length > 0) doubled.push(`${eventId}: ${more.length + 1} tasks`);
    const wanted = {
      id: taskIdOf(asSourceId(sourceId), asEventId(eventId)) as string,
      image: fate.image,
      reasons: [...fate.reasons].sort().join(),
      standing: 'pending, fence 0, revision 0',
    };
    const is = {
      id: task._id,
      image: task.image.hash,
      reasons: [...task.decision.reasons].sort().join(),
      standing: `${task.state}, fence ${task.fence}, revision ${task.revision}`,
    };
    if (JSON.stringify(is) !== JSON.stringify(wanted)) {
      altered.push(`${eventId}: ${JSON.stringify(is)}`);
    }
  }
  return {
    expected,
    found: tasks.length,
    lost,
    doubled,
    unexpected: [...byEvent.values()].flat().map(({ eventId }) => eventId),
    altered,
    images: await wrongImages(bed, pictures),
  };
}

/** What a clean audit says, but for its counts. */
export const nothingWrong = {
  lost: [],
  doubled: [],
  unexpected: [],
  altered: [],
  images: [],
} satisfies Partial<Audit>;

/** Pictures that are missing, and such as nobody asked for. */
async function wrongImages(bed: Bed, wanted: ReadonlySet<string>): Promise<string[]> {
  const stored = new Set<string>();
  const files = bed.db.collection<{ _id: string }>('images.files');
  for await (const { _id } of files.find({}, { projection: { _id: 1 } })) stored.add(_id);
  return [
    ...[...wanted].filter((hash) => !stored.has(hash)).map((hash) => `${hash} is missing`),
    ...[...stored].filter((hash) => !wanted.has(hash)).map((hash) => `${hash} is not wanted`),
  ];
}

interface StoredTask {
  readonly _id: string;
  readonly eventId: string;
  readonly sourceId: string;
  readonly state: string;
  readonly fence: number;
  readonly revision: number;
  readonly image: { readonly hash: string };
  readonly decision: { readonly reasons: readonly string[] };
}

function keyOf({ eventId, sourceId }: { readonly eventId: string; readonly sourceId: string }) {
  return JSON.stringify([sourceId, eventId]);
}
