import { afterEach, beforeEach, describe } from 'vitest';
import type { AuditTrail } from '../../src/queue/audit-trail.js';
import type { RelabelQueue, TaskReader } from '../../src/queue/relabel-queue.js';
import { defaultRules, settleUnanimously } from '../../src/queue/rules.js';
import type { QueueRules } from '../../src/queue/rules.js';
import type { TaskGovernor } from '../../src/queue/task-governor.js';
import { auditObligations } from './queue-audit.js';
import { completionObligations } from './queue-completions.js';
import { labelBodyObligations } from './queue-label-bodies.js';
import { leaseObligations } from './queue-leases.js';
import { likeTheModel } from './queue-model.js';
import { offerObligations } from './queue-offers.js';
import { opinionObligations } from './queue-opinions.js';
import { readerObligations } from './queue-reading.js';
import { secondLookObligations } from './queue-second-looks.js';

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

const ofTwo: QueueRules = { ...defaultRules, overlapOf: () => 2 };
const withWhy: QueueRules = {
  ...ofTwo,
  settle: (opinions) => {
    const settled = settleUnanimously(opinions);
    return settled.kind === 'agreed' ? settled : { ...settled, why: ['They differ.'] };
  },
};

/** Every obligation of the ports of the queue, on any adapter. */
export function relabelQueueConformance(
  name: string,
  open: OpenQueue,
  options: { readonly modelRuns: number },
): void {
  describe(`relabeling queue: ${name}`, () => {
    const asked = (suite: (opened: Opened) => void, rules = defaultRules) => ({ suite, rules });
    const suites = {
      offers: asked(offerObligations),
      leases: asked(leaseObligations),
      completions: asked(completionObligations),
      'labels of every kind': asked(labelBodyObligations),
      opinions: asked(opinionObligations, ofTwo),
      'second looks': asked(secondLookObligations, withWhy),
      audit: asked(auditObligations, ofTwo),
      reading: asked(readerObligations),
    };
    for (const [title, { suite, rules }] of Object.entries(suites)) {
      describe(title, () => {
        let opened: QueueUnderTest | undefined;
        beforeEach(async () => {
          opened = await open(rules);
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
