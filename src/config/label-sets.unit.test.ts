import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messageOf } from '../faults.js';
import { loadConfig } from './load-config.js';

describe('labelSets of the configuration', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'edgeminer-config-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  async function load(labelSet: string) {
    const lines = labelSet.split('\n').map((line) => `    ${line}`);
    const file = join(directory, 'edgeminer.config.yaml');
    await writeFile(file, `labelSets:\n  animals:\n${lines.join('\n')}\n`);
    return loadConfig({ workingDirectory: directory, environment: {}, packagedModels: '/models' });
  }

  async function problemOf(labelSet: string): Promise<string> {
    return load(labelSet).then(
      () => 'none',
      (error: unknown) => messageOf(error),
    );
  }

  it('read guidelines, and put attributes of classes beside the others', async () => {
    await writeFile(join(directory, 'animals.md'), '\nThe one in front.\n');
    const { labelSets } = await load(
      [
        'version: 3',
        'kind: polygons',
        'guidelines: {file: animals.md}',
        'text: optional',
        'classes:',
        '  - {name: cat, guidelines: No lions., attributes: [{name: pose, kind: choice, values: [sits, lies]}]}',
        '  - {name: dog, examples: [a.jpg], attributes: [{name: pose, kind: choice, values: [sits, lies]}]}',
        '  - cow',
        'attributes:',
        '  - {name: age, kind: number, min: 0}',
        '  - {name: blurred, kind: boolean, on: picture, required: true}',
      ].join('\n'),
    );
    expect(labelSets['animals']).toEqual({
      name: 'animals',
      version: 3,
      kind: 'polygons',
      classes: ['cat', 'dog', 'cow'],
      guidelines: 'The one in front.',
      notes: [
        { class: 'cat', guidelines: 'No lions.', examples: [] },
        { class: 'dog', examples: ['a.jpg'] },
      ],
      attributes: [
        { name: 'age', kind: 'number', on: 'object', required: false, min: 0 },
        { name: 'blurred', kind: 'boolean', on: 'picture', required: true },
        {
          name: 'pose',
          kind: 'choice',
          on: 'object',
          required: false,
          values: ['sits', 'lies'],
          classes: ['cat', 'dog'],
        },
      ],
      text: 'optional',
    });
  });

  it('take names alone', async () => {
    const { labelSets } = await load('classes: [cat, dog]');
    const animals = { name: 'animals', version: 1, kind: 'class', classes: ['cat', 'dog'] };
    expect(labelSets['animals']).toEqual(animals);
  });

  it.each([
    ['a class twice', 'classes: [cat, {name: cat}]', "'cat' is listed twice"],
    ['no such kind', 'kind: masks\nclasses: [cat]', 'labelSets.animals.kind (line 3)'],
    [
      'values missing',
      'classes: [cat]\nattributes: [{name: a, kind: choice}]',
      'needs values where kind is choice or choices',
    ],
    [
      'bounds of a choice',
      'classes: [cat]\nattributes: [{name: a, kind: choice, values: [x], min: 1}]',
      'takes min and max only where kind is number',
    ],
    [
      'bounds the wrong way round',
      'classes: [cat]\nattributes: [{name: a, kind: number, min: 2, max: 1}]',
      'has a min above its max',
    ],
    [
      'a value twice',
      'classes: [cat]\nattributes: [{name: a, kind: choice, values: [x, x]}]',
      'names one twice',
    ],
    [
      'a name with a dot',
      'classes: [cat]\nattributes: [{name: a.b, kind: text}]',
      'must be 1 to 100 letters',
    ],
    [
      'an attribute of no class',
      'classes: [cat]\nattributes: [{name: a, kind: text, classes: [dog]}]',
      "'a' is for 'dog', which is none of the classes",
    ],
    [
      'an attribute twice',
      'classes: [{name: cat, attributes: [{name: a, kind: text}]}]\nattributes: [{name: a, kind: text}]',
      "'a' is defined twice for the same classes",
    ],
    [
      'objects that are not drawn',
      'classes: [cat]\nattributes: [{name: a, kind: text, on: object}]',
      'labels of kind class have none',
    ],
    [
      'a picture without a class',
      'kind: boxes\nclasses: [cat]\nattributes: [{name: a, kind: text, on: picture, classes: [cat]}]',
      'which has no class here',
    ],
    [
      'guidelines that are gone',
      'classes: [{name: cat, guidelines: {file: gone.md}}]',
      'labelSets.animals.classes.0.guidelines.file (line 3)',
    ],
  ])('refuse %s', async (_what, labelSet, words) => {
    expect(await problemOf(labelSet)).toContain(words);
  });
});
