/**
 * JSON that gives back what it was given: numbers that JSON can't write (NaN, infinities, -0) are
 * `{"$number":"NaN"}`, and keys of data that begin with `$` get a second one, so that no data
 * can be taken for that. What is undefined is left out, as in JSON.
 */
const numberKey = '$number';

export function toExactJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'number') {
      if (Object.is(part, -0)) return { [numberKey]: '-0' };
      return Number.isFinite(part) ? part : { [numberKey]: String(part) };
    }
    if (!isRecord(part)) return part;
    return mapKeys(part, (key) => (key.startsWith('$') ? `$${key}` : key));
  });
}

/** Reads what `toExactJson` wrote. Throws SyntaxError for anything that isn't JSON. */
export function fromExactJson(text: string): unknown {
  return JSON.parse(text, (_, part: unknown) => {
    if (!isRecord(part)) return part;
    if (Object.hasOwn(part, numberKey)) return Number(part[numberKey]);
    return mapKeys(part, (key) => (key.startsWith('$$') ? key.slice(1) : key));
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapKeys(
  record: Record<string, unknown>,
  rename: (key: string) => string,
): Record<string, unknown> {
  const keys = Object.keys(record);
  if (!keys.some((key) => rename(key) !== key)) return record;
  return Object.fromEntries(keys.map((key) => [rename(key), record[key]]));
}
