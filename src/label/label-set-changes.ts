import type { LabelSet } from './label.js';
import type { Invalidated, LabelSetChange } from './label-set-change.js';
import { attributeChanges } from './attribute-changes.js';

const nothing: Invalidated = { kind: 'nothing' };

/**
 * What changed from one version of a label set to another, and which labels no longer fit: the
 * kind, classes, attributes, text, and what annotators are told. Empty for two that say the same,
 * whatever their names and versions.
 */
export function labelSetChanges(before: LabelSet, after: LabelSet): LabelSetChange[] {
  return [
    ...kindChange(before, after),
    ...classChanges(before, after),
    ...attributeChanges(before.attributes ?? [], after.attributes ?? [], after.classes),
    ...textChange(before, after),
    ...guidelineChanges(before, after),
  ];
}

/** Which labels a change invalidates, in words. */
export function describeInvalidated(invalidated: Invalidated): string {
  switch (invalidated.kind) {
    case 'nothing':
      return 'no label';
    case 'all':
      return 'all labels';
    case 'labels-with-class':
      return `labels with the class '${invalidated.class}'`;
    case 'labels-with-attribute': {
      const { attribute, classes, value } = invalidated;
      const said = value === undefined ? '' : `: ${value}`;
      return `labels with the attribute '${attribute}'${said}${ofClasses(classes)}`;
    }
    case 'labels-without-attribute':
      return `labels without the attribute '${invalidated.attribute}'${ofClasses(invalidated.classes)}`;
    case 'labels-with-text':
      return 'labels with a text';
    case 'labels-without-text':
      return 'labels without a text';
  }
}

function ofClasses(classes: readonly string[] | undefined): string {
  return classes === undefined ? '' : `, of ${classes.join(', ')}`;
}

function kindChange(before: LabelSet, after: LabelSet): LabelSetChange[] {
  if (before.kind === after.kind) return [];
  const what = `Labels are of kind ${after.kind}, not ${before.kind} any more.`;
  return [{ what, invalidates: { kind: 'all' } }];
}

function classChanges(before: LabelSet, after: LabelSet): LabelSetChange[] {
  const removed = before.classes.filter((name) => !after.classes.includes(name));
  const added = after.classes.filter((name) => !before.classes.includes(name));
  const kept = before.classes.filter((name) => after.classes.includes(name));
  const keptAfter = after.classes.filter((name) => before.classes.includes(name));
  return [
    ...removed.map((name): LabelSetChange => ({
      what: `The class '${name}' was removed.`,
      invalidates: { kind: 'labels-with-class', class: name },
    })),
    // An old label says nothing of a class that was not there, and is as valid as it was.
    ...added.map((name) => ({
      what: `The class '${name}' was added; labels from before don't know it.`,
      invalidates: nothing,
    })),
    ...(kept.every((name, at) => name === keptAfter[at])
      ? []
      : [{ what: 'The classes stand in another order.', invalidates: nothing }]),
  ];
}

function textChange(before: LabelSet, after: LabelSet): LabelSetChange[] {
  const [was = 'none', is = 'none'] = [before.text, after.text];
  if (was === is) return [];
  const what = `The text of a label is ${wordOf[is]}; it was ${wordOf[was]}.`;
  if (is === 'none') return [{ what, invalidates: { kind: 'labels-with-text' } }];
  return [{ what, invalidates: is === 'required' ? { kind: 'labels-without-text' } : nothing }];
}

const wordOf = { none: 'not asked for', optional: 'optional', required: 'required' } as const;

function guidelineChanges(before: LabelSet, after: LabelSet): LabelSetChange[] {
  const changes: LabelSetChange[] = [];
  const note = (what: string) => changes.push({ what, invalidates: nothing });
  if (before.guidelines !== after.guidelines) note('The guidelines changed.');
  for (const name of after.classes) {
    if (!before.classes.includes(name)) continue;
    const [was, is] = [noteOf(before, name), noteOf(after, name)];
    if (was?.guidelines !== is?.guidelines) note(`The guidelines of '${name}' changed.`);
    if (was?.examples.join('\n') !== is?.examples.join('\n')) {
      note(`The example pictures of '${name}' changed.`);
    }
  }
  return changes;
}

function noteOf({ notes = [] }: LabelSet, name: string) {
  return notes.find((note) => note.class === name);
}
