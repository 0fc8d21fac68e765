/**
 * Every fault that edgeminer raises has a code, and the code alone decides what happens next:
 *
 * - `data`: this record can't be processed, now or later. It goes to the dead letters.
 * - `infrastructure`: something edgeminer depends on is away. Wait and try again; never drop.
 * - `setup`: configuration, model or reference is wrong. Refuse to start; a person mends it.
 * - `request`: the caller asked for something impossible. Answer and go on.
 *
 * docs/errors.md says for each code what to do; a test holds the two together.
 */
export type FaultKind = 'data' | 'infrastructure' | 'setup' | 'request';

const kinds = {
  'event.unreadable': 'data',
  'event.invalid': 'data',
  'event.too-large': 'data',
  'event.unpaired': 'data',
  'event.failed': 'data',
  'image.not-found': 'data',
  'image.forbidden': 'data',
  'image.too-large': 'data',
  'image.undecodable': 'data',
  'image.hash-mismatch': 'data',
  'image.unreachable': 'infrastructure',
  'kafka.unavailable': 'infrastructure',
  'registry.unavailable': 'infrastructure',
  'store.unavailable': 'infrastructure',
  'store.invalid': 'setup',
  'tool.unavailable': 'infrastructure',
  'tool.refused': 'setup',
  'model.unavailable': 'infrastructure',
  'config.invalid': 'setup',
  'config.not-found': 'setup',
  'model.not-found': 'setup',
  'model.hash-mismatch': 'setup',
  'model.shape-mismatch': 'setup',
  'model.unsuitable': 'setup',
  'model.check-failed': 'setup',
  'score.invalid': 'setup',
  'reference.not-found': 'setup',
  'reference.invalid': 'setup',
  'reference.mismatch': 'setup',
  'reference.unfinished': 'request',
  'input.not-found': 'setup',
  'input.invalid': 'request',
  'label.invalid': 'request',
  'lease.lost': 'request',
  'task.not-found': 'request',
  'task.wrong-state': 'request',
  'task.changed': 'request',
  'batch.not-found': 'request',
  'label-set.not-found': 'request',
  'curated-set.not-found': 'request',
  'curated-set.empty': 'request',
  'curated-set.invalid': 'setup',
  'audit.broken': 'setup',
  'person.not-found': 'request',
  'annotator.paused': 'request',
  'annotator.not-paused': 'request',
  'gold.not-found': 'request',
  'webhook.refused': 'request',
  'server.unavailable': 'infrastructure',
  'auth.missing': 'request',
  'auth.expired': 'request',
  'auth.unavailable': 'infrastructure',
  'auth.forbidden': 'request',
} as const satisfies Record<string, FaultKind>;

export type FaultCode = keyof typeof kinds;

export const faultCodes = Object.keys(kinds) as readonly FaultCode[];

export interface FaultOptions {
  /** What went wrong underneath. */
  readonly cause?: unknown;
  /** What the reader can do about it: one sentence, starting with a verb. */
  readonly mend?: string;
  /** The field, file or setting that is at fault, as the user wrote it. */
  readonly field?: string;
  /** Tries made before giving up, where there were several. */
  readonly attempts?: number;
}

/** The one error type of edgeminer. `message` says what is wrong, `mend` what to do next. */
export class EdgeminerError extends Error {
  override readonly name = 'EdgeminerError';
  readonly code: FaultCode;
  readonly kind: FaultKind;
  readonly mend: string | undefined;
  readonly field: string | undefined;
  readonly attempts: number | undefined;

  constructor(code: FaultCode, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.kind = kinds[code];
    this.mend = options.mend;
    this.field = options.field;
    this.attempts = options.attempts;
  }

  /** True when the same work may succeed later without anybody changing anything. */
  get retriable(): boolean {
    return this.kind === 'infrastructure';
  }
}

export function isEdgeminerError(error: unknown): error is EdgeminerError {
  return error instanceof EdgeminerError;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
