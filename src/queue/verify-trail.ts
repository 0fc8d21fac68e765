import type { TaskId } from '../ids.js';
import type { AuditTrail } from './audit-trail.js';
import { verifyChain, verifyClosedChain } from './audit.js';
import type { ChainVerdict } from './audit.js';
import type { Page } from './relabel-queue.js';
import type { TaskEraser } from './task-eraser.js';

export interface VerifiedPage {
  /** Chains of tasks that are there, and are whole. */
  readonly whole: number;
  /** Tasks older than the trail. */
  readonly noTrail: number;
  /** Chains that are whole, and closed by the erasure of their tasks. */
  readonly erased: number;
  readonly broken: readonly BrokenChain[];
  /** Where to go on; undefined after the last task. */
  readonly next: TaskId | undefined;
}

export interface BrokenChain {
  readonly task: TaskId;
  /** The place in the chain at which it breaks. */
  readonly entry: number;
  readonly why: string;
}

export interface Trails {
  readonly audit: Pick<AuditTrail, 'auditedTasks'>;
  readonly eraser: Pick<TaskEraser, 'closedTrails'>;
}

interface Chain {
  readonly kind: 'whole' | 'erased';
  readonly verdict: () => ChainVerdict;
}

/** Verifies the chains of a page of tasks, those that were erased among them, by their ids. */
export async function verifyPage({ audit, eraser }: Trails, page: Page): Promise<VerifiedPage> {
  const chains = new Map<TaskId, Chain>();
  // In this order: a task that is erased in between is in both, and not in neither.
  for (const one of await audit.auditedTasks(page)) {
    chains.set(one.task.id, { kind: 'whole', verdict: () => verifyChain(one) });
  }
  for (const one of await eraser.closedTrails(page)) {
    chains.set(one.taskId, { kind: 'erased', verdict: () => verifyClosedChain(one) });
  }
  const counts = { whole: 0, noTrail: 0, erased: 0 };
  const broken: BrokenChain[] = [];
  const ordered = [...chains].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, page.limit);
  for (const [task, { kind, verdict }] of ordered) {
    const found = verdict();
    if (found.kind === 'whole') counts[kind] += 1;
    else if (found.kind === 'no-trail') counts.noTrail += 1;
    else broken.push({ task, entry: found.seq, why: found.why });
  }
  const next = ordered.length < page.limit ? undefined : ordered.at(-1)?.[0];
  return { ...counts, broken, next };
}
