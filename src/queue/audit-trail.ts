import type { ActorKey, AnnotatorId, TaskId } from '../ids.js';
import type { AuditedTask } from './audit.js';
import type { Page } from './relabel-queue.js';

/**
 * Reads the audit trail, and gives people other names. Entries are written by the queue itself,
 * in one step with the transition. Throws `store.unavailable`; the caller retries.
 */
export interface AuditTrail {
  /** One task with its chain, oldest entry first, as of one moment. */
  audited(id: TaskId): Promise<AuditedTask | undefined>;
  /** A page of tasks with their chains, ordered by task id, after `after` (exclusive). */
  auditedTasks(page: Page): Promise<readonly AuditedTask[]>;
  /** The names of actors; those that nobody knows are left out. */
  namesOf(keys: readonly ActorKey[]): Promise<ReadonlyMap<ActorKey, string>>;
  /**
   * Puts a pseudonym in the place of a person's name, in leases, opinions, skips, labels and the
   * list of actors; no hash of any chain changes. `pseudonym` is one that the caller made; where
   * an earlier call was broken off, that call's is used. Safe to repeat. What the person holds
   * is lost to them, for it is under another name then.
   */
  pseudonymise(name: AnnotatorId, pseudonym: AnnotatorId): Promise<Pseudonymised>;
}

export type Pseudonymised =
  | { readonly kind: 'pseudonymised'; readonly pseudonym: AnnotatorId; readonly tasks: number }
  | { readonly kind: 'unknown-person' };
