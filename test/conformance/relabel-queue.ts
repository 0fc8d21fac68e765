import { afterEach, beforeEach, describe } from 'vitest';
import type { AuditTrail } from '../../src/queue/audit-trail.js';
import type { RelabelQueue, TaskReader } from '../../src/queue/relabel-queue.js';
import type { QueueRules } from '../../src/queue/rules.js';
import type { TaskGovernor } from '../../src/queue/task-governor.js';
import { completionObligations } from './queue-completions.js';
import { leaseObligations } from './queue-leases.js';
import { likeTheModel } from './queue-model.js';
import { offerObligations } from './queue-offers.js';
import { readerObligations } from './queue-reading.js';

export type Queue = RelabelQueue & TaskReader & TaskGovernor;

export interface QueueUnderTest {
  /** A queue of its own, empty. */
  readonly queue: Queue;
  readonly audit: AuditTrail;
  /** Another connection to the same queue, as another process has it. */
  readonly another: () => Promise<Queue>;
  /** Closes all connections and removes the queue. */
  readonly remove: () => Promise<void>;
}

/** With `defaultRules`, unless others are named. */
export type OpenQueue = (rules?: QueueRules) => Promise<QueueUnderTest>;

/** What the hooks of a suite opened; call inside tests only. */
export type Opened = () => QueueUnderTest;

/** Every obligation of the ports of the queue, on any adapter. */
export function relabelQueueConformance(
  name: string,
  open: OpenQueue,
  options: { readonly modelRuns: number },
): void {
  describe(`relabeling queue: ${name}`, () => {
    const suites = {
      offers: offerObligations,
      leases: leaseObligations,
      completions: completionObligations,
      reading: readerObligations,
    };
    for (const [title, suite] of Object.entries(suites)) {
      describe(title, () => {
        let opened: QueueUnderTest | undefined;
        beforeEach(async () => {
          opened = await open();
        });
        afterEach(async () => {
          await opened?.remove();
          opened = undefined;
        });
        suite(() => {
          if (opened === undefined) throw new Error('the queue is opened before each test');
          return opened;
        });
      });
    }
    describe('any sequence of commands', () => likeTheModel(open, options.modelRuns));
  });
}
