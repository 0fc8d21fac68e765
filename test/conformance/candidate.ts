import { createHash } from 'node:crypto';
import type { Reason } from '../../src/decision/decision.js';
import {
  annotatorId,
  batchId,
  eventId,
  imageHash,
  modelName,
  modelVersion,
  sourceId,
} from '../../src/ids.js';
import { taskIdOf } from '../../src/queue/task-id.js';
import type { LeaseFilter, LeaseRequest, Offer } from '../../src/queue/relabel-queue.js';
import type { TaskContent } from '../../src/queue/task.js';

export interface CandidateOptions {
  readonly priority?: number;
  readonly reasons?: readonly Reason[];
  readonly control?: boolean;
  readonly model?: string;
  readonly source?: string;
  readonly occurredAt?: number;
  /** Of the first signal. */
  readonly raw?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/** The candidate of event number `n`. */
export function candidate(n: number, options: CandidateOptions = {}): TaskContent {
  const event = eventId(`event-${n}`);
  const source = sourceId(options.source ?? 'gate-3');
  const digest = createHash('sha256').update(event).digest('hex');
  const control = options.control ?? false;
  return {
    id: taskIdOf(source, event),
    eventId: event,
    occurredAt: options.occurredAt ?? 1_700_000_000_000 + n,
    modelName: modelName(options.model ?? 'animals'),
    modelVersion: modelVersion('3.1.0'),
    sourceId: source,
    image: {
      hash: imageHash(digest),
      contentType: 'image/jpeg',
      width: 640,
      height: 480,
      perceptualHash: digest.slice(0, 16),
      ...(n % 2 === 0 ? {} : { uri: `https://images.example.com/${n}.jpg` }),
      ...(n % 4 === 1 ? { kept: 'reference' as const } : {}),
    },
    predictions: {
      kind: 'classification',
      classes: ['cat', 'dog'],
      probabilities: [0.6, 0.4],
    },
    tags: options.tags ?? { line: 'A', 'shift.$name': 'night' },
    scores: {
      signals: [
        {
          name: 'dark',
          family: 'quality',
          raw: options.raw ?? 12.5,
          edgeScore: 0.99,
          calibrated: true,
          flagged: true,
          explanation: 'Darker than most.',
        },
      ],
      absent: [{ name: 'embedding-distance', why: 'no-reference' }],
    },
    decision: {
      kind: 'queue',
      reasons: options.reasons ?? (control ? ['control-sample'] : ['dark']),
      priority: options.priority ?? 0.5,
      control,
      policy: 'default',
      reference: 'no-reference',
      inclusionProbability: control ? 0.01 : 1,
    },
  };
}

export function asOffers(contents: readonly TaskContent[]): readonly Offer[] {
  return contents.map((content) => ({ kind: 'task', content }));
}

export const start = 1_700_000_100_000;
/** Milliseconds; the length of a lease in the tests. */
export const term = 60_000;

export function request(
  batch: string,
  limit: number,
  options: { readonly now?: number; readonly filter?: LeaseFilter } = {},
): LeaseRequest {
  return {
    batchId: batchId(batch),
    annotator: annotatorId(`annotator of ${batch}`),
    limit,
    expiresAt: (options.now ?? start) + term,
    filter: options.filter ?? {},
  };
}
