import { canonicalJson } from '../canonical-json.js';
import type { AttributeRule } from './label.js';
import type { Invalidated, LabelSetChange } from './label-set-change.js';

const nothing: Invalidated = { kind: 'nothing' };

/**
 * What changed of the attributes. One is told from another by its name, what it is of, and the
 * classes that it is for, where its name stands more than once.
 *
 * @param classes All of the label set, as it is after the change.
 */
export function attributeChanges(
  before: readonly AttributeRule[],
  after: readonly AttributeRule[],
  classes: readonly string[],
): LabelSetChange[] {
  const names = new Set([...before, ...after].map(({ name }) => name));
  return [...names].flatMap((name) => {
    const [was, is] = [
      before.filter((rule) => rule.name === name),
      after.filter((rule) => rule.name === name),
    ];
    const [one, other] = [was[0], is[0]];
    return was.length === 1 && is.length === 1 && one !== undefined && other !== undefined
      ? ruleChanges(one, other, classes)
      : scopeChanges(was, is);
  });
}

/** Of a name that came, went, or stands several times: each rule is there before and after, or not. */
function scopeChanges(
  before: readonly AttributeRule[],
  after: readonly AttributeRule[],
): LabelSetChange[] {
  const gone = before.filter((rule) => !after.some((other) => isSame(rule, other)));
  const come = after.filter((rule) => !before.some((other) => isSame(rule, other)));
  return [
    ...gone.map((rule): LabelSetChange => ({
      what: `${nameOf(rule)} was removed.`,
      invalidates: { kind: 'labels-with-attribute', ...whereOf(rule) },
    })),
    ...come.map((rule): LabelSetChange => ({
      what: `${nameOf(rule)} was added${rule.required ? ', and is required' : ''}.`,
      invalidates: rule.required ? { kind: 'labels-without-attribute', ...whereOf(rule) } : nothing,
    })),
  ];
}

function ruleChanges(
  before: AttributeRule,
  after: AttributeRule,
  allClasses: readonly string[],
): LabelSetChange[] {
  const { name: attribute } = after;
  if (before.on !== after.on) {
    const of = { object: 'of each object', picture: 'of the picture' } as const;
    return [
      {
        what: `The attribute '${attribute}' is ${of[after.on]}, not ${of[before.on]} any more.`,
        invalidates: { kind: 'labels-with-attribute', attribute },
      },
      ...(after.required ? [missing(`'${attribute}' is required there.`, after)] : []),
    ];
  }
  if (before.kind !== after.kind) {
    const what = `The attribute '${attribute}' is a ${after.kind}, not a ${before.kind} any more.`;
    return [
      { what, invalidates: { kind: 'labels-with-attribute', attribute } },
      ...requiredChange(before, after),
      ...classChanges(before, after, allClasses),
    ];
  }
  return [
    ...valueChanges(before, after),
    ...boundChanges(before, after),
    ...requiredChange(before, after),
    ...classChanges(before, after, allClasses),
  ];
}

function valueChanges(before: AttributeRule, after: AttributeRule): LabelSetChange[] {
  const { name: attribute } = after;
  const [was, is] = [valuesOf(before), valuesOf(after)];
  const kept = was.filter((value) => is.includes(value));
  const keptAfter = is.filter((value) => was.includes(value));
  return [
    ...was
      .filter((value) => !is.includes(value))
      .map((value): LabelSetChange => ({
        what: `'${value}' is not a value of '${attribute}' any more.`,
        invalidates: { kind: 'labels-with-attribute', attribute, value },
      })),
    ...is
      .filter((value) => !was.includes(value))
      .map((value) => ({
        what: `'${value}' is a new value of '${attribute}'.`,
        invalidates: nothing,
      })),
    ...(kept.every((value, at) => value === keptAfter[at])
      ? []
      : [
          {
            what: `The values of '${attribute}' stand in another order.`,
            invalidates: nothing,
          },
        ]),
  ];
}

function boundChanges(before: AttributeRule, after: AttributeRule): LabelSetChange[] {
  if (before.kind !== 'number' || after.kind !== 'number') return [];
  const { name: attribute, min = -Infinity, max = Infinity } = after;
  const { min: least = -Infinity, max: most = Infinity } = before;
  const changes: LabelSetChange[] = [];
  if (min !== least) {
    const what = `The least value of '${attribute}' is ${bound(min)}; it was ${bound(least)}.`;
    const value = `below ${min}`;
    changes.push({
      what,
      invalidates: min > least ? { kind: 'labels-with-attribute', attribute, value } : nothing,
    });
  }
  if (max !== most) {
    const what = `The greatest value of '${attribute}' is ${bound(max)}; it was ${bound(most)}.`;
    const value = `above ${max}`;
    changes.push({
      what,
      invalidates: max < most ? { kind: 'labels-with-attribute', attribute, value } : nothing,
    });
  }
  return changes;
}

function requiredChange(before: AttributeRule, after: AttributeRule): LabelSetChange[] {
  if (before.required === after.required) return [];
  return after.required
    ? [missing(`The attribute '${after.name}' is required.`, after)]
    : [{ what: `The attribute '${after.name}' is not required any more.`, invalidates: nothing }];
}

function classChanges(
  before: AttributeRule,
  after: AttributeRule,
  allClasses: readonly string[],
): LabelSetChange[] {
  const { name: attribute } = after;
  const [was, is] = [before.classes ?? allClasses, after.classes ?? allClasses];
  const removed = was.filter((name) => allClasses.includes(name) && !is.includes(name));
  const added = is.filter((name) => !was.includes(name));
  const changes: LabelSetChange[] = [];
  // A picture may have no class at all: one without takes part only where no class is named.
  if (after.on === 'picture' && (before.classes === undefined) !== (after.classes === undefined)) {
    const narrower = after.classes !== undefined;
    const what = narrower
      ? `The attribute '${attribute}' is for ${is.join(', ')} only.`
      : `The attribute '${attribute}' is for all pictures.`;
    if (narrower) return [{ what, invalidates: { kind: 'labels-with-attribute', attribute } }];
    const invalidates: Invalidated = { kind: 'labels-without-attribute', attribute };
    return [{ what, invalidates: after.required ? invalidates : nothing }];
  }
  if (removed.length > 0) {
    changes.push({
      what: `The attribute '${attribute}' is not for ${removed.join(', ')} any more.`,
      invalidates: { kind: 'labels-with-attribute', attribute, classes: removed },
    });
  }
  if (added.length > 0 && before.classes !== undefined) {
    const what = `The attribute '${attribute}' is for ${added.join(', ')}, too.`;
    changes.push({
      what,
      invalidates: after.required
        ? { kind: 'labels-without-attribute', attribute, classes: added }
        : nothing,
    });
  }
  if (changes.length === 0 && (before.classes === undefined) !== (after.classes === undefined)) {
    const what = `The attribute '${attribute}' names its classes in another way.`;
    changes.push({ what, invalidates: nothing });
  }
  return changes;
}

function missing(what: string, rule: AttributeRule): LabelSetChange {
  return { what, invalidates: { kind: 'labels-without-attribute', ...whereOf(rule) } };
}

function whereOf({ name, classes }: AttributeRule) {
  return { attribute: name, ...(classes === undefined ? {} : { classes }) };
}

function nameOf({ name, classes }: AttributeRule): string {
  const of = classes === undefined ? '' : ` of ${classes.join(', ')}`;
  return `The attribute '${name}'${of}`;
}

function valuesOf(rule: AttributeRule): readonly string[] {
  return rule.kind === 'choice' || rule.kind === 'choices' ? rule.values : [];
}

function bound(value: number): string {
  return Number.isFinite(value) ? String(value) : 'free';
}

/** Recorded rules have their fields in another order than written ones. */
function isSame(one: AttributeRule, other: AttributeRule): boolean {
  return canonicalJson(one) === canonicalJson(other);
}
