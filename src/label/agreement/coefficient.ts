/** An agreement coefficient, or why there is none. */
export type Coefficient =
  | {
      readonly kind: 'measured';
      /** 1: full agreement; 0: as much as by chance; below 0: less than that. */
      readonly value: number;
      /** Share of pairs of answers that agree, 0..1. */
      readonly observed: number;
      /** That share as chance alone would make it, 0..1. */
      readonly expected: number;
      /** Units that two or more answered, and that counted. */
      readonly units: number;
    }
  | {
      readonly kind: 'absent';
      /**
       * `no-overlap`: nothing was answered twice. `one-class`: every answer was the same, and
       * chance alone would have agreed as well. `uneven`: units have different numbers of answers.
       */
      readonly why: 'no-overlap' | 'one-class' | 'uneven';
    };

/** Agreement beyond chance as a share of what was possible: (observed - expected) / (1 - expected). */
export function beyondChance(observed: number, expected: number, units: number): Coefficient {
  if (units === 0) return { kind: 'absent', why: 'no-overlap' };
  if (expected >= 1) return { kind: 'absent', why: 'one-class' };
  const value = (observed - expected) / (1 - expected);
  return { kind: 'measured', value, observed, expected, units };
}

/** How often each class occurs. */
export function tally(classes: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of classes) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
