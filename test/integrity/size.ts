/**
 * How large the scenarios are and what chance they take. `npm test` runs all of them small,
 * `npm run test:integrity` as large as they are meant (EDGEMINER_INTEGRITY_SIZE=full).
 */
const size = process.env['EDGEMINER_INTEGRITY_SIZE'] === 'full' ? 'full' : 'small';

/** Of EDGEMINER_INTEGRITY_SEED, else another one for each file; every figures line shows it. */
export const seed = givenSeed() ?? Math.floor(Math.random() * 2 ** 32);

export function sized(figures: { readonly small: number; readonly full: number }): number {
  return figures[size];
}

/** Prints what a scenario counted, in one line that can be quoted. */
export function report(scenario: string, figures: Readonly<Record<string, unknown>>): void {
  const told = Object.entries(figures).map(([name, value]) => `${name} ${String(value)}`);
  console.log(`[integrity ${size}] ${scenario}: ${told.join(', ')}; seed ${seed}`);
}

function givenSeed(): number | undefined {
  const text = process.env['EDGEMINER_INTEGRITY_SEED']?.trim();
  if (text === undefined || text === '') return undefined;
  const given = Number(text);
  if (Number.isInteger(given) && given >= 0 && given < 2 ** 32) return given;
  throw new Error(`EDGEMINER_INTEGRITY_SEED must be a whole number below 2^32, not '${text}'`);
}
