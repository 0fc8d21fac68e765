import { describe, expect, it } from 'vitest';
import { modelName, modelVersion, referenceId } from '../ids.js';
import { isEdgeminerError } from '../faults.js';
import { checkReference } from './check-reference.js';
import type { Reference } from './reference.js';

const reference: Reference = {
  id: referenceId('r'),
  modelName: modelName('shop'),
  modelVersion: modelVersion('1.0'),
  createdAt: 0,
  embedder: { name: 'lite0', sha256: 'a1' },
  items: [],
  measurements: {},
  embeddings: { rows: 0, dimensions: 4, values: new Float32Array(0) },
  neighbours: 5,
  classes: [],
};
const fitting = {
  modelName: modelName('shop'),
  modelVersion: modelVersion('1.0'),
  embedder: { name: 'lite0', sha256: 'a1', dimensions: 4 },
};

describe('checkReference', () => {
  it('lets a fitting one pass, and one beside which no embedder runs', () => {
    expect(() => checkReference(reference, fitting)).not.toThrow();
    expect(() => checkReference(reference, { ...fitting, embedder: undefined })).not.toThrow();
    expect(() => checkReference({ ...reference, embedder: undefined }, fitting)).not.toThrow();
  });

  it.each([
    ['modelName', { ...fitting, modelName: modelName('depot') }],
    ['modelVersion', { ...fitting, modelVersion: modelVersion('2.0') }],
    ['embedder.sha256', { ...fitting, embedder: { ...fitting.embedder, sha256: 'b2' } }],
    ['dimensions', { ...fitting, embedder: { ...fitting.embedder, dimensions: 5 } }],
  ])('refuses another %s', (field, use) => {
    let thrown: unknown;
    try {
      checkReference(reference, use);
    } catch (error) {
      thrown = error;
    }
    if (!isEdgeminerError(thrown)) throw new Error('nothing was refused');
    expect(thrown).toMatchObject({ code: 'reference.mismatch', field });
    expect(thrown.message).toContain(field);
    expect(thrown.mend).toContain(
      `edgeminer reference build --images DIR --model-name ${use.modelName} ` +
        `--model-version ${use.modelVersion}`,
    );
  });
});
