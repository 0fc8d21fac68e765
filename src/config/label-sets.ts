import { isDeepStrictEqual } from 'node:util';
import type { AttributeRule, ClassNote, LabelSet } from '../label/label.js';
import type { NameProblem } from './check-names.js';
import type {
  AttributeSettings,
  GuidelinesSettings,
  LabelSetSettings,
} from './label-set-settings.js';

/** Reads a file of guidelines, or says why it can't be read. */
export type ReadGuidelines = (
  path: string,
) => Promise<{ readonly text: string } | { readonly problem: string }>;

/** The label set as labels are validated against it; attributes of classes stand with the others. */
export async function labelSetFrom(
  name: string,
  settings: LabelSetSettings,
  readGuidelines: ReadGuidelines,
): Promise<{ readonly labelSet: LabelSet; readonly problems: readonly NameProblem[] }> {
  const problems: NameProblem[] = [];
  const at = (...path: string[]) => ['labelSets', name, ...path];
  const textOf = async (given: GuidelinesSettings | undefined, path: readonly string[]) => {
    if (given === undefined || typeof given === 'string') return given?.trim();
    const read = await readGuidelines(given.file);
    if ('text' in read) return read.text.trim();
    problems.push({ path: [...path, 'file'], problem: read.problem });
    return undefined;
  };
  const guidelines = await textOf(settings.guidelines, at('guidelines'));
  const notes: ClassNote[] = [];
  for (const [index, one] of settings.classes.entries()) {
    if (typeof one === 'string') continue;
    const told = await textOf(one.guidelines, at('classes', String(index), 'guidelines'));
    const said = told === undefined || told === '' ? {} : { guidelines: told };
    const note = { class: one.name, ...said, examples: one.examples };
    if (note.examples.length > 0 || 'guidelines' in said) notes.push(note);
  }
  const attributes = attributesOf(settings);
  const labelSet: LabelSet = {
    name,
    version: settings.version,
    kind: settings.kind,
    classes: settings.classes.map(nameOf),
    ...(guidelines === undefined || guidelines === '' ? {} : { guidelines }),
    ...(notes.length === 0 ? {} : { notes }),
    ...(attributes.length === 0 ? {} : { attributes }),
    ...(settings.text === 'none' ? {} : { text: settings.text }),
  };
  const wrong = problemsOf(labelSet).map((one) => ({ ...one, path: at(...one.path) }));
  return { labelSet, problems: [...problems, ...wrong] };
}

function nameOf(one: LabelSetSettings['classes'][number]): string {
  return typeof one === 'string' ? one : one.name;
}

/** One that several classes describe alike becomes one for them all. */
function attributesOf({ kind, classes, attributes }: LabelSetSettings): readonly AttributeRule[] {
  const usual = kind === 'boxes' || kind === 'polygons' ? 'object' : 'picture';
  const rules = attributes.map((one) => ruleOf(one, one.on ?? usual, one.classes));
  const ofClasses: { readonly bare: AttributeRule; readonly classes: string[] }[] = [];
  for (const one of classes) {
    if (typeof one === 'string') continue;
    for (const settings of one.attributes) {
      const bare = ruleOf(settings, usual, undefined);
      const same = ofClasses.find((known) => isDeepStrictEqual(known.bare, bare));
      if (same === undefined) ofClasses.push({ bare, classes: [one.name] });
      else same.classes.push(one.name);
    }
  }
  return [...rules, ...ofClasses.map(({ bare, classes: names }) => ({ ...bare, classes: names }))];
}

function ruleOf(
  { name, kind, values = [], min, max, required }: Omit<AttributeSettings, 'on' | 'classes'>,
  on: AttributeRule['on'],
  classes: readonly string[] | undefined,
): AttributeRule {
  const scope = { name, on, required, ...(classes === undefined ? {} : { classes }) };
  switch (kind) {
    case 'choice':
    case 'choices':
      return { ...scope, kind, values };
    case 'number':
      return {
        ...scope,
        kind,
        ...(min === undefined ? {} : { min }),
        ...(max === undefined ? {} : { max }),
      };
    case 'boolean':
    case 'text':
      return { ...scope, kind };
  }
}

/** What does not go together in a label set; paths begin within it. */
function problemsOf({ kind, classes, attributes = [] }: LabelSet): NameProblem[] {
  const drawn = kind === 'boxes' || kind === 'polygons';
  const doubled = classes.find((one, index) => classes.indexOf(one) !== index);
  return [
    ...(doubled === undefined
      ? []
      : [{ path: ['classes'], problem: `'${doubled}' is listed twice` }]),
    ...attributes.flatMap((rule, index): NameProblem[] => {
      const path = ['attributes'];
      const unknown = rule.classes?.find((one) => !classes.includes(one));
      const twin = attributes.slice(0, index).find((other) => overlap(rule, other));
      return [
        ...(unknown === undefined
          ? []
          : [
              { path, problem: `'${rule.name}' is for '${unknown}', which is none of the classes` },
            ]),
        ...(twin === undefined
          ? []
          : [{ path, problem: `'${rule.name}' is defined twice for the same classes` }]),
        ...(rule.on === 'object' && !drawn
          ? [
              {
                path,
                problem: `'${rule.name}' is of objects, and labels of kind ${kind} have none`,
              },
            ]
          : []),
        ...(rule.on === 'picture' && drawn && rule.classes !== undefined
          ? [{ path, problem: `'${rule.name}' is of the picture, which has no class here` }]
          : []),
      ];
    }),
  ];
}

function overlap(one: AttributeRule, other: AttributeRule): boolean {
  if (one.name !== other.name || one.on !== other.on) return false;
  const { classes } = other;
  return (
    one.classes === undefined ||
    classes === undefined ||
    one.classes.some((name) => classes.includes(name))
  );
}
