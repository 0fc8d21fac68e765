import type { TaskId } from '../ids.js';
import type { AuditTrail } from './audit-trail.js';
import { verifyChain } from './audit.js';
import type { Page } from './relabel-queue.js';

export interface VerifiedPage {
  /** Chains that are whole. */
  readonly whole: number;
  /** Tasks older than the trail. */
  readonly noTrail: number;
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

/** Verifies the chains of a page of tasks. */
export async function verifyPage(
  trail: Pick<AuditTrail, 'auditedTasks'>,
  page: Page,
): Promise<VerifiedPage> {
  const audited = await trail.auditedTasks(page);
  const counts = { whole: 0, noTrail: 0 };
  const broken: BrokenChain[] = [];
  for (const one of audited) {
    const verdict = verifyChain(one);
    if (verdict.kind === 'whole') counts.whole += 1;
    else if (verdict.kind === 'no-trail') counts.noTrail += 1;
    else broken.push({ task: one.task.id, entry: verdict.seq, why: verdict.why });
  }
  const next = audited.length < page.limit ? undefined : audited.at(-1)?.task.id;
  return { ...counts, broken, next };
}
