import { describe, expect, it } from 'vitest';
import { plainInput } from '../../../test/fixtures/model-input.js';
import { checkSignature } from './check-signature.js';
import type { ModelEntry } from './manifest-schema.js';
import type { ModelSignature, TensorSignature } from './session-messages.js';

const entry: ModelEntry = {
  file: 'm.onnx',
  sha256: '0'.repeat(64),
  bytes: 1,
  licence: 'Apache-2.0',
  source: 'a test',
  input: { ...plainInput, name: 'input', width: 224, height: 192 },
  outputs: {
    embedding: { name: 'embedding', dimensions: 16, pool: 'none' },
    logits: { name: 'logits' },
  },
  classes: 'classes.json',
};

const input: TensorSignature = { name: 'input', type: 'float32', shape: ['batch', 3, 192, 224] };
const embedding: TensorSignature = { name: 'embedding', type: 'float32', shape: ['batch', 16] };
const logits: TensorSignature = { name: 'logits', type: 'float32', shape: ['batch', 10] };

function check(signature: Partial<ModelSignature>): void {
  const whole = { inputs: [input], outputs: [embedding, logits], ...signature };
  checkSignature('m.onnx', whole, entry, 10);
}

describe('checkSignature', () => {
  it('accepts what the manifest says, and free sizes', () => {
    expect(() => check({})).not.toThrow();
    expect(() => check({ inputs: [{ ...input, shape: ['n', 'c', 'h', 'w'] }] })).not.toThrow();
    expect(() => check({ outputs: [logits, embedding, { ...logits, name: 'x' }] })).not.toThrow();
  });

  it.each<[string, string, Partial<ModelSignature>]>([
    ['no such input', 'input.name', { inputs: [{ ...input, name: 'images' }] }],
    ['a second input', 'input.name', { inputs: [input, { ...input, name: 'mask' }] }],
    ['another element type', 'input.type', { inputs: [{ ...input, type: 'uint8' }] }],
    [
      'height and width swapped',
      'input.height',
      { inputs: [{ ...input, shape: ['b', 3, 224, 192] }] },
    ],
    ['channels last', 'input.layout', { inputs: [{ ...input, shape: ['b', 192, 224, 3] }] }],
    ['a fixed batch', 'input.batch', { inputs: [{ ...input, shape: [1, 3, 192, 224] }] }],
    ['no such embedding', 'outputs.embedding.name', { outputs: [logits] }],
    [
      'another embedding size',
      'outputs.embedding.dimensions',
      { outputs: [{ ...embedding, shape: ['b', 17] }, logits] },
    ],
    [
      'an embedding that is not pooled',
      'outputs.embedding',
      { outputs: [{ ...embedding, shape: ['b', 16, 7, 7] }, logits] },
    ],
    ['no such logits', 'outputs.logits.name', { outputs: [embedding] }],
    [
      'another number of classes',
      'outputs.logits',
      { outputs: [embedding, { ...logits, shape: ['b', 11] }] },
    ],
  ])('refuses %s, naming %s', (_, field, signature) => {
    expect(() => check(signature)).toThrow(
      expect.objectContaining({ code: 'model.shape-mismatch', field }) as Error,
    );
  });
});
