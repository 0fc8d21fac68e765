import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidate } from '../../test/conformance/candidate.js';
import { annotatorId, batchId, eventId } from '../ids.js';
import type { Claim, Verdict } from './relabel-queue.js';
import { stateAt } from './task.js';
import type { Task } from './task.js';
import {
  complete,
  isFree,
  lease,
  maxDuplicates,
  noteDuplicate,
  offerTask,
  release,
  renew,
  seenAt,
} from './transitions.js';

const clients = ['ada', 'bo', 'cy'].map((name) => ({
  batchId: batchId(`batch of ${name}`),
  annotator: annotatorId(name),
}));
const who = fc.constantFrom(...clients);
const skip: Verdict = { kind: 'skip', reason: 'unclear' };
const cat: Verdict = { kind: 'label', body: { kind: 'class', class: 'cat' }, labelSet: 'a@1' };

const command = fc.oneof(
  fc.record({ kind: fc.constant('replay' as const), priority: fc.double({ min: 0, max: 1 }) }),
  fc.record({ kind: fc.constant('note' as const), event: fc.nat({ max: 3 }) }),
  fc.record({ kind: fc.constant('lease' as const), who, length: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ kind: fc.constant('renew' as const), who, length: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ kind: fc.constant('release' as const), who }),
  fc.record({
    kind: fc.constant('complete' as const),
    who,
    fence: fc.nat({ max: 5 }),
    verdict: fc.constantFrom(skip, cat),
  }),
  fc.record({ kind: fc.constant('wait' as const), time: fc.nat({ max: 9 }) }),
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

/** One step of one task: what the machine says, and the task after it. */
function step(task: Task, each: Command, now: number): { said: string; task: Task } {
  const next = (outcome: { kind: string; standing?: Partial<Task> }) => ({
    said: outcome.kind,
    task: { ...task, ...outcome.standing },
  });
  switch (each.kind) {
    case 'replay': {
      const { kind, task: after } = offerTask(task, candidate(1, each), now);
      return { said: kind, task: after };
    }
    case 'note': {
      const { kind, task: after } = noteDuplicate(task, eventId(`copy-${each.event}`));
      return { said: kind, task: after };
    }
    case 'lease':
      return next(lease(task, { ...each.who, expiresAt: now + each.length }, now));
    case 'renew':
      return next(renew(task, { ...each.who, expiresAt: now + each.length }, now));
    case 'release':
      return next(release(task, each.who.batchId, now));
    case 'complete': {
      const { batchId: batch } = each.who;
      return next(complete(task, { batchId: batch, fence: each.fence }, each.verdict, now));
    }
    case 'wait':
      return { said: 'waited', task };
  }
}

function standing({ state, fence, lease: held, label, skip: skipped }: Task): unknown {
  return { state, fence, held, label, skipped };
}

const offered = offerTask(undefined, candidate(1), 100).task;

/** Calls `check` before and after each step of a random run. */
function everyStep(
  check: (before: Task, each: Command, said: string, after: Task, now: number) => void,
): void {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      let now = 100;
      let task = offered;
      for (const each of commands) {
        if (each.kind === 'wait') now += each.time;
        const { said, task: after } = step(task, each, now);
        check(task, each, said, after, now);
        task = after;
      }
    }),
    { numRuns: 1000 },
  );
}

describe('any sequence of commands by several clients', () => {
  it('never lowers the fence, and raises it by one with each lease only', () => {
    everyStep((before, _, said, after) => {
      expect(after.fence - before.fence).toBe(said === 'leased' ? 1 : 0);
    });
  });

  it('takes a task only from nobody', () => {
    everyStep((before, _, said, after, now) => {
      if (said !== 'leased') return;
      expect(stateAt(before, now)).toBe('pending');
      expect(stateAt(after, now)).toBe('leased');
    });
  });

  it('lets only its holder renew, release or complete a task', () => {
    everyStep((before, each, said, _, now) => {
      if (!['renewed', 'released', 'completed'].includes(said) || !('who' in each)) return;
      expect(stateAt(before, now)).toBe('leased');
      expect(before.lease?.batchId).toBe(each.who.batchId);
      if (each.kind === 'complete') expect(before.fence).toBe(each.fence);
    });
  });

  it('keeps ends', () => {
    everyStep((before, _, __, after) => {
      if (before.state !== 'labelled' && before.state !== 'skipped') return;
      expect(standing(after)).toEqual(standing(before));
    });
  });

  it('changes nothing for who comes too late', () => {
    const refusals = ['lost', 'not-held', 'not-free', 'already-completed', 'unchanged', 'waited'];
    everyStep((before, _, said, after) => {
      if (refusals.includes(said)) expect(after).toEqual(before);
    });
  });

  it('never moves a task by a replay or a near-duplicate', () => {
    everyStep((before, each, _, after) => {
      if (each.kind !== 'replay' && each.kind !== 'note') return;
      expect(standing(after)).toEqual(standing(before));
      expect(after.offeredAt).toBe(100);
      expect(after.image).toEqual(before.image);
    });
  });

  it('shows a label with labelled tasks only, a skip with skipped ones, a lease with the rest', () => {
    everyStep((_, __, ___, after, now) => {
      expect(after.label !== undefined).toBe(after.state === 'labelled');
      expect(after.skip !== undefined).toBe(after.state === 'skipped');
      expect(after.lease !== undefined).toBe(after.state !== 'pending');
      const seen = seenAt(after, now);
      expect(seen.state).toBe(stateAt(after, now));
      if (isFree(after, now)) expect(seen.lease).toBeUndefined();
    });
  });

  it('completes a task for whoever holds it, and says so again', () => {
    everyStep((_, each, said, after, now) => {
      if (said !== 'leased' || each.kind !== 'lease') return;
      const claim: Claim = { taskId: after.id, batchId: each.who.batchId, fence: after.fence };
      const outcome = complete(after, claim, cat, now);
      if (outcome.kind !== 'completed') throw new Error(outcome.kind);
      expect(outcome.standing).toMatchObject({
        state: 'labelled',
        label: { annotator: each.who.annotator, labelledAt: now },
      });
      expect(complete(outcome.standing, claim, cat, now + 1000).kind).toBe('already-completed');
      const late = { ...claim, fence: claim.fence - 1 };
      expect(complete(outcome.standing, late, cat, now).kind).toBe('lost');
    });
  });
});

describe('near-duplicates of a task', () => {
  it('are noted up to a limit', () => {
    let task = offered;
    for (let n = 0; n <= maxDuplicates; n++) task = noteDuplicate(task, eventId(`copy-${n}`)).task;
    expect(task.duplicates).toHaveLength(maxDuplicates);
  });
});
