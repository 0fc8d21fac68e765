/** What a value is, in plain words, for messages. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (isList(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'number':
      return Number.isFinite(value) ? 'a number' : String(value);
    case 'object':
      return 'an object';
    default:
      return `a ${typeof value}`;
  }
}

/** Avro's arrays of floats come as a Float32Array. */
export function isList(value: unknown): value is readonly unknown[] | Float32Array {
  return Array.isArray(value) || value instanceof Float32Array;
}
