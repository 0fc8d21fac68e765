import { EdgeminerError } from '../../faults.js';
import type { AttributeRule, LabelSet } from '../label.js';

/** A label of a CVAT project, as its API and its XML define it. */
export interface CvatLabelSpec {
  readonly name: string;
  readonly type: 'tag' | 'rectangle' | 'polygon';
  readonly attributes: readonly CvatAttributeSpec[];
}

export interface CvatAttributeSpec {
  readonly name: string;
  readonly mutable: false;
  readonly input_type: 'select' | 'checkbox' | 'text';
  readonly default_value: string;
  readonly values: readonly string[];
}

/**
 * CVAT says everything of a picture by tags. One tag stands for the picture as a whole: it carries
 * the attributes of the picture and the text, and alone it says that nothing is to be seen. Another
 * one skips the picture.
 */
export const pictureTag = '(picture)';
export const skipTag = '(skip)';
export const textAttribute = '(text)';
export const reasonAttribute = 'reason';

/** What CVAT calls a choice that was not made. */
export const undefinedChoice = '__undefined__';

/** An attribute in CVAT, and what it says of one of the label set. */
export interface AttributeSlot {
  readonly spec: CvatAttributeSpec;
  readonly rule: AttributeRule;
  /** CVAT has no choice of several: each value has a box to be ticked. */
  readonly value?: string;
}

/** The attributes that a label of this name has in CVAT. */
export function attributeSlots(labelSet: LabelSet, label: string): readonly AttributeSlot[] {
  const { attributes = [] } = labelSet;
  const rules = attributes.filter(({ on, classes }) =>
    label === pictureTag
      ? on === 'picture'
      : on === 'object' && (classes === undefined || classes.includes(label)),
  );
  const seen = new Map<string, number>();
  return rules.flatMap((rule) => {
    const count = (seen.get(rule.name) ?? 0) + 1;
    seen.set(rule.name, count);
    return slotsOf(rule, count === 1 ? rule.name : `${rule.name} (${count})`);
  });
}

function slotsOf(rule: AttributeRule, name: string): AttributeSlot[] {
  const select = (values: readonly string[]): AttributeSlot => ({
    rule,
    spec: {
      name,
      mutable: false,
      input_type: 'select',
      default_value: undefinedChoice,
      values: [undefinedChoice, ...values],
    },
  });
  switch (rule.kind) {
    case 'choice':
      return [select(rule.values)];
    case 'boolean':
      return [select(['true', 'false'])];
    case 'choices':
      return rule.values.map((value) => ({
        rule,
        value,
        spec: {
          name: `${name}: ${value}`,
          mutable: false,
          input_type: 'checkbox',
          default_value: 'false',
          values: ['false'],
        },
      }));
    // CVAT's numbers are whole and always there; as text, one can be left out.
    case 'number':
    case 'text':
      return [{ rule, spec: textSpec(name) }];
  }
}

function textSpec(name: string): CvatAttributeSpec {
  return { name, mutable: false, input_type: 'text', default_value: '', values: [''] };
}

/**
 * The labels of a CVAT project for a label set.
 * @throws EdgeminerError `label.invalid` where names would mean two things in CVAT
 */
export function labelSpecs(labelSet: LabelSet): readonly CvatLabelSpec[] {
  const { kind, classes, text = 'none' } = labelSet;
  const type = kind === 'boxes' ? 'rectangle' : kind === 'polygons' ? 'polygon' : 'tag';
  const specsOf = (label: string) => attributeSlots(labelSet, label).map(({ spec }) => spec);
  const specs: readonly CvatLabelSpec[] = [
    ...classes.map((name): CvatLabelSpec => ({
      name,
      type,
      attributes: type === 'tag' ? [] : specsOf(name),
    })),
    {
      name: pictureTag,
      type: 'tag',
      attributes: [...specsOf(pictureTag), ...(text === 'none' ? [] : [textSpec(textAttribute)])],
    },
    { name: skipTag, type: 'tag', attributes: [textSpec(reasonAttribute)] },
  ];
  refuseTwins('class', specs);
  for (const { attributes } of specs) refuseTwins('attribute', attributes);
  return specs;
}

function refuseTwins(what: string, named: readonly { readonly name: string }[]): void {
  const seen = new Set<string>();
  for (const { name } of named) {
    if (seen.has(name)) {
      throw new EdgeminerError('label.invalid', `in CVAT, '${name}' would be two things`, {
        field: 'labelSets',
        mend: `Rename that ${what} in the label set.`,
      });
    }
    seen.add(name);
  }
}
