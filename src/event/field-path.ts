/** A place in a document, as a person writes it: `meta.cam.id`, `$.images[0].url`, `a['b.c']`. */
export interface FieldPath {
  /** As it was written. */
  readonly text: string;
  readonly steps: readonly (string | number)[];
}

const step = /^(?:\.?([A-Za-z_$][\w$-]*)|\[(\d+)\]|\['([^']+)'\]|\["([^"]+)"\])/;

/** Undefined where the text is no path. A leading `$` stands for the document itself. */
export function parsePath(text: string): FieldPath | undefined {
  const steps: (string | number)[] = [];
  let rest = text.trim().replace(/^\$(?=$|\.|\[)/, '');
  while (rest !== '') {
    const [whole = '', name, index, single, double] = step.exec(rest) ?? [];
    if (whole === '') return undefined;
    if (index !== undefined) steps.push(Number(index));
    else steps.push(name ?? single ?? double ?? '');
    rest = rest.slice(whole.length);
  }
  return { text, steps };
}

/** What stands there; undefined where the document has no such place. */
export function valueAt(document: unknown, { steps }: FieldPath): unknown {
  let value = document;
  for (const key of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[key];
  }
  return value;
}
