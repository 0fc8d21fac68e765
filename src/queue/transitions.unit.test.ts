import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidate } from '../../test/conformance/candidate.js';
import { annotatorId, batchId, eventId } from '../ids.js';
import type { Claim, Verdict } from './relabel-queue.js';
import type { Transition } from './audit.js';
import { defaultRules } from './rules.js';
import { stateAt } from './task.js';
import type { Task } from './task.js';
import {
  adjudicate,
  answeredBy,
  cancel,
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
import { requeue } from './requeue.js';

const clients = ['ada', 'bo', 'cy'].map((name) => ({
  batchId: batchId(`batch of ${name}`),
  annotator: annotatorId(name),
}));
const who = fc.constantFrom(...clients);
const skip: Verdict = { kind: 'skip', reason: 'unclear' };
const cat: Verdict = { kind: 'label', body: { kind: 'class', class: 'cat' }, labelSet: 'a@1' };
const dog: Verdict = { kind: 'label', body: { kind: 'class', class: 'dog' }, labelSet: 'a@1' };
const order = { by: annotatorId('lead'), reason: 'look again' };
const rules = { ...defaultRules, overlapOf: () => 2 };

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
    verdict: fc.constantFrom(skip, cat, cat, dog),
  }),
  // The present holder's, so that tasks end more often.
  fc.record({
    kind: fc.constant('answer' as const),
    verdict: fc.constantFrom(skip, cat, cat, dog),
  }),
  fc.record({ kind: fc.constant('adjudicate' as const), verdict: fc.constantFrom(cat, dog) }),
  fc.record({ kind: fc.constant('requeue' as const) }),
  fc.record({ kind: fc.constant('cancel' as const) }),
  fc.record({ kind: fc.constant('wait' as const), time: fc.nat({ max: 9 }) }),
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

interface Stepped {
  readonly said: string;
  readonly task: Task;
  readonly transition: Transition | undefined;
}

/** One step of one task: what the machine says, and the task after it. */
function step(task: Task, each: Command, now: number): Stepped {
  const next = (outcome: {
    readonly kind: string;
    readonly standing?: Partial<Task>;
    readonly transition?: Transition;
  }): Stepped => ({
    said: outcome.kind,
    task: { ...task, ...outcome.standing },
    transition: outcome.transition,
  });
  switch (each.kind) {
    case 'replay': {
      const { kind, task: after } = offerTask(task, candidate(1, each), { rules, now });
      return { said: kind, task: after, transition: undefined };
    }
    case 'note': {
      const { kind, task: after } = noteDuplicate(task, eventId(`copy-${each.event}`));
      return { said: kind, task: after, transition: undefined };
    }
    case 'lease':
      return next(lease(task, { ...each.who, expiresAt: now + each.length }, now));
    case 'renew':
      return next(renew(task, { ...each.who, expiresAt: now + each.length }, now));
    case 'release':
      return next(release(task, each.who.batchId, now));
    case 'complete': {
      const claim = { batchId: each.who.batchId, fence: each.fence };
      return next(complete(task, claim, each.verdict, { rules, now }));
    }
    case 'answer': {
      const claim = { batchId: task.lease?.batchId ?? batchId('none'), fence: task.fence };
      return next(complete(task, claim, each.verdict, { rules, now }));
    }
    case 'adjudicate': {
      const { verdict } = each;
      const { body, labelSet } = verdict;
      return next(adjudicate(task, { by: annotatorId('judge'), body, labelSet }, now));
    }
    case 'requeue':
      return next(requeue(task, order));
    case 'cancel':
      return next(cancel(task, order));
    case 'wait':
      return { said: 'waited', task, transition: undefined };
  }
}

function standing(task: Task): unknown {
  const { state, round, fence, lease: held, label, opinions, skips, formerLabels } = task;
  return { state, round, fence, held, label, opinions, skips, formerLabels };
}

const offered = offerTask(undefined, candidate(1), { rules, now: 100 }).task;

/** Calls `check` before and after each step of a random run. */
function everyStep(
  check: (
    before: Task,
    each: Command,
    said: string,
    after: Task,
    now: number,
    transition: Transition | undefined,
  ) => void,
): void {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      let now = 100;
      let task = offered;
      for (const each of commands) {
        if (each.kind === 'wait') now += each.time;
        const { said, task: after, transition } = step(task, each, now);
        check(task, each, said, after, now, transition);
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

  it('leaves ends only by a new round', () => {
    everyStep((before, each, _, after) => {
      if (!['labelled', 'skipped', 'cancelled'].includes(before.state)) return;
      if (each.kind === 'requeue') {
        expect(after).toMatchObject({
          state: 'pending',
          round: before.round + 1,
          label: undefined,
        });
      } else expect(standing(after)).toEqual(standing(before));
    });
  });

  it('loses nothing that anybody said', () => {
    everyStep((before, _, __, after) => {
      for (const list of ['opinions', 'skips', 'formerLabels'] as const) {
        expect(after[list].slice(0, before[list].length)).toEqual(before[list]);
      }
      if (before.label === undefined || after.label === before.label) return;
      expect(after.formerLabels.at(-1)).toBe(before.label);
    });
  });

  it('lets nobody answer twice in a round, or lease what they answered', () => {
    everyStep((_, __, ___, after) => {
      const answered = answeredBy(after);
      expect(new Set(answered).size).toBe(answered.length);
      if (after.state === 'leased') expect(answered).not.toContain(after.lease?.annotator);
    });
  });

  it('disputes what two see differently, and labels what they agree on', () => {
    everyStep((_, each, said, after) => {
      if (said !== 'completed') return;
      const said2 = after.opinions.filter(({ round }) => round === after.round);
      if (said2.length < 2) {
        expect(['pending', 'skipped']).toContain(after.state);
        return;
      }
      if (each.kind !== 'complete' && each.kind !== 'answer') throw new Error(each.kind);
      if (each.verdict.kind === 'skip') throw new Error('the round had ended');
      const [first, second] = said2.map(({ body }) => JSON.stringify(body));
      expect(after.state).toBe(first === second ? 'labelled' : 'disputed');
      if (first === second) expect(after.label?.settledBy).toBe('agreement');
    });
  });

  it('says of each change of the state what the audit trail needs, and of nothing else', () => {
    everyStep((before, each, said, after, _, transition) => {
      if (transition === undefined) {
        expect(after.state).toBe(before.state);
        expect([after.fence, after.round]).toEqual([before.fence, before.round]);
        return;
      }
      const { state: to, round, fence } = after;
      expect(transition).toMatchObject({ from: before.state, to, round, fence });
      expect(said).not.toBe('renewed');
      expect(Object.keys(transition.detail)).not.toContain('annotator');
      if (each.kind === 'requeue' || each.kind === 'cancel') expect(transition.by).toBe('lead');
    });
  });

  it('changes nothing for who comes too late', () => {
    const refusals = [
      'lost',
      'not-held',
      'not-free',
      'already-completed',
      'unchanged',
      'refused',
      'waited',
    ];
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

  it('shows a label with labelled tasks only, and a lease with leased ones and their ends', () => {
    everyStep((_, __, ___, after, now) => {
      expect(after.label !== undefined).toBe(after.state === 'labelled');
      if (after.state === 'leased') expect(after.lease).toBeDefined();
      if (['pending', 'disputed', 'cancelled'].includes(after.state)) {
        expect(after.lease).toBeUndefined();
      }
      const seen = seenAt(after, now);
      expect(seen.state).toBe(stateAt(after, now));
      if (isFree(after, now)) expect(seen.lease).toBeUndefined();
    });
  });

  it('takes the answer of whoever holds it, and says so again', () => {
    everyStep((_, each, said, after, now) => {
      if (said !== 'leased' || each.kind !== 'lease') return;
      const claim: Claim = { taskId: after.id, batchId: each.who.batchId, fence: after.fence };
      const outcome = complete(after, claim, cat, { rules, now });
      if (outcome.kind !== 'completed') throw new Error(outcome.kind);
      expect(outcome.standing.opinions.at(-1)).toMatchObject({
        annotator: each.who.annotator,
        givenAt: now,
        round: after.round,
      });
      const later = { rules, now: now + 1000 };
      expect(complete(outcome.standing, claim, cat, later).kind).toBe('already-completed');
      const late = { ...claim, fence: claim.fence + 1 };
      expect(complete(outcome.standing, late, cat, later).kind).toBe('lost');
    });
  });
});

describe('one opinion', () => {
  const alone = { ...defaultRules, settle: () => ({ kind: 'disputed' as const }) };
  const task = offerTask(undefined, candidate(1), { rules: alone, now: 100 }).task;

  it('labels the task at once, with nothing to settle', () => {
    const [client] = clients;
    if (client === undefined) throw new Error('there are clients');
    const held = lease(task, { ...client, expiresAt: 200 }, 100);
    if (held.kind !== 'leased') throw new Error(held.kind);
    const claim = { batchId: client.batchId, fence: 1 };
    const outcome = complete(held.standing, claim, cat, { rules: alone, now: 130 });
    if (outcome.kind !== 'completed') throw new Error(outcome.kind);
    expect(outcome.standing).toMatchObject({
      state: 'labelled',
      label: { annotator: client.annotator, labelledAt: 130 },
      opinions: [{ heldMs: 30 }],
    });
    expect(outcome.standing.label).not.toHaveProperty('settledBy');
  });
});

describe('near-duplicates of a task', () => {
  it('are noted up to a limit', () => {
    let task = offered;
    for (let n = 0; n <= maxDuplicates; n++) task = noteDuplicate(task, eventId(`copy-${n}`)).task;
    expect(task.duplicates).toHaveLength(maxDuplicates);
  });
});
