import type { AttributeRule, LabelSet } from '../label/label.js';
import { labelSetKey } from '../label/label-set.js';

const kinds = {
  class: 'one class per picture',
  classes: 'any number of classes per picture',
  boxes: 'boxes',
  polygons: 'polygons',
} as const satisfies Record<LabelSet['kind'], string>;

/** A label set as a person reads it. */
export function labelSetLines(labelSet: LabelSet): string[] {
  const { kind, classes, guidelines, notes = [], attributes = [], text = 'none' } = labelSet;
  return [
    `${labelSetKey(labelSet)}: ${kinds[kind]}${text === 'none' ? '' : `; text ${text}`}`,
    ...(guidelines === undefined ? [] : ['', ...guidelines.split('\n')]),
    '',
    'classes',
    ...classes.flatMap((name) => {
      const note = notes.find((one) => one.class === name);
      return [
        `  ${name}`,
        ...(note?.guidelines?.split('\n').map((line) => `    ${line}`.trimEnd()) ?? []),
        ...(note?.examples.map((example) => `    example: ${example}`) ?? []),
      ];
    }),
    ...(attributes.length === 0 ? [] : ['', 'attributes', ...attributes.map(attributeLine)]),
  ];
}

function attributeLine(rule: AttributeRule): string {
  const { name, on, required, classes } = rule;
  const all = on === 'object' ? 'each object' : 'the picture';
  const scope = classes === undefined ? all : classes.join(', ');
  return `  ${name}: ${whatOf(rule)}, of ${scope}${required ? ', required' : ''}`;
}

function whatOf(rule: AttributeRule): string {
  switch (rule.kind) {
    case 'choice':
      return `one of ${rule.values.join(', ')}`;
    case 'choices':
      return `some of ${rule.values.join(', ')}`;
    case 'number': {
      const { min = '', max = '' } = rule;
      return min === '' && max === '' ? 'a number' : `a number, ${min}..${max}`;
    }
    case 'boolean':
      return 'yes or no';
    case 'text':
      return 'text';
  }
}
