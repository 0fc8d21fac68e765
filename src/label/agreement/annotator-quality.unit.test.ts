import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { annotatorId, taskId } from '../../ids.js';
import { annotatorQuality, judgeGold, tasksToReopen, usualFloor } from './annotator-quality.js';
import { goldOrder, isGoldTurn } from './gold-draw.js';
import type { GoldRule } from './gold-draw.js';
import { markGold } from './gold-answer.js';
import { differenceInterval, rate, wilsonInterval } from './interval.js';

const ada = annotatorId('ada');

/** One gold answer per letter: `r` right, `w` wrong; answered at 1, 2, 3... */
function history(marks: string) {
  return Array.from(marks).map((mark, at) => ({ right: mark === 'r', answeredAt: at + 1 }));
}

describe('intervals', () => {
  // R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I: Wilson, without correction.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("Wilson's of %i in %i is as published", (held, of, low, high) => {
    const found = wilsonInterval(held, of);
    expect(found.low).toBeCloseTo(low, 4);
    expect(found.high).toBeCloseTo(high, 4);
  });

  it('are all of 0 to 1 without observations', () => {
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
    expect(differenceInterval(rate(0, 0), rate(1, 1))).toEqual({ low: -1, high: 1 });
  });

  // R. G. Newcombe, Statistics in Medicine 17 (1998) 873-890, table II: method 10.
  it.each([
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [10, 10, 0, 20, 0.6791, 1],
  ])("Newcombe's of %i in %i less %i in %i is as published", (a, m, b, n, low, high) => {
    const found = differenceInterval(rate(a, m), rate(b, n));
    expect(found.low).toBeCloseTo(low, 4);
    expect(found.high).toBeCloseTo(high, 4);
  });

  it('hold the share, and narrow with more observations', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), (held, missed) => {
        const of = held + missed;
        if (of === 0) return;
        const { low, high } = wilsonInterval(held, of);
        expect(low).toBeLessThanOrEqual(held / of);
        expect(high).toBeGreaterThanOrEqual(held / of);
        const more = wilsonInterval(10 * held, 10 * of);
        expect(more.high - more.low).toBeLessThan(high - low);
      }),
    );
  });
});

describe('markGold', () => {
  const cat = { class: 'cat', x: 0, y: 0, width: 10, height: 10 };
  const dog = { class: 'dog', x: 50, y: 0, width: 10, height: 10 };
  const gold = { kind: 'boxes', boxes: [cat, dog] } as const;

  it('compares classes', () => {
    const body = { kind: 'class', class: 'cat' } as const;
    expect(markGold(body, body)).toEqual({ right: true, objects: [{ class: 'cat', right: true }] });
    expect(markGold({ ...body, class: 'dog' }, body)).toEqual({
      right: false,
      objects: [{ class: 'cat', right: false }],
    });
  });

  it('finds each gold box with its class, and counts boxes too many', () => {
    const near = { ...cat, x: 1 };
    expect(markGold({ kind: 'boxes', boxes: [dog, near] }, gold)).toMatchObject({ right: true });
    expect(markGold({ kind: 'boxes', boxes: [near] }, gold)).toEqual({
      right: false,
      objects: [
        { class: 'cat', right: true },
        { class: 'dog', right: false },
      ],
    });
    const extra = [1, 2, 3].map((at) => ({ ...cat, x: 100 * at }));
    expect(markGold({ kind: 'boxes', boxes: [cat, dog, ...extra] }, gold).right).toBe(false);
    const empty = { kind: 'boxes', boxes: [] } as const;
    expect(markGold(empty, empty)).toEqual({ right: true, objects: [] });
  });

  it('marks another kind as wrong', () => {
    expect(markGold({ kind: 'class', class: 'cat' }, gold)).toMatchObject({ right: false });
  });
});

describe('annotatorQuality', () => {
  it('gives accuracies by annotator and by class, with intervals', () => {
    const answer = (name: string, truth: string, right: boolean) => ({
      task: taskId('one'),
      annotator: annotatorId(name),
      answeredAt: 1,
      right,
      objects: [{ class: truth, right }],
    });
    const [first, second] = annotatorQuality([
      answer('bob', 'cat', false),
      answer('ada', 'dog', true),
      answer('ada', 'cat', true),
      answer('ada', 'dog', false),
    ]);
    expect(first).toMatchObject({ annotator: 'ada', tasks: { held: 2, of: 3 } });
    expect(first?.classes).toMatchObject([
      { class: 'cat', held: 1, of: 1 },
      { class: 'dog', held: 1, of: 2, interval: wilsonInterval(1, 2) },
    ]);
    expect(second).toMatchObject({ annotator: 'bob', tasks: { share: 0 } });
  });
});

describe('judgeGold', () => {
  it('is ok at first, watches, and pauses on wrong answers in a row', () => {
    expect(judgeGold([])).toMatchObject({ kind: 'ok', evidence: 0, lastGood: undefined });
    expect(judgeGold(history('rrr'))).toMatchObject({ kind: 'ok', lastGood: 3 });
    expect(judgeGold(history('rrrw')).kind).toBe('ok');
    expect(judgeGold(history('rrrww')).kind).toBe('watch');
    const paused = judgeGold(history('rrrwwwr'));
    expect(paused).toMatchObject({ kind: 'pause', lastGood: 3, tasks: { held: 3, of: 6 } });
    expect(paused.reason).toBe(
      '3 of 6 gold tasks are right (50 %, likely 19 % to 81 %), and the latest are as of someone at the floor of 75 %.',
    );
  });

  it('does not let a long good past hide a bad present', () => {
    const judged = judgeGold(history(`${'r'.repeat(500)}wwrww`));
    expect(judged.kind).toBe('pause');
    expect(judged.lastGood).toBe(500);
  });

  it('takes answers in the order of their time, and stays paused', () => {
    const answers = history('rrwwwrrrrrrrrrrrr');
    expect(judgeGold(answers.toReversed())).toEqual(judgeGold(answers));
    expect(judgeGold(answers).kind).toBe('pause');
  });

  it('has evidence as the sum of logarithms says', () => {
    const { floor, good } = usualFloor;
    const wrong = Math.log((1 - floor) / (1 - good));
    expect(judgeGold(history('wr')).evidence).toBeCloseTo(wrong + Math.log(floor / good), 12);
  });

  it('opens again all since the last good gold, or all', () => {
    const answered = [1, 2, 3, 4, 5].map((at) => ({ task: taskId(`${at}`), answeredAt: at }));
    expect(tasksToReopen(answered, judgeGold(history('rrwww')))).toEqual(['3', '4', '5']);
    expect(tasksToReopen(answered, judgeGold(history('wwwrr')))).toHaveLength(5);
    expect(tasksToReopen(answered, judgeGold(history('rrrrw')))).toEqual([]);
  });
});

describe('isGoldTurn', () => {
  const rule: GoldRule = { share: 0.1, seed: 'secret' };
  const turns = Array.from({ length: 3000 }, (_, turn) => turn);
  const golds = (name: string, given = rule): number[] =>
    turns.filter((turn) => isGoldTurn(annotatorId(name), turn, given));

  it('keeps the share in every stretch', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1, noNaN: true }), fc.string(), (share, seed) => {
        const found = golds('ada', { share, seed });
        const blocks = Math.floor(turns.length * share);
        expect(found.length).toBeGreaterThanOrEqual(blocks - 1);
        expect(found.length).toBeLessThanOrEqual(blocks + 1);
        const gaps = found.map((turn, at) => turn - (found[at - 1] ?? 0));
        expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * Math.ceil(1 / share));
      }),
      { numRuns: 30 },
    );
    expect(golds('ada', { ...rule, share: 0 })).toEqual([]);
    expect(golds('ada', { ...rule, share: 1 })).toHaveLength(turns.length);
  });

  it('is the same again, and differs by annotator and seed', () => {
    expect(golds('ada')).toEqual(golds('ada'));
    expect(golds('bob')).not.toEqual(golds('ada'));
    expect(golds('ada', { ...rule, seed: 'other' })).not.toEqual(golds('ada'));
  });

  it('falls on every place of a block as often', () => {
    const places = Array.from({ length: 10 }, () => 0);
    for (const turn of golds('ada')) places[turn % 10] = (places[turn % 10] ?? 0) + 1;
    // 300 draws: 30 each, with a standard deviation of 5.2.
    expect(Math.min(...places)).toBeGreaterThan(8);
    expect(Math.max(...places)).toBeLessThan(52);
  });

  it('gives newcomers more', () => {
    const given = { ...rule, newcomers: { turns: 30, share: 0.5 } };
    const found = golds('ada', given);
    expect(found.filter((turn) => turn < 30)).toHaveLength(15);
    expect(found.filter((turn) => turn >= 30 && turn < 130)).toHaveLength(10);
  });

  it('chooses gold tasks in an order of the annotator’s own', () => {
    const tasks = Array.from({ length: 50 }, (_, at) => taskId(`${at}`));
    expect(goldOrder(ada, [], 'secret')[0]).toBeUndefined();
    const first = goldOrder(ada, tasks, 'secret')[0];
    expect(goldOrder(ada, tasks.toReversed(), 'secret')[0]).toBe(first);
    const others = ['bob', 'cyd', 'dan'].map(
      (name) => goldOrder(annotatorId(name), tasks, 'secret')[0],
    );
    expect(new Set([first, ...others]).size).toBeGreaterThan(1);
  });
});
