import { canonicalJson } from '../canonical-json.js';
import type { AttributeRule, ClassNote, LabelSet } from './label.js';

/** Name and version of a label set, as labels and curated sets cite it: `animals@2`. */
export function labelSetKey(labelSet: Pick<LabelSet, 'name' | 'version'>): string {
  return `${labelSet.name}@${labelSet.version}`;
}

/** Whether a label cites the label set of this name, in whatever version. */
export function citesLabelSet(key: string, name: string): boolean {
  return key.startsWith(`${name}@`) && /^\d+$/.test(key.slice(name.length + 1));
}

/** Whether two label sets say the same in every word. */
export function sameLabelSet(one: LabelSet, other: LabelSet): boolean {
  return labelSetText(one) === labelSetText(other);
}

/**
 * A label set as text, the same for the same content: its known fields only, in canonical JSON.
 * `labelSetFromText` reads it.
 */
export function labelSetText(labelSet: LabelSet): string {
  const { name, version, kind, classes, guidelines, notes, attributes, text } = labelSet;
  return canonicalJson({
    name,
    version,
    kind,
    classes,
    ...(guidelines !== undefined && { guidelines }),
    ...(notes !== undefined && notes.length > 0 && { notes: notes.map(plainNote) }),
    ...(attributes !== undefined &&
      attributes.length > 0 && { attributes: attributes.map(plainRule) }),
    ...(text !== undefined && text !== 'none' && { text }),
  });
}

/** Of a text that `labelSetText` wrote. */
export function labelSetFromText(text: string): LabelSet {
  return JSON.parse(text) as LabelSet;
}

function plainNote({ class: name, guidelines, examples }: ClassNote): ClassNote {
  return { class: name, ...(guidelines !== undefined && { guidelines }), examples };
}

function plainRule(rule: AttributeRule): AttributeRule {
  const { name, on, required, classes } = rule;
  const scope = { name, on, required, ...(classes !== undefined && { classes }) };
  switch (rule.kind) {
    case 'choice':
    case 'choices':
      return { ...scope, kind: rule.kind, values: rule.values };
    case 'number': {
      const { min, max } = rule;
      return {
        ...scope,
        kind: rule.kind,
        ...(min !== undefined && { min }),
        ...(max !== undefined && { max }),
      };
    }
    case 'boolean':
    case 'text':
      return { ...scope, kind: rule.kind };
  }
}
