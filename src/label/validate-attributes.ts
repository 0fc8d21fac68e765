import type { AttributeRule, Attributes, AttributeValue, LabelSet } from './label.js';
import type { LabelProblem } from './label-problem.js';
import { labelSetKey } from './label-set.js';
import type { SentAttributes } from './label-shape.js';
import { listed, nearestName, useInstead } from './nearest-name.js';
import { twinFinder } from './twin-finder.js';
import { textProblems } from './validate-text.js';

/** Whose attributes they are. */
export interface AttributeScope {
  readonly on: AttributeRule['on'];
  /** Of the object, or those of the picture. */
  readonly classes: readonly string[];
  /** Where the attributes stand in the body. */
  readonly field: string;
  readonly labelSet: LabelSet;
}

/** Characters that an attribute of the kind `text` may have. */
const longestText = 500;

/** The attributes in the order of the label set; left out where nothing was said. */
export function validateAttributes(
  sent: SentAttributes,
  scope: AttributeScope,
  problems: LabelProblem[],
): { readonly attributes?: Attributes } {
  const said = new Map(Object.entries(sent ?? {}));
  const rules = (scope.labelSet.attributes ?? []).filter((rule) => applies(rule, scope));
  for (const name of said.keys()) {
    if (!rules.some((rule) => rule.name === name)) problems.push(misplaced(name, rules, scope));
  }
  const kept = rules.flatMap((rule): [string, AttributeValue][] => {
    const field = `${scope.field}.${rule.name}`;
    const checked = checkValue(said.get(rule.name), rule, field);
    // One by one: a long list does not fit in the arguments of one call.
    for (const problem of checked.problems) problems.push(problem);
    if (checked.value !== undefined) return [[rule.name, checked.value]];
    // Of a class that nobody knows, nothing is asked.
    const asked = rule.required && (rule.classes === undefined || knows(scope));
    if (asked && checked.problems.length === 0) problems.push(missing(rule, field, scope));
    return [];
  });
  return kept.length === 0 ? {} : { attributes: Object.fromEntries(kept) };
}

function applies({ on, classes }: AttributeRule, scope: AttributeScope): boolean {
  if (on !== scope.on) return false;
  return (
    classes === undefined || !knows(scope) || scope.classes.some((name) => classes.includes(name))
  );
}

/** Whether all classes are in the label set; another problem is there if they are not. */
function knows({ classes, labelSet }: AttributeScope): boolean {
  return classes.every((name) => labelSet.classes.includes(name));
}

function misplaced(
  name: string,
  rules: readonly AttributeRule[],
  { on, classes, field: parent, labelSet }: AttributeScope,
): LabelProblem {
  const field = `${parent}.${name}`;
  const namesakes = (labelSet.attributes ?? []).filter((rule) => rule.name === name);
  const ofOthers = namesakes.filter((rule) => rule.on === on).flatMap((rule) => rule.classes ?? []);
  if (ofOthers.length > 0) {
    const here = classes.length === 0 ? 'a picture without classes' : listed(classes);
    return {
      field,
      problem: `is an attribute of ${listed(ofOthers)}, not of ${here}`,
      mend: 'Remove it, or correct the class.',
    };
  }
  const where = { object: 'of each object', picture: 'of the picture as a whole' } as const;
  const [elsewhere] = namesakes;
  if (elsewhere !== undefined) {
    return {
      field,
      problem: `is an attribute ${where[elsewhere.on]}, not ${where[on]}`,
      mend: `Send it with the attributes ${where[elsewhere.on]}.`,
    };
  }
  const names = rules.map((rule) => rule.name);
  return {
    field,
    problem: `is not an attribute of the label set ${labelSetKey(labelSet)}`,
    mend:
      names.length === 0 || nearestName(name, names) === undefined
        ? `Remove it; ${names.length === 0 ? 'there are none here' : `there are ${listed(names)}`}.`
        : useInstead(name, names),
  };
}

function missing(rule: AttributeRule, field: string, { labelSet }: AttributeScope): LabelProblem {
  const problem = `is missing; the label set ${labelSetKey(labelSet)} asks for it`;
  return { field, problem, mend: `Send ${whatFits(rule)}.` };
}

interface Checked {
  /** Undefined where nothing was said or it does not fit. */
  readonly value?: AttributeValue;
  readonly problems: readonly LabelProblem[];
}

function checkValue(value: unknown, rule: AttributeRule, field: string): Checked {
  if (value === undefined) return { problems: [] };
  const wrongKind = (): Checked => ({
    problems: [
      {
        field,
        problem: `is ${kindOf(value)}, not ${wanted[rule.kind]}`,
        mend: `Send ${whatFits(rule)}.`,
      },
    ],
  });
  switch (rule.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? { value, problems: [] } : wrongKind();
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
        ? checkNumber(value, rule, field)
        : wrongKind();
    case 'text':
      return typeof value === 'string' ? checkText(value, field) : wrongKind();
    case 'choice':
      return typeof value === 'string' ? checkChoice(value, rule.values, field) : wrongKind();
    case 'choices':
      return isTexts(value) ? checkChoices(value, rule.values, field) : wrongKind();
  }
}

function checkNumber(
  value: number,
  rule: AttributeRule & { readonly kind: 'number' },
  field: string,
): Checked {
  const { min = -Infinity, max = Infinity } = rule;
  // Not every store tells -0 from 0.
  if (value >= min && value <= max) return { value: value === 0 ? 0 : value, problems: [] };
  const side = value < min ? `below ${min}` : `above ${max}`;
  return {
    problems: [{ field, problem: `is ${value}, ${side}`, mend: `Send ${whatFits(rule)}.` }],
  };
}

function checkText(value: string, field: string): Checked {
  const text = value.trim();
  if (text === '') return { problems: [] };
  const problems = textProblems(text, field, longestText);
  return problems.length === 0 ? { value: text, problems } : { problems };
}

function checkChoice(value: string, values: readonly string[], field: string): Checked {
  if (values.includes(value)) return { value, problems: [] };
  const problem = `'${value}' is not one of its values`;
  return { problems: [{ field, problem, mend: useInstead(value, values) }] };
}

function checkChoices(
  picked: readonly string[],
  values: readonly string[],
  field: string,
): Checked {
  const twinsOf = twinFinder();
  const problems = picked.flatMap((value, at) => {
    const place = `${field}[${at}]`;
    const twins = twinsOf(value, at, place, () => `'${value}' is there twice`);
    return twins.length > 0 ? twins : checkChoice(value, values, place).problems;
  });
  if (problems.length > 0 || picked.length === 0) return { problems };
  return { value: values.filter((value) => picked.includes(value)), problems };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

const wanted: Readonly<Record<AttributeRule['kind'], string>> = {
  boolean: 'true or false',
  number: 'a finite number',
  text: 'text',
  choice: 'one of its values',
  choices: 'a list of its values',
};

function whatFits(rule: AttributeRule): string {
  switch (rule.kind) {
    case 'number': {
      const { min, max } = rule;
      if (min !== undefined && max !== undefined) return `a number from ${min} to ${max}`;
      if (min !== undefined) return `a number from ${min} on`;
      return max === undefined ? 'a number' : `a number up to ${max}`;
    }
    case 'choice':
      return `one of ${listed(rule.values)}`;
    case 'choices':
      return `a list of some of ${listed(rule.values)}`;
    case 'boolean':
    case 'text':
      return wanted[rule.kind];
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return 'a JSON object';
  }
}
