import type { ReferenceItem } from './reference.js';

/** Reference pictures that a fresh one is compared with, by the class that was predicted. */
export interface ClassGroup {
  /** What it is called in an explanation: 'predicted as milk'; undefined for all pictures. */
  readonly called: string | undefined;
  readonly rows: readonly number[];
}

/** So many measurements have a quantile of 1 %, and tell one class's ordinary doubt from another's. */
const minOfClass = 100;

/**
 * The groups of a class-conditional (Mondrian) conformal predictor (Vovk, Gammerman and Shafer
 * 2005, 4.5): each class with `minOfClass` measurements or more is held against itself, the
 * others against one another. Where those are too few together, they are held against all, and
 * the promise holds for all of them on the average only.
 */
export function classGroups(
  items: readonly ReferenceItem[],
  measured: Float64Array,
): (predicted: string | undefined) => ClassGroup {
  const byClass = new Map<string, number[]>();
  const all: number[] = [];
  for (let row = 0; row < measured.length; row += 1) {
    if (Number.isNaN(measured[row])) continue;
    all.push(row);
    const predicted = items[row]?.predicted;
    if (predicted === undefined) continue;
    const rows = byClass.get(predicted) ?? [];
    rows.push(row);
    byClass.set(predicted, rows);
  }
  const own = new Map<string, ClassGroup>();
  const rare: number[] = [];
  for (const [name, rows] of byClass) {
    if (rows.length >= minOfClass) own.set(name, { called: `predicted as ${name}`, rows });
    else rare.push(...rows);
  }
  const pooled: ClassGroup = { called: undefined, rows: all };
  const others: ClassGroup =
    own.size > 0 && rare.length >= minOfClass
      ? { called: 'of rarer classes', rows: rare.sort((a, b) => a - b) }
      : pooled;
  return (predicted) => (predicted === undefined ? pooled : (own.get(predicted) ?? others));
}
