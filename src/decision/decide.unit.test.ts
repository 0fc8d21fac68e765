import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventId, referenceId, sourceId } from '../ids.js';
import { signalNames } from '../score/signal.js';
import type { FlagRules, ScoreCard, Signal, SignalFamily } from '../score/signal.js';
import { controlDraw } from './control-draw.js';
import { controlPriority, decide } from './decide.js';
import type { Policy } from './policy.js';

const off = { kind: 'off' } as const;
const policy: Policy = {
  name: 'default',
  flags: Object.fromEntries(signalNames.map((name) => [name, off])) as FlagRules,
  minFlags: 1,
  weights: { confidence: 1, quality: 0.6, format: 1, novelty: 1 },
  controlSample: 0.1,
};

function signal(name: Signal['name'], family: SignalFamily, edgeScore: number, flagged = true) {
  return { name, family, raw: edgeScore, edgeScore, calibrated: true, flagged, explanation: 'x' };
}

const card = (...signals: Signal[]): ScoreCard => ({ signals, absent: [] });

describe('decide', () => {
  it('passes an event without flags that was not drawn', () => {
    const decision = decide({
      scores: card(signal('dark', 'quality', 0.9, false)),
      policy,
      reference: undefined,
      draw: 0.5,
    });
    expect(decision).toEqual({
      kind: 'pass',
      policy: 'default',
      reference: 'no-reference',
      inclusionProbability: 0.1,
    });
  });

  it('queues a flagged event for certain, with its reasons in order', () => {
    const decision = decide({
      scores: card(signal('dark', 'quality', 0.9), signal('embedding-distance', 'novelty', 0.99)),
      policy,
      reference: referenceId('abc'),
      draw: 0.05,
    });
    expect(decision).toMatchObject({
      kind: 'queue',
      reference: 'abc',
      reasons: ['embedding-distance', 'dark', 'control-sample'],
      inclusionProbability: 1,
      control: true,
    });
  });

  it('names first what is most surprising, where edge scores can not tell', () => {
    const beyondAll = (name: Signal['name'], surprise: number): Signal => ({
      ...signal(name, 'quality', 0.98),
      surprise,
    });
    const scores = card(beyondAll('blur', 4.2), beyondAll('dark', 31), beyondAll('noise', 4.2));
    expect(decide({ scores, policy, reference: undefined, draw: 0.5 })).toMatchObject({
      reasons: ['dark', 'blur', 'noise'],
    });
    const explained = { ...beyondAll('out-of-distribution', 40), cause: 'dark' } as const;
    const withNovelty = card(explained, beyondAll('dark', 31));
    expect(decide({ scores: withNovelty, policy, reference: undefined, draw: 0.5 })).toMatchObject({
      reasons: ['dark', 'out-of-distribution'],
    });
  });

  it('ranks by it what lies beyond all of a small reference', () => {
    const beyondBy = (surprise: number) => {
      const scores = card({ ...signal('dark', 'quality', 0.98), surprise });
      const decision = decide({ scores, policy, reference: undefined, draw: 0.5 });
      return decision.kind === 'queue' ? decision.priority : 0;
    };
    expect(beyondBy(-Math.log(0.02))).toBeCloseTo(0.6 * 0.98, 12);
    expect(beyondBy(9)).toBeGreaterThan(beyondBy(5));
    expect(beyondBy(500)).toBeLessThanOrEqual(0.6);
  });

  it('queues a drawn event with the probability of the draw', () => {
    const decision = decide({ scores: card(), policy, reference: undefined, draw: 0.0999 });
    expect(decision).toMatchObject({
      kind: 'queue',
      reasons: ['control-sample'],
      priority: controlPriority,
      inclusionProbability: 0.1,
    });
  });

  it('asks for as many flags as the policy says, and does not name the ones that fell short', () => {
    const strict = { ...policy, minFlags: 2 };
    const one = card(signal('dark', 'quality', 0.99));
    expect(decide({ scores: one, policy: strict, reference: undefined, draw: 0.5 }).kind).toBe(
      'pass',
    );
    expect(decide({ scores: one, policy: strict, reference: undefined, draw: 0 })).toMatchObject({
      reasons: ['control-sample'],
      inclusionProbability: 0.1,
    });
  });

  it('ranks what is unusual in two ways before what is unusual in one', () => {
    const priority = (...signals: Signal[]) => {
      const decision = decide({ scores: card(...signals), policy, reference: undefined, draw: 1 });
      return decision.kind === 'queue' ? decision.priority : 0;
    };
    const novel = signal('embedding-distance', 'novelty', 0.97);
    const dark = signal('dark', 'quality', 0.97);
    expect(priority(novel, dark)).toBeGreaterThan(priority(novel));
    expect(priority(novel)).toBeGreaterThan(priority(dark));
  });

  it('keeps the priority in 0..1 and does not look at the order of the signals', () => {
    const anySignal = fc.record({
      name: fc.constantFrom('dark' as const, 'blur' as const, 'margin' as const),
      family: fc.constantFrom<SignalFamily>('confidence', 'quality', 'novelty'),
      raw: fc.double({ noNaN: true }),
      edgeScore: fc.double({ min: 0, max: 1, noNaN: true }),
      calibrated: fc.boolean(),
      flagged: fc.boolean(),
      explanation: fc.constant('x'),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(anySignal, { selector: (s) => s.name }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (signals, draw) => {
          const input = { policy, reference: undefined, draw };
          const decision = decide({ ...input, scores: card(...signals) });
          const reversed = decide({ ...input, scores: card(...signals.toReversed()) });
          if (decision.kind === 'queue') {
            expect(decision.priority).toBeGreaterThanOrEqual(0);
            expect(decision.priority).toBeLessThanOrEqual(1);
            expect(reversed).toMatchObject({ reasons: decision.reasons });
          } else {
            expect(reversed.kind).toBe('pass');
          }
        },
      ),
    );
  });
});

describe('controlDraw', () => {
  it('is fixed per event and uniform over events', () => {
    const draws = Array.from({ length: 4000 }, (_, i) =>
      controlDraw(sourceId('cam-1'), eventId(`e${i}`)),
    );
    expect(controlDraw(sourceId('cam-1'), eventId('e7'))).toBe(draws[7]);
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = draws.filter((d) => Math.floor(d * 10) === tenth).length / draws.length;
      expect(share).toBeGreaterThan(0.07);
      expect(share).toBeLessThan(0.13);
    }
  });
});
