import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidate } from '../../test/conformance/candidate.js';
import { actorKey, annotatorId, batchId } from '../ids.js';
import { nextEntry, noEntries, verifyChain } from './audit.js';
import type { AuditedTask, AuditEntry } from './audit.js';
import { defaultRules } from './rules.js';
import type { Task } from './task.js';
import { complete, lease, offerTask, offerTransition, release } from './transitions.js';
import { requeue } from './requeue.js';
import type { Step } from './transitions.js';

const rules = defaultRules;
const who = { batchId: batchId('b'), annotator: annotatorId('ada'), expiresAt: 1000 };

/** Offered, leased, given back, leased, labelled, queued again, leased, skipped. */
function chain(): AuditedTask {
  const offered = offerTask(undefined, candidate(1), { rules, now: 1 }).task;
  const entries: AuditEntry[] = [
    nextEntry(noEntries, {
      taskId: offered.id,
      actor: actorKey('edgeminer'),
      at: 1,
      transition: offerTransition(offered),
    }),
  ];
  let task: Task = offered;
  const steps: readonly ((task: Task) => { readonly kind: string } & Partial<Step>)[] = [
    (each) => lease(each, who, 2),
    (each) => release(each, who.batchId, 3),
    (each) => lease(each, who, 4),
    (each) => complete(each, { batchId: who.batchId, fence: 2 }, cat, { rules, now: 5 }),
    (each) => requeue(each, { by: annotatorId('lead'), reason: 'again' }),
    (each) => lease(each, who, 6),
    (each) => complete(each, { batchId: who.batchId, fence: 3 }, fog, { rules, now: 7 }),
  ];
  for (const [n, step] of steps.entries()) {
    const { standing, transition } = step(task);
    const head = entries.at(-1);
    if (standing === undefined || transition === undefined || head === undefined) {
      throw new Error(`step ${n} was refused`);
    }
    task = { ...task, ...standing };
    entries.push(nextEntry(head, { taskId: task.id, actor: actorKey('k'), at: n, transition }));
  }
  const last = entries.at(-1) ?? noEntries;
  return { task, head: { seq: last.seq, hash: last.hash }, entries };
}

const cat = { kind: 'label', body: { kind: 'class', class: 'cat' }, labelSet: 'a@1' } as const;
const fog = { kind: 'skip', reason: 'only fog' } as const;

describe('a chain', () => {
  it('is whole as it was written, and after a journey as JSON', () => {
    expect(verifyChain(chain())).toEqual({ kind: 'whole' });
    const copy = JSON.parse(JSON.stringify(chain().entries)) as AuditEntry[];
    expect(verifyChain({ ...chain(), entries: copy })).toEqual({ kind: 'whole' });
  });

  it('is broken by any change of any entry, and the break is found where it is', () => {
    const changes: Readonly<Record<string, unknown>> = {
      at: 99,
      actor: 'somebody',
      action: 'cancel',
      from: 'cancelled',
      to: 'cancelled',
      round: 9,
      fence: 9,
      detail: { batch: 'other' },
      hash: '0'.repeat(64),
      seq: 77,
    };
    fc.assert(
      fc.property(
        fc.nat({ max: chain().entries.length - 1 }),
        fc.constantFrom(...Object.entries(changes)),
        (at, [field, value]) => {
          const whole = chain();
          const entries = whole.entries.map((entry, n) =>
            n === at ? { ...entry, [field]: value } : entry,
          );
          expect(verifyChain({ ...whole, entries })).toMatchObject({ kind: 'broken', seq: at + 1 });
        },
      ),
    );
  });

  it('is broken by leaving out, doubling or swapping entries', () => {
    const whole = chain();
    for (let at = 0; at < whole.entries.length; at++) {
      const without = whole.entries.toSpliced(at, 1);
      expect(verifyChain({ ...whole, entries: without })).toMatchObject({
        kind: 'broken',
        seq: at + 1,
      });
      const [entry] = whole.entries.slice(at);
      if (entry === undefined) continue;
      const twice = whole.entries.toSpliced(at, 0, entry);
      expect(verifyChain({ ...whole, entries: twice }).kind).toBe('broken');
    }
    const none = { ...whole, entries: [] };
    expect(verifyChain(none)).toMatchObject({ kind: 'broken', seq: 1 });
  });

  it('is broken where an entry is rewritten with all hashes behind it, but not the head', () => {
    const whole = chain();
    let head: { seq: number; hash: string } = noEntries;
    const entries = whole.entries.map((entry) => {
      const { taskId, actor, at, seq, action, from, to, round, fence, detail } = entry;
      const by = annotatorId('x');
      const transition = { action, by, from, to, round, fence, detail };
      const other = seq === 2 ? actorKey('framed') : actor;
      const made = nextEntry(head, { taskId, actor: other, at, transition });
      head = made;
      return made;
    });
    expect(verifyChain({ ...whole, entries })).toMatchObject({ kind: 'broken', seq: 8 });
  });

  it('is broken by a changed task: its state, its answers, its labels', () => {
    const whole = chain();
    const { task } = whole;
    const changed: readonly (readonly [Partial<Task>, number])[] = [
      [{ state: 'cancelled' }, 8],
      [{ fence: 7 }, 8],
      [{ round: 7 }, 8],
      [{ opinions: task.opinions.map((one) => ({ ...one, body: dog })) }, 5],
      [{ opinions: [] }, 5],
      [{ skips: task.skips.map((one) => ({ ...one, reason: 'no wish' })) }, 8],
      [{ skips: [] }, 8],
      [{ formerLabels: task.formerLabels.map((one) => ({ ...one, body: dog })) }, 5],
    ];
    for (const [change, seq] of changed) {
      expect(verifyChain({ ...whole, task: { ...task, ...change } })).toMatchObject({
        kind: 'broken',
        seq,
      });
    }
  });

  it('that was never begun is no chain', () => {
    const { task } = chain();
    expect(verifyChain({ task, head: noEntries, entries: [] })).toEqual({ kind: 'no-trail' });
  });
});

const dog = { kind: 'class', class: 'dog' } as const;
