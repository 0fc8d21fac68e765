import { readFileSync } from 'node:fs';
import { annotatorId } from '../../src/ids.js';
import type { Rating } from '../../src/label/agreement/dawid-skene.js';

/** The tables of test/fixtures/agreement, in the form that the functions take. Each file names its source. */

function table(name: string): unknown {
  const file = new URL(`../fixtures/agreement/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}

interface Counts {
  readonly classes: readonly string[];
  readonly counts: readonly (readonly number[])[];
  readonly kappa: number;
}

export function cohen1960(): { pairs: [string, string][]; kappa: number } {
  const { classes, counts, kappa } = table('cohen-1960') as Counts;
  const pairs = counts.flatMap((row, one) =>
    row.flatMap((count, other) =>
      Array.from({ length: count }, (): [string, string] => [
        classes[one] ?? '',
        classes[other] ?? '',
      ]),
    ),
  );
  return { pairs, kappa };
}

export function fleiss1971(): { units: string[][]; kappa: number } {
  const { classes, counts, kappa } = table('fleiss-1971') as Counts;
  const units = counts.map((row) =>
    row.flatMap((count, at) => Array.from({ length: count }, () => classes[at] ?? '')),
  );
  return { units, kappa };
}

export function krippendorff2011(): { units: (string | null)[][]; alpha: number } {
  return table('krippendorff-2011') as { units: (string | null)[][]; alpha: number };
}

export function dawidSkene1979(): Rating[] {
  const { patients } = table('dawid-skene-1979') as {
    patients: { first: string[]; others: string[] }[];
  };
  return patients.flatMap(({ first, others }, at) => [
    ...first.map((said) => rating(at, 1, said)),
    ...others.map((said, observer) => rating(at, observer + 2, said)),
  ]);
}

function rating(patient: number, observer: number, said: string): Rating {
  return { unit: `${patient + 1}`, annotator: annotatorId(`${observer}`), class: said };
}

type Posteriors = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What crowd-kit 1.4.2 makes of the anaesthetists' ratings, by patient and class. */
export function crowdKitPosteriors(which: 'all' | 'thinned'): Posteriors {
  return (table('crowd-kit-1.4.2') as Record<typeof which, Posteriors>)[which];
}
