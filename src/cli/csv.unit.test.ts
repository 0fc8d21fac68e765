import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { csv } from './csv.js';

const read = (rows: readonly (readonly (string | number)[])[]): string[][] =>
  parse(csv(rows).join('\n'), { relaxColumnCount: true });

it.each([
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  '\n=1',
  '＝1',
  '=HYPERLINK("http://x","y")',
])('takes the meaning of a formula away from %j', (text) => {
  expect(read([[text]])).toEqual([[`'${text}`]]);
});

it('leaves numbers as they are', () => {
  expect(csv([[-1.5, 0, '-1.5']])).toEqual([`-1.5,0,"'-1.5"`]);
});

it('reads back as it was written, but for the mark before a formula', () => {
  const rows = fc.array(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 2, maxLength: 2 }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(rows, (written) => {
      const back = read(written);
      expect(back.flat().map((text) => text.replace(/^'/u, ''))).toEqual(
        written.flat().map((text) => text.replace(/^'/u, '')),
      );
      for (const text of back.flat()) expect(text).not.toMatch(/^[=+\-@\t\r\n]/u);
    }),
  );
});
