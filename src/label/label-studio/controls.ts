import type { AttributeRule, LabelSet } from '../label.js';

/**
 * The controls of a Label Studio project, by the names that results refer to (`from_name`).
 * They are made of the label set alone, so that results find their way back.
 */
export const imageName = 'image';
export const labelControl = 'label';
export const textControl = 'text';
/** How a boolean attribute is shown. */
export const yesNo = { yes: true, no: false } as const;

export interface AttributeControl {
  readonly name: string;
  readonly rule: AttributeRule;
}

/** A label set may have one attribute's name several times; the later ones get a number. */
export function attributeControls({ attributes = [] }: LabelSet): readonly AttributeControl[] {
  const seen = new Map<string, number>();
  return attributes.map((rule) => {
    const base = `${rule.on}:${rule.name}`;
    const count = (seen.get(base) ?? 0) + 1;
    seen.set(base, count);
    return { name: count === 1 ? base : `${base}:${count}`, rule };
  });
}
