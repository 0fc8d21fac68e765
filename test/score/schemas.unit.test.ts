import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { signalNames } from '../../src/score/signal.js';

/* What crosses the border must be able to say every signal's name, built-in or the user's own. */

interface Node {
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly anyOf?: readonly Node[];
}

/** Every place in a schema where signals are named. */
function namesIn(node: unknown): { readonly names: readonly string[]; readonly own: RegExp }[] {
  if (typeof node !== 'object' || node === null) return [];
  const { anyOf } = node as Node;
  const names = anyOf?.find((choice) => choice.enum?.includes('dark') === true)?.enum;
  const pattern = anyOf?.find((choice) => choice.pattern?.startsWith('^own:') === true)?.pattern;
  if (names !== undefined) return [{ names, own: new RegExp(pattern ?? 'no pattern', 'u') }];
  return Object.values(node).flatMap(namesIn);
}

describe.each([
  ['edge-candidate.v1.schema.json', 3],
  ['curated-edge-case.v1.schema.json', 2],
])('schemas/%s', (file, places) => {
  const url = new URL(`../../schemas/${file}`, import.meta.url);
  const found = namesIn(JSON.parse(readFileSync(url, 'utf8')));

  it('knows every signal wherever it names one', () => {
    expect(found).toHaveLength(places);
    for (const { names } of found) {
      expect(names.filter((name) => name !== 'control-sample')).toEqual(signalNames);
    }
  });

  it('takes the names of scores of one’s own, and no others', () => {
    for (const { own } of found) {
      expect(own.test('own:rust-2')).toBe(true);
      for (const wrong of ['own:', 'own:Rust', 'rust', 'own:a b'])
        expect(own.test(wrong)).toBe(false);
    }
  });
});
