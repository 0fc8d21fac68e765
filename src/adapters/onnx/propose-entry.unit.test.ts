import { describe, expect, it } from 'vitest';
import type { GraphNode } from './inspect-graph.js';
import { pixelScales } from './pixel-scales.js';
import { proposeEntry } from './propose-entry.js';
import type { InspectedModel, Told } from './entry-draft.js';
import type { TensorSignature } from './session-messages.js';

const tensor = (
  name: string,
  shape: readonly (number | string)[],
  type = 'float32',
): TensorSignature => ({ name, type, shape });

interface Parts {
  readonly file?: string;
  readonly inputs?: readonly TensorSignature[];
  readonly outputs?: readonly TensorSignature[];
  readonly nodes?: readonly GraphNode[];
}

const image = tensor('image', ['b', 3, 224, 192]);
const vector = tensor('features', ['b', 512]);
const scores = tensor('logits', ['b', 10]);

function model({ file, inputs, outputs, nodes }: Parts): InspectedModel {
  return {
    file: file ?? 'models/Net v2.onnx',
    signature: { inputs: inputs ?? [image], outputs: outputs ?? [vector] },
    graph: { producer: 'pytorch 2.9', dataFiles: [], nodes: nodes ?? [] },
  };
}

const propose = (parts: Parts, told: Told = {}) =>
  proposeEntry(model(parts), { licence: 'MIT', ...told });
const topics = (parts: Parts, told: Told = {}) =>
  propose(parts, told).questions.map(({ topic }) => topic);
const valueOf = (topic: keyof Told, parts: Parts, told: Told = {}) =>
  propose(parts, told).points.find((point) => point.topic === topic)?.value;

describe('proposeEntry', () => {
  it('asks for the licence whatever the file says', () => {
    const { questions, draft } = proposeEntry(model({}), {});
    expect(questions.map(({ topic }) => topic)).toEqual(['licence']);
    expect(draft).toBeUndefined();
  });

  it('fills in what the file says and what is usual, each with its reason', () => {
    const { draft, points } = propose({});
    expect(draft).toEqual({
      name: 'Net-v2',
      licence: 'MIT',
      source: 'Net v2.onnx, written by pytorch 2.9',
      input: {
        ...{ name: 'image', layout: 'NCHW', type: 'float32', channels: 'RGB' },
        ...{ width: 192, height: 224, ...pixelScales.imagenet },
        ...{ fit: 'crop', crop: 0.875, interpolation: 'bilinear' },
      },
      embedding: { name: 'features', pool: 'none' },
      logits: undefined,
      classes: undefined,
    });
    for (const { by, why } of points) expect(by === 'told' || why.length > 0).toBe(true);
  });

  it.each<[readonly (number | string)[], string | undefined]>([
    [['b', 3, 8, 8], 'NCHW'],
    [['b', 8, 8, 3], 'NHWC'],
    [['b', 3, 'h', 'w'], 'NCHW'],
    [['b', 'h', 'w', 3], 'NHWC'],
    [['b', 'c', 8, 8], 'NCHW'],
    [['b', 8, 8, 'c'], 'NHWC'],
    [['b', 3, 8, 3], undefined],
    [['b', 'c', 'h', 'w'], undefined],
    [[], undefined],
  ])('takes the layout of %j to be %s', (shape, layout) => {
    const parts = { inputs: [tensor('image', shape)] };
    expect(valueOf('layout', parts)).toBe(layout);
    expect(topics(parts).includes('layout')).toBe(layout === undefined);
  });

  it('asks for sides that are open, and takes them from who knows', () => {
    const parts = { inputs: [tensor('image', ['b', 3, 'h', 'w'])] };
    expect(topics(parts)).toEqual(['size']);
    expect(propose(parts, { size: { width: 64, height: 48 } }).draft?.input).toMatchObject({
      width: 64,
      height: 48,
    });
    expect(topics({ inputs: [tensor('image', [])] })).toEqual(['layout', 'size']);
  });

  it('takes pixels of uint8 as they are', () => {
    const parts = { inputs: [tensor('image', ['b', 8, 8, 3], 'uint8')] };
    expect(propose(parts).draft?.input).toMatchObject({ type: 'uint8', scale: 1, std: [1, 1, 1] });
    expect(() => propose(parts, { pixels: pixelScales.imagenet })).toThrow(/uint8/);
  });

  it('asks what range a graph that normalises by itself expects', () => {
    const nodes = [
      { operator: 'Cast', inputs: ['image'], outputs: ['a'] },
      { operator: 'Sub', inputs: ['a', 'mean'], outputs: ['b'] },
      { operator: 'Conv', inputs: ['b', 'w'], outputs: ['c'] },
    ];
    expect(topics({ nodes })).toEqual(['pixels']);
    expect(topics({ nodes: nodes.slice(2) })).toEqual([]);
  });

  it.each<[string, readonly TensorSignature[], Told, string | undefined]>([
    ['the only one', [scores], {}, 'logits'],
    ['the one that is called so', [scores, vector], {}, 'features'],
    ['the one that is no score', [scores, tensor('x', ['b', 9])], {}, 'x'],
    ['the vector before the map', [tensor('feature_map', ['b', 9, 7, 7]), vector], {}, 'features'],
    ['what is left beside the logits', [scores, tensor('x', ['b', 9])], { logits: 'x' }, 'logits'],
    ['what was told', [scores, vector], { embedding: 'logits' }, 'logits'],
    ['nothing of two alike', [tensor('x', ['b', 9]), tensor('y', ['b', 9])], {}, undefined],
  ])('embeds by %s', (_, outputs, told, expected) => {
    expect(valueOf('embedding', { outputs }, told)).toBe(expected);
  });

  it.each<[readonly (number | string)[], object]>([
    [['b', 512], { pool: 'none' }],
    [['b', 512, 7, 7], { pool: 'mean', features: 'first' }],
    [['b', 7, 7, 512], { pool: 'mean', features: 'last' }],
    [['b', 512, 'h', 'w'], { pool: 'mean', features: 'first' }],
    [['b', 'h', 'w', 512], { pool: 'mean', features: 'last' }],
    [['b', 197, 768], { pool: 'first', features: 'last' }],
    [['b', 196, 768], { pool: 'mean', features: 'last' }],
    [['b', 'tokens', 768], { pool: 'mean', features: 'last' }],
  ])('makes %j one vector', (shape, pooling) => {
    const outputs = [tensor('features', shape)];
    expect(propose({ outputs }).draft?.embedding).toEqual({ name: 'features', ...pooling });
  });

  it('uses class scores where they are named and the classes known', () => {
    const outputs = [scores, vector];
    const classes = ['a', 'b'];
    expect(topics({ outputs }, { logits: 'logits' })).toEqual(['classes']);
    expect(propose({ outputs }, { classes }).draft).toMatchObject({ logits: 'logits', classes });
    expect(propose({ outputs }).draft?.logits).toBeUndefined();
    expect(topics({ outputs: [...outputs, tensor('more', ['b', 4])] }, { classes })).toEqual([
      'logits',
    ]);
    expect(() => propose({}, { classes })).toThrow(/no output is left/);
  });

  it.each<[string, Parts, Told]>([
    ['--layout', {}, { layout: 'NHWC' }],
    ['--size', {}, { size: { width: 224, height: 224 } }],
    ['--batch', { inputs: [tensor('image', [4, 3, 8, 8])] }, { batch: 2 }],
    ['--embedding', {}, { embedding: 'pooled' }],
    ['--logits', { outputs: [scores, vector] }, { logits: 'features', embedding: 'features' }],
    ['--pool', {}, { pool: 'mean' }],
    ['--pool', { outputs: [tensor('map', ['b', 9, 7, 7])] }, { pool: 'none' }],
    ['--classes', { outputs: [scores, vector] }, { classes: ['a', 'b'], logits: 'none' }],
  ])('refuses %s that the file contradicts', (field, parts, told) => {
    expect(() => propose(parts, told)).toThrow(
      expect.objectContaining({ code: 'input.invalid', field }) as Error,
    );
  });

  it.each<[string, Parts]>([
    ['no input', { inputs: [] }],
    ['two inputs', { inputs: [image, tensor('mask', ['b', 1])] }],
    ['an input that is no picture', { inputs: [tensor('rows', ['b', 9])] }],
    ['grey pictures', { inputs: [tensor('image', ['b', 1, 8, 8])] }],
    ['an input of text', { inputs: [tensor('image', ['b', 3, 8, 8], 'string')] }],
    ['a batch of 100', { inputs: [tensor('image', [100, 3, 8, 8])] }],
    ['outputs of text only', { outputs: [tensor('label', ['b'], 'string')] }],
  ])('refuses a model with %s', (_, parts) => {
    expect(() => propose(parts)).toThrow(
      expect.objectContaining({ code: 'model.unsuitable' }) as Error,
    );
  });
});
