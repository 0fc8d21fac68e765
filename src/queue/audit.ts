import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.js';
import type { ActorKey, AnnotatorId, TaskId } from '../ids.js';
import { actorKey } from '../ids.js';
import type { LabelBody } from '../label/label.js';
import type { Task, TaskState } from './task.js';

/**
 * The audit trail: each task has a chain of entries, one per transition, which is only ever added
 * to. An entry's hash covers the entry and the hash before it, so that no entry can be changed,
 * left out or put in without breaking the chain behind it; the head that the task keeps shows a
 * chain that was cut short. Entries hold no names: the actor is a random key, whose name stands
 * apart and can be replaced. What annotators answered stands in the entries as a hash only.
 */
export interface AuditEntry {
  readonly taskId: TaskId;
  /** 1, 2, 3... along the chain. */
  readonly seq: number;
  /** Milliseconds since 1970-01-01 UTC, by the clock of the process that did it. */
  readonly at: number;
  readonly actor: ActorKey;
  readonly action: AuditAction;
  /** The state as it was stored: `leased` also of a lease that had expired. */
  readonly from: TaskState | 'none';
  /** `erased` is the last of a chain whose task is gone. */
  readonly to: TaskState | 'erased';
  readonly round: number;
  /** After the transition. */
  readonly fence: number;
  readonly detail: AuditDetail;
  /** Lower-case hex sha256 of the hash before it, and the canonical JSON of all of the above. */
  readonly hash: string;
}

export type AuditAction =
  'offer' | 'lease' | 'release' | 'label' | 'skip' | 'adjudicate' | 'requeue' | 'cancel' | 'erase';

export type AuditDetail = Readonly<Record<string, string | number>>;

/** What a transition says of itself; `by` becomes the entry's actor. */
export interface Transition {
  readonly action: AuditAction;
  readonly by: AnnotatorId | 'edgeminer';
  readonly from: TaskState | 'none';
  readonly to: TaskState | 'erased';
  readonly round: number;
  readonly fence: number;
  readonly detail: AuditDetail;
}

/** Where a chain ends. Its task keeps it. */
export interface AuditHead {
  /** 0 before the first entry. */
  readonly seq: number;
  readonly hash: string;
}

export const noEntries: AuditHead = { seq: 0, hash: '' };

/** The actor of what no person does. */
export const edgeminerActor: ActorKey = actorKey('edgeminer');

export function nextEntry(
  head: AuditHead,
  { taskId, actor, at, transition }: Entering,
): AuditEntry {
  const { action, from, to, round, fence, detail } = transition;
  const seq = head.seq + 1;
  const unsealed = { taskId, seq, at, actor, action, from, to, round, fence, detail };
  return { ...unsealed, hash: sealed(head.hash, unsealed) };
}

interface Entering {
  readonly taskId: TaskId;
  readonly actor: ActorKey;
  readonly at: number;
  readonly transition: Transition;
}

/** What stands in the trail for a label: lower-case hex sha256 of its canonical JSON. */
export function labelHash(body: LabelBody): string {
  return sha256(canonicalJson(body));
}

/** What stands in the trail for words: lower-case hex sha256 of their UTF-8. */
export function textHash(text: string): string {
  return sha256(text);
}

/** A task, its chain, and where the task says that the chain ends. */
export interface AuditedTask {
  readonly task: Task;
  readonly head: AuditHead;
  readonly entries: readonly AuditEntry[];
}

export type ChainVerdict =
  | { readonly kind: 'whole' }
  /** The task is older than the trail, and nothing happened to it since. */
  | { readonly kind: 'no-trail' }
  /** `seq` is the place in the chain at which it breaks. */
  | { readonly kind: 'broken'; readonly seq: number; readonly why: string };

/** Walks a chain from its beginning, and holds what the task says now against it. */
export function verifyChain({ task, head, entries }: AuditedTask): ChainVerdict {
  if (head.seq === 0 && entries.length === 0) return { kind: 'no-trail' };
  const walked = walk({ taskId: task.id, head, entries });
  if (walked.kind === 'broken') return walked;
  const { last } = walked;
  for (const field of ['round', 'fence'] as const) {
    if (last[field] !== task[field]) {
      return broken(last.seq, `it has ${field} ${last[field]}, and the task ${task[field]}`);
    }
  }
  if (last.to !== task.state) {
    return broken(last.seq, `it ended at ${last.to}, and the task is ${task.state}`);
  }
  return verifyAnswers(task, entries) ?? { kind: 'whole' };
}

/** Walks the chain of a task that was erased: it is whole where it ends with that. */
export function verifyClosedChain(trail: Trail): Exclude<ChainVerdict, { kind: 'no-trail' }> {
  const walked = walk(trail);
  if (walked.kind === 'broken') return walked;
  const { action, to, seq } = walked.last;
  if (action === 'erase' && to === 'erased') return { kind: 'whole' };
  return broken(seq, 'its task is gone, and it does not say that it was erased');
}

interface Trail {
  readonly taskId: TaskId;
  readonly head: AuditHead;
  readonly entries: readonly AuditEntry[];
}

/** Every entry follows from the one before it, and the last is the one that the head names. */
function walk({ taskId, head, entries }: Trail): Broken | { kind: 'walked'; last: AuditEntry } {
  let before: AuditHead & { readonly to?: AuditEntry['to'] } = noEntries;
  for (const entry of entries) {
    const seq = before.seq + 1;
    const { hash, ...unsealed } = entry;
    if (entry.seq !== seq) return broken(seq, `entry ${seq} is missing`);
    if (entry.taskId !== taskId) return broken(seq, 'it is of another task');
    if (hash !== sealed(before.hash, unsealed)) {
      return broken(seq, 'its hash does not fit: it, or an entry before it, was changed');
    }
    if (before.to !== undefined && entry.from !== before.to) {
      return broken(seq, `it begins at ${entry.from}, and the one before it ended at ${before.to}`);
    }
    before = entry;
  }
  const last = entries.at(-1);
  if (last === undefined || last.seq < head.seq) {
    return broken(before.seq + 1, `entry ${before.seq + 1} is missing`);
  }
  if (last.seq > head.seq || last.hash !== head.hash) {
    return broken(last.seq, 'it is not the one that the task names as its last');
  }
  return { kind: 'walked', last };
}

/** What people said must be what the chain says that they said. */
function verifyAnswers(task: Task, entries: readonly AuditEntry[]): Broken | undefined {
  const labels = task.label === undefined ? task.formerLabels : [...task.formerLabels, task.label];
  for (const { seq, action, fence, detail } of entries) {
    if (action === 'label') {
      const opinion = task.opinions.find((one) => one.fence === fence);
      if (opinion === undefined) return broken(seq, 'its opinion is missing');
      if (labelHash(opinion.body) !== detail['opinion']) {
        return broken(seq, 'its opinion was changed');
      }
    }
    if (action === 'skip') {
      const skip = task.skips.find((one) => one.fence === fence);
      if (skip === undefined) return broken(seq, 'its skip is missing');
      if (textHash(skip.reason) !== detail['reason']) return broken(seq, 'its skip was changed');
    }
    const label = detail['label'];
    if (label !== undefined && !labels.some(({ body }) => labelHash(body) === label)) {
      return broken(seq, 'its label was changed or is missing');
    }
  }
  return undefined;
}

type Broken = Extract<ChainVerdict, { kind: 'broken' }>;

function broken(seq: number, why: string): Broken {
  return { kind: 'broken', seq, why };
}

function sealed(before: string, unsealed: Omit<AuditEntry, 'hash'>): string {
  return sha256(before + canonicalJson(unsealed));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
