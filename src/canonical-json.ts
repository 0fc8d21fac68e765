import canonicalize from 'canonicalize';
import { EdgeminerError, messageOf } from './faults.js';

/**
 * JSON in the one form of RFC 8785: sorted keys, no blanks, shortest numbers. The same value is
 * the same text on every machine and from every store. Throws `input.invalid` for what JSON
 * can't hold: NaN, infinities, lone surrogates, cycles.
 */
export function canonicalJson(value: unknown): string {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (error) {
    throw notJson(messageOf(error), error);
  }
  if (text === undefined) throw notJson('there is no value');
  return text;
}

function notJson(why: string, cause?: unknown): EdgeminerError {
  return new EdgeminerError('input.invalid', `This value can't be written as JSON: ${why}.`, {
    mend: 'Use finite numbers, well-formed text, lists and plain objects only.',
    cause,
  });
}
