import { describe, expect, it } from 'vitest';
import { modelName, modelVersion, referenceId } from '../ids.js';
import type { Reference } from './reference.js';
import { remarksOn } from './reference-remarks.js';

/** 60 pictures with a column of so many values each. */
function reference(columns: Reference['measurements']): Reference {
  return {
    id: referenceId('r'),
    modelName: modelName('m'),
    modelVersion: modelVersion('1'),
    createdAt: 0,
    embedder: undefined,
    predictionsBy: 'producer',
    items: Array.from({ length: 60 }, (_, at) => ({ path: `${at}.jpg`, sha256: '0'.repeat(64) })),
    measurements: columns,
    embeddings: undefined,
    neighbours: 5,
    classes: [],
  };
}
/** That 60 pictures have a quantile of. */
const rate = 0.02;
const column = (of: (at: number) => number) => Float64Array.from({ length: 60 }, (_, at) => of(at));

describe('remarksOn', () => {
  it('says that few pictures can not tell a low rate', () => {
    expect(remarksOn(reference({}), 0.01)).toEqual([{ kind: 'few-pictures', enough: 99 }]);
    expect(remarksOn(reference({}), 1 / 61)).toEqual([]);
  });

  it('has nothing to say of photographs like others', () => {
    const columns = { dark: column((at) => 90 + at), noise: column((at) => 1 + at / 60) };
    expect(remarksOn(reference(columns), rate)).toEqual([]);
  });

  it('says which limits do not hold, and of how many pictures', () => {
    const columns = {
      dark: column((at) => (at < 4 ? 2 : 90 + at)),
      noise: column((at) => 1 + at / 60),
    };
    expect(remarksOn(reference(columns), rate)).toEqual([
      { kind: 'limits-do-not-hold', signals: ['dark', 'noise'], pictures: 4 },
    ]);
  });

  it('says what can not be flagged, for its pictures are at the end', () => {
    const columns = { 'label-disagreement': column((at) => (at < 9 ? 1 : at / 100)) };
    const [remark, ...others] = remarksOn(reference(columns), rate);
    expect(others).toEqual([]);
    expect(remark).toMatchObject({ kind: 'can-not-flag', signal: 'label-disagreement' });
    expect(remark?.kind === 'can-not-flag' && remark.atEnd).toBeCloseTo(0.15, 9);
    const one = { 'label-disagreement': column((at) => (at < 1 ? 0.9 : at / 100)) };
    expect(remarksOn(reference(one), rate)).toEqual([]);
  });
});
