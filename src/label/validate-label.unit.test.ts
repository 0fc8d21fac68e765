import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LabelledBox, LabelSet } from './label.js';
import { labelSetKey } from './label-set.js';
import { edgeTolerance } from './label-problem.js';
import { validateLabel } from './validate-label.js';

const animals: LabelSet = {
  name: 'animals',
  version: 2,
  kind: 'class',
  classes: ['cat', 'dog', 'polar bear'],
};
const objects: LabelSet = { ...animals, name: 'objects', kind: 'boxes' };
const image = { width: 100, height: 50 };
const box = { class: 'cat', x: 10, y: 10, width: 20, height: 20 };

function problemsOf(body: unknown, labelSet = objects) {
  const result = validateLabel(body, labelSet, image);
  return result.ok ? [] : result.problems;
}

function fieldsOf(body: unknown, labelSet = objects) {
  return problemsOf(body, labelSet).map((problem) => problem.field);
}

describe('labelSetKey', () => {
  it('cites name and version', () => {
    expect(labelSetKey(animals)).toBe('animals@2');
  });
});

describe('validateLabel', () => {
  it('takes a class of the label set', () => {
    const body = { kind: 'class', class: 'polar bear' };
    expect(validateLabel(body, animals, image)).toEqual({ ok: true, body });
  });

  it('takes boxes, and an empty list for a picture without objects', () => {
    const body = { kind: 'boxes', boxes: [box, { ...box, class: 'dog' }] };
    expect(validateLabel(body, objects, image)).toEqual({ ok: true, body });
    const none = { kind: 'boxes', boxes: [] };
    expect(validateLabel(none, objects, image)).toEqual({ ok: true, body: none });
  });

  it('takes a box that fills the picture', () => {
    const whole = { class: 'dog', x: 0, y: 0, width: 100, height: 50 };
    expect(problemsOf({ kind: 'boxes', boxes: [whole] })).toEqual([]);
  });

  it.each([
    ['Cat', 'cat'],
    ['caat', 'cat'],
    ['polar_bear', 'polar bear'],
    ['polar baer', 'polar bear'],
  ])('names the nearest class for the misspelling %s', (sent, meant) => {
    const [problem] = problemsOf({ kind: 'class', class: sent }, animals);
    expect(problem).toEqual({
      field: 'class',
      problem: `'${sent}' is not in the label set animals@2`,
      mend: `Use '${meant}' if that was meant, else one of cat, dog, polar bear.`,
    });
  });

  it('guesses nothing for a class that is far from all', () => {
    const [problem] = problemsOf({ kind: 'class', class: 'submarine' }, animals);
    expect(problem?.mend).toBe('Use one of cat, dog, polar bear.');
  });

  it('shortens the list of a large label set', () => {
    const classes = Array.from({ length: 25 }, (_, index) => `class ${index * 1111}`);
    const [problem] = problemsOf({ kind: 'class', class: '?' }, { ...animals, classes });
    expect(problem?.mend).toMatch(/and 15 more\.$/);
  });

  it('refuses the wrong kind for the label set', () => {
    const [problem] = problemsOf({ kind: 'class', class: 'cat' });
    expect(problem).toEqual({
      field: 'kind',
      problem: "is 'class', but the label set objects@2 takes 'boxes' labels",
      mend: expect.stringContaining('"kind": "boxes"') as string,
    });
  });

  it.each([
    ['nothing', undefined, ['label']],
    ['text', 'cat', ['label']],
    ['an unknown kind', { kind: 'mask' }, ['kind']],
    ['a missing list', { kind: 'boxes' }, ['boxes']],
    ['a number as text', { kind: 'boxes', boxes: [{ ...box, x: '10' }] }, ['boxes[0].x']],
    ['NaN', { kind: 'boxes', boxes: [box, { ...box, width: NaN }] }, ['boxes[1].width']],
    ['infinity', { kind: 'boxes', boxes: [{ ...box, y: Infinity }] }, ['boxes[0].y']],
    ['an unknown field', { kind: 'boxes', boxes: [{ ...box, note: '' }] }, ['boxes[0].note']],
    ['two unknown fields', { kind: 'boxes', boxes: [], a: 1, b: 2 }, ['a', 'b']],
  ])('names the field of %s', (_what, body, fields) => {
    expect(fieldsOf(body)).toEqual(fields);
  });

  it.each([
    ['left of it', { x: -1 }, 'boxes[0].x'],
    ['above it', { y: -0.6 }, 'boxes[0].y'],
    ['right of it', { x: 90 }, 'boxes[0].width'],
    ['below it', { height: 41 }, 'boxes[0].height'],
    ['no area', { width: 0 }, 'boxes[0].width'],
    ['a negative height', { height: -3 }, 'boxes[0].height'],
    ['an overflow', { x: 1e308, width: 1e308 }, 'boxes[0].width'],
  ])('refuses a box with %s', (_what, change, field) => {
    expect(fieldsOf({ kind: 'boxes', boxes: [{ ...box, ...change }] })).toEqual([field]);
  });

  it('cuts a box that is out by rounding, and refuses one with nothing left', () => {
    const out = { class: 'cat', x: -0.25, y: 29.75, width: 100.5, height: 20.5 };
    expect(validateLabel({ kind: 'boxes', boxes: [out] }, objects, image)).toEqual({
      ok: true,
      body: { kind: 'boxes', boxes: [{ class: 'cat', x: 0, y: 29.75, width: 100, height: 20.25 }] },
    });
    const sliver = { class: 'cat', x: -0.4, y: 0, width: 0.3, height: 10 };
    expect(fieldsOf({ kind: 'boxes', boxes: [sliver] })).toEqual(['boxes[0]']);
  });

  it('refuses the same box with the same class twice', () => {
    const [problem, ...others] = problemsOf({
      kind: 'boxes',
      boxes: [box, { ...box, x: 11 }, box],
    });
    expect(problem).toMatchObject({ field: 'boxes[2]', mend: 'Remove one of the two.' });
    expect(problem?.problem).toContain('boxes[0]');
    expect(others).toEqual([]);
  });

  it('reports all problems at once', () => {
    const boxes = [{ ...box, class: 'cow', width: -1 }, box, { ...box, y: 100 }];
    expect(fieldsOf({ kind: 'boxes', boxes })).toEqual([
      'boxes[0].class',
      'boxes[0].width',
      'boxes[2].height',
    ]);
  });

  it('names each unknown class or value of a long list, and the one that is picked twice', () => {
    // More than one call takes as arguments, and than can each be compared with all before it.
    const names = Array.from({ length: 150_000 }, (_, at) => `name ${at}`);
    const parts = { name: 'parts', kind: 'choices', on: 'picture', required: false } as const;
    const tags: LabelSet = {
      ...animals,
      kind: 'classes',
      attributes: [{ ...parts, values: ['head'] }],
    };
    const picked = [...names, 'name 7'];
    const place = `[${names.length}]`;
    const mend = 'Remove one of the two.';

    const classes = problemsOf({ kind: 'classes', classes: picked }, tags);
    expect(classes).toHaveLength(picked.length);
    const problem = 'is the same class as classes[7]';
    expect(classes.at(-1)).toEqual({ field: `classes${place}`, problem, mend });

    const attributes = { parts: picked };
    const values = problemsOf({ kind: 'classes', classes: ['cat'], attributes }, tags);
    expect(values).toHaveLength(picked.length);
    const twice = { field: `attributes.parts${place}`, problem: "'name 7' is there twice", mend };
    expect(values.at(-1)).toEqual(twice);
  });

  it('never throws, and every problem has a field, a text and a mend', () => {
    const bodies = fc.oneof(
      fc.anything(),
      fc.record({ kind: fc.constantFrom('class', 'boxes', 1), class: fc.anything() }),
      fc.record({ kind: fc.constant('boxes'), boxes: fc.array(fc.anything()) }),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        for (const problem of problemsOf(body)) {
          expect(problem.field).not.toBe('');
          expect(problem.problem).not.toBe('');
          expect(problem.mend).toMatch(/^[A-Z].*\.$/s);
        }
      }),
    );
  });

  it('accepts exactly the boxes within half a pixel of the picture, and hands out none beyond', () => {
    const side = fc.double({ min: -120, max: 120, noNaN: true });
    const anyBox = fc.record({ x: side, y: side, width: side, height: side });
    fc.assert(
      fc.property(anyBox, (at) => {
        const sent: LabelledBox = { class: 'cat', ...at };
        const result = validateLabel({ kind: 'boxes', boxes: [sent] }, objects, image);
        const within =
          at.x >= -edgeTolerance &&
          at.y >= -edgeTolerance &&
          at.x + at.width <= image.width + edgeTolerance &&
          at.y + at.height <= image.height + edgeTolerance;
        const visible =
          at.width > 0 &&
          at.height > 0 &&
          at.x + at.width > 0 &&
          at.y + at.height > 0 &&
          at.x < image.width &&
          at.y < image.height;
        expect(result.ok).toBe(within && visible);
        if (!result.ok || result.body.kind !== 'boxes') return;
        for (const kept of result.body.boxes) {
          expect(Math.min(kept.x, kept.y)).toBeGreaterThanOrEqual(0);
          expect(kept.x + kept.width).toBeLessThanOrEqual(image.width + 1e-9);
          expect(kept.y + kept.height).toBeLessThanOrEqual(image.height + 1e-9);
          expect(Math.min(kept.width, kept.height)).toBeGreaterThan(0);
        }
      }),
    );
  });
});
