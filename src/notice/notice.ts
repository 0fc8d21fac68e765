import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.js';
import { deliveryId } from '../ids.js';
import type {
  ActorKey,
  BatchId,
  CuratedSetVersion,
  DeliveryId,
  EventId,
  ModelName,
  ModelVersion,
  SourceId,
  TaskId,
} from '../ids.js';

/**
 * What others are told of. A notice names no person and carries no label and no picture: who is
 * told asks the API for those, under the rights of its own token.
 */
export type Notice =
  | {
      readonly event: 'task.completed';
      /** The entry of the task's audit trail that says the same. */
      readonly sequence: number;
      readonly data: TaskEnded;
    }
  | {
      readonly event: 'batch.completed';
      /** Answers that were given under the batch so far; see `BatchEnded`. */
      readonly sequence: number;
      readonly data: BatchEnded;
    }
  | {
      readonly event: 'gold.failed';
      /** Rises with each gold task that the same annotator fails. */
      readonly sequence: number;
      readonly data: GoldFailed;
    }
  | {
      readonly event: 'curated-set.published';
      readonly sequence: 1;
      readonly data: CuratedSetMade;
    };

export type NoticeName = Notice['event'];

export const noticeNames = [
  'task.completed',
  'batch.completed',
  'gold.failed',
  'curated-set.published',
] as const satisfies readonly NoticeName[];

/** A task's round ended. A requeued task may end again, with a higher sequence. */
export interface TaskEnded {
  readonly taskId: TaskId;
  readonly state: 'labelled' | 'skipped' | 'disputed';
  readonly round: number;
  readonly eventId: EventId;
  readonly sourceId: SourceId;
  readonly modelName: ModelName;
  readonly modelVersion: ModelVersion;
}

/**
 * An answer was given under the batch, and nothing is held under it any more. A batch that leases
 * again afterwards may complete again.
 */
export interface BatchEnded {
  readonly batchId: BatchId;
  /** Answers that were given under it: opinions and skips. */
  readonly answered: number;
}

export interface GoldFailed {
  readonly taskId: TaskId;
  /** Stands for the annotator in the audit trail as well; random, and says nothing of them. */
  readonly annotator: ActorKey;
  /** Whether the annotator was paused for it. */
  readonly paused: boolean;
}

export interface CuratedSetMade {
  readonly version: CuratedSetVersion;
  readonly name: string;
  readonly items: number;
}

/** The endpoints that want to hear of this event, by name. Pure. */
export type Subscribers = (event: NoticeName) => readonly string[];

export const nobody: Subscribers = () => [];

/** One notice on its way to one endpoint. */
export interface Message {
  /** The same in every try, and of the same notice to the same endpoint. */
  readonly id: DeliveryId;
  readonly endpoint: string;
  readonly event: NoticeName;
  /** What the notice is about: the id of the task, batch or curated set. */
  readonly subject: string;
  /** When it happened. Milliseconds since 1970-01-01 UTC. */
  readonly at: number;
  /** What is sent, byte for byte: JSON as schemas/webhook.v1.schema.json says. */
  readonly body: string;
}

/** The messages that a notice makes: one for each endpoint that wants it. */
export function messagesOf(notice: Notice, subscribers: Subscribers, at: number): Message[] {
  return subscribers(notice.event).map((endpoint) => messageTo(endpoint, notice, at));
}

function messageTo(endpoint: string, notice: Notice, at: number): Message {
  const { event, sequence, data } = notice;
  const subject = subjectOf(notice);
  const id = deliveryId(idOf([endpoint, event, subject, sequence]));
  return { id, endpoint, event, subject, at, body: bodyOf({ id, event, sequence, at, data }) };
}

/** A message that says nothing but that the way is open; it is sent on the spot. */
export function testMessage(endpoint: string, at: number, nonce: string) {
  const event = 'webhook.test';
  const id = deliveryId(idOf([endpoint, event, nonce]));
  return { id, event, body: bodyOf({ id, event, sequence: 1, at, data: {} }) } as const;
}

interface Content {
  readonly id: DeliveryId;
  readonly event: string;
  readonly sequence: number;
  readonly at: number;
  readonly data: object;
}

function bodyOf({ id, event, sequence, at, data }: Content): string {
  return JSON.stringify({
    payloadVersion: 1,
    id,
    event,
    sequence,
    occurredAt: new Date(at).toISOString(),
    data,
  });
}

function subjectOf(notice: Notice): string {
  switch (notice.event) {
    case 'task.completed':
      return notice.data.taskId;
    case 'batch.completed':
      return notice.data.batchId;
    case 'gold.failed':
      // The annotator, for the sequence counts theirs.
      return notice.data.annotator;
    case 'curated-set.published':
      return notice.data.version;
  }
}

function idOf(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(canonicalJson(parts)).digest('hex').slice(0, 32);
}
