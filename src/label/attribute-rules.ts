import { EdgeminerError } from '../faults.js';
import type { Attributes, AttributeRule, AttributeValue, LabelSet } from './label.js';

/** The rule of an attribute of an object of this class, or of a picture labelled with these. */
export function ruleOf(
  { attributes = [] }: LabelSet,
  on: AttributeRule['on'],
  classes: readonly string[],
  name: string,
): AttributeRule | undefined {
  return attributes.find(
    (rule) =>
      rule.on === on &&
      rule.name === name &&
      (rule.classes === undefined || rule.classes.some((one) => classes.includes(one))),
  );
}

/** The values of `picked` in the order of the rule; what the rule does not know stands last. */
export function inOrderOf(values: readonly string[], picked: readonly string[]): readonly string[] {
  return [
    ...values.filter((value) => picked.includes(value)),
    ...picked.filter((value) => !values.includes(value)),
  ];
}

/** As a label has them: absent where nothing was said. */
export function attributesOf(said: ReadonlyMap<string, AttributeValue>): {
  attributes?: Attributes;
} {
  return said.size === 0 ? {} : { attributes: Object.fromEntries(said) };
}

export function unknownAttribute(name: string): EdgeminerError {
  return new EdgeminerError('label.invalid', `the label set has no attribute '${name}'`, {
    field: `attributes.${name}`,
    mend: 'Label the task by the present version of the label set.',
  });
}
