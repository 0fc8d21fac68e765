import { describe, expect, it } from 'vitest';
import { seeded } from '../../../test/fixtures/planes.js';
import { backFrom, findTurn, fitTurns, suspectedTurn } from './turn-model.js';
import type { TurnModel, Views } from './turn-model.js';

const random = seeded(5);

/** Embeddings in which the turn shows along an axis of its own, under noise. */
function viewsAt(turn: number, noise: number): Views {
  const view = (quarters: number) =>
    Float32Array.from(
      { length: 8 },
      (_, at) => Number(at === (turn + quarters) % 4) + noise * (random() - 0.5),
    );
  return [view(0), view(1), view(2), view(3)];
}

function judge(model: TurnModel, views: Views) {
  const quarters = suspectedTurn({ ...model, gate: -Infinity }, views[0]);
  if (quarters === undefined) throw new Error('every picture looks turned by something');
  const looks = { asItIs: views[0], turnedBack: views[backFrom(quarters)] };
  return findTurn(model, quarters, looks);
}

describe('how far a picture looks turned', () => {
  const { model, heldOut } = fitTurns(Array.from({ length: 60 }, () => viewsAt(0, 1.5)));

  it.each([1, 2, 3] as const)('is found for %i quarter turns', (quarters) => {
    const found = Array.from({ length: 50 }, () => judge(model, viewsAt(quarters, 0.5)));
    expect(found.filter((one) => one.quarters === quarters && one.logOdds > 0)).toHaveLength(50);
    const seen = Array.from({ length: 50 }, () => viewsAt(quarters, 0.5)[0]);
    const suspected = seen.filter((view) => suspectedTurn(model, view) === quarters);
    expect(suspected.length).toBeGreaterThan(40);
  });

  it('is put right by the second look where the first mistook the turn', () => {
    // A quarter turn that looks a little more like half a turn; turned back by half, like three quarters.
    const asItIs = Float32Array.from([0, 0.8, 1, 0, 0, 0, 0, 0]);
    const turnedBack = Float32Array.from([0, 0, 0, 1, 0, 0, 0, 0]);
    expect(suspectedTurn({ ...model, gate: -Infinity }, asItIs)).toBe(2);
    expect(findTurn(model, 2, { asItIs, turnedBack })).toMatchObject({ quarters: 1 });
  });

  it('is nothing for upright pictures, of which few are looked at twice', () => {
    const upright = Array.from({ length: 200 }, () => viewsAt(0, 1.5));
    expect(upright.filter((views) => judge(model, views).logOdds > 0).length).toBeLessThan(10);
    const suspected = upright.filter(([view]) => suspectedTurn(model, view) !== undefined);
    expect(suspected.length).toBeLessThan(30);
    expect(heldOut).toHaveLength(60);
    expect(heldOut.filter((logOdds) => logOdds > 0).length).toBeLessThanOrEqual(2);
    expect(Math.min(...heldOut)).toBe(0);
  });

  it('says nothing where turned copies look the same', () => {
    const alike = Array.from({ length: 40 }, (): Views => {
      const view = Float32Array.from({ length: 8 }, () => random());
      return [view, view, view, view];
    });
    const fitted = fitTurns(alike);
    for (const views of alike) expect(judge(fitted.model, views).logOdds).toBeCloseTo(0, 6);
  });
});
