import { describe, expect, it } from 'vitest';
import { defaultMend, parseEvent } from './contract.js';

const about = {
  eventId: 'e1',
  occurredAt: 0,
  modelName: 'animals',
  modelVersion: '3',
  sourceId: 'gate-7',
  image: { uri: 'https://images.example.com/1.jpg' },
};

function read(predictions: object) {
  return parseEvent({ ...about, predictions });
}

function faultOf(predictions: object) {
  const reading = read(predictions);
  if (reading.kind !== 'unreadable') throw new Error('was expected to be refused');
  return reading.fault;
}

const names = (count: number) => Array.from({ length: count }, (_, at) => `class ${at}`);

function classes(probabilities: ArrayLike<number>, more: object = {}) {
  return { kind: 'classification', classes: names(probabilities.length), probabilities, ...more };
}

function softmax(scores: readonly number[]): number[] {
  const powers = scores.map(Math.exp);
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Multiples of `step`, as 8-bit models and producers that round write them. */
const rounded = (values: readonly number[], step: number) =>
  values.map((value) => Math.round(value / step) * step);

const scores = Array.from({ length: 1000 }, (_, at) => 4 * Math.sin(at * at));
/** Of 400 classes nearly alike, as of a picture that the model knows nothing of. */
const alike = softmax(Array.from({ length: 400 }, (_, at) => 0.01 * Math.sin(at)));

describe('probabilities', () => {
  it.each([
    ['a softmax in single precision', Float32Array.from(softmax(scores))],
    ['one in steps of a 256th, all rounded up', rounded(alike, 1 / 256)],
    ['ten classes with two digits, all rounded up', [0.51, ...Array<number>(9).fill(0.06)]],
    ['a softmax in half precision', [0.5005, 0.4998, 0.0014]],
    ['the best five of a thousand', [0.31, 0.2, 0.1, 0.05, 0.01]],
    ['one class', [1]],
    ['none that has a share', [0, 0]],
  ])('pass: %s', (_, probabilities) => {
    expect(read(classes(probabilities)).kind).toBe('event');
  });

  it('are those of an 8-bit model in that test: they sum to more than 1', () => {
    expect(rounded(alike, 1 / 256).reduce((sum, p) => sum + p, 0)).toBeGreaterThan(1.5);
  });

  it('come to 1 where rounding left them above', () => {
    expect(read(classes([1.0000001192092896, 0]))).toMatchObject({
      event: { predictions: { probabilities: [1, 0] } },
    });
  });

  it.each([
    [[0.9, 0.8, 0.3], '2'],
    [[0.9, 0.15], '1.05'],
    [Array<number>(1000).fill(0.01), '10'],
    [Float32Array.of(0.75, 0.5), '1.25'],
  ])('of labels that may apply together are refused: %#', (probabilities, sum) => {
    const { field, message, mend } = faultOf(classes(probabilities));
    expect(field).toBe('predictions.probabilities');
    expect(message).toContain(`sum to ${sum},`);
    expect(mend).toContain("'kind: none'");
  });

  it.each([
    [[0.5, 62.5], 'predictions.probabilities.1 must be at most 1, not 62.5', 'percent'],
    [[-0.25, 1], 'predictions.probabilities.0 must be at least 0, not -0.25', 'logits'],
    [[NaN, 1], 'predictions.probabilities.0 must be a finite number, not NaN', ''],
    [[1.00001, 0], 'predictions.probabilities.0 must be at most 1, not 1.00001', 'percent'],
  ])('out of their range are refused by field and value: %s', (probabilities, message, mend) => {
    const fault = faultOf(classes(probabilities));
    expect(fault.message).toBe(message);
    expect(fault.mend).toContain(mend);
    expect(fault.mend === defaultMend).toBe(mend === '');
  });
});

describe('probabilities and logits', () => {
  it.each([
    ['of a temperature', [0.6, 0.3, 0.1], [9, 5, 0]],
    ['of a near tie that rounding turned round', [0.41, 0.4, 0.19], [2, 2.05, 1]],
    ['of equal logits', [0.9, 0.1], [0, 0]],
    ['of near-equal probabilities', [0.5, 0.45, 0.05], [1, 3, 0]],
  ])('agree: %s', (_, probabilities, logits) => {
    expect(read(classes(probabilities, { logits })).kind).toBe('event');
  });

  it('contradict each other where another class comes first', () => {
    const { field, message } = faultOf(classes([0.9, 0.1], { logits: [-1, 2] }));
    expect(field).toBe('predictions.logits');
    expect(message).toBe(
      "predictions.logits contradict the probabilities: they are highest at 'class 1', which has a " +
        "probability of 0.1, and 'class 0' one of 0.9",
    );
  });
});

describe('classes', () => {
  it('may have one name twice, as ImageNet has two cranes', () => {
    const twice = { kind: 'classification', classes: ['crane', 'crane'], logits: [1, 0] };
    expect(read(twice).kind).toBe('event');
  });
});

describe('boxes', () => {
  const box = { label: 'person', score: 0.9, x: 100, y: 50, width: 200, height: 300 };
  const on = (...boxes: object[]) => ({
    kind: 'detection',
    imageWidth: 640,
    imageHeight: 480,
    boxes: boxes.map((one) => ({ ...box, ...one })),
  });

  it.each([
    ['none', on()],
    ['inside', on({})],
    ['sticking out on every side', on({ x: -50, y: -20, width: 800, height: 600 })],
    ['ending at the edge by another convention', on({ x: 640, y: 480, width: 1, height: 1 })],
    ['one of a pixel, beside another', on({ x: 0, y: 0, width: 1, height: 1 }, {})],
    [
      'the whole of a picture of one pixel',
      { ...on({ x: 0, y: 0, width: 1, height: 1 }), imageWidth: 1, imageHeight: 1 },
    ],
  ])('pass: %s', (_, predictions) => {
    expect(read(predictions).kind).toBe('event');
  });

  it.each([
    [on({}, { x: 700 }), 'x 700, y 50, width 200, height 300 on 640 x 480'],
    [on({}, { y: 481 }), 'y 481'],
    [on({}, { x: -300 }), 'x -300'],
    [on({}, { y: -301 }), 'y -301'],
  ])('wholly outside are refused: %#', (predictions, place) => {
    const { field, message, mend } = faultOf(predictions);
    expect(field).toBe('predictions.boxes.1');
    expect(message).toContain('lies outside of the picture');
    expect(message).toContain(place);
    expect(mend).toContain('imageWidth');
  });

  it('in shares of the picture are refused, those that stick out as well', () => {
    const shares = on(
      { x: 0.25, y: 0.5, width: 0.5, height: 0.25 },
      { x: -0.1, y: 0.9, width: 0.5, height: 0.2 },
    );
    const { field, message, mend } = faultOf(shares);
    expect(field).toBe('predictions.boxes');
    expect(message).toContain('in pixels, not in shares of the picture: x 0.25, y 0.5');
    expect(mend).toContain('normalised: true');
  });

  it.each([
    [{ width: -20 }, 'predictions.boxes.0.width must be above 0, not -20', 'second corner'],
    [{ height: 0 }, 'predictions.boxes.0.height must be above 0, not 0', 'second corner'],
    [{ score: 91 }, 'predictions.boxes.0.score must be at most 1, not 91', 'percent'],
    [{ x: NaN }, 'predictions.boxes.0.x must be a finite number, not NaN', 'producer'],
    [
      { height: Infinity },
      'predictions.boxes.0.height must be a finite number, not Infinity',
      'producer',
    ],
  ])('that are none are refused by field and value: %o', (wrong, message, mend) => {
    const fault = faultOf(on(wrong));
    expect(fault.message).toBe(message);
    expect(fault.mend).toContain(mend);
  });
});
