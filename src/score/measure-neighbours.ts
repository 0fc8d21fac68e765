import type { LabelledNeighbour, Neighbour } from './neighbours.js';
import type { ReferenceItem } from './reference.js';
import { scorers } from './registry.js';
import type { PredictionOrigin, ScoringInput } from './scorer.js';
import type { SignalName } from './signal.js';

/**
 * The signals that look at neighbours, on the reference pictures whose neighbours were found: by
 * row, each item's nearest among the others. NaN for the others and where a signal is absent.
 */
export function measureNeighbours(
  found: ReadonlyMap<number, readonly Neighbour[]>,
  items: readonly ReferenceItem[],
  predictionsBy: PredictionOrigin | undefined,
): Partial<Record<SignalName, Float64Array>> {
  const columns: Partial<Record<SignalName, Float64Array>> = {};
  const referenceLabels = new Set<string>();
  for (const { label } of items) if (label !== undefined) referenceLabels.add(label);
  for (const [row, nearest] of found) {
    const predicted = items[row]?.predicted;
    const input: ScoringInput = {
      plane: undefined,
      // Which class it was is all that neighbours are compared with.
      predictions:
        predicted === undefined
          ? { kind: 'none' }
          : { kind: 'classification', classes: [predicted], probabilities: [1] },
      predictionsBy: predictionsBy ?? 'embedder',
      neighbours: withLabels(nearest, items),
      referenceLabels,
    };
    for (const scorer of scorers) {
      if (scorer.looksAt !== 'neighbours') continue;
      const measurement = scorer.measure(input);
      if (measurement.kind === 'absent') continue;
      const column = (columns[scorer.name] ??= new Float64Array(items.length).fill(Number.NaN));
      column[row] = measurement.raw;
    }
  }
  return columns;
}

/** What people called the pictures that were found. */
export function withLabels(
  neighbours: readonly Neighbour[],
  items: readonly ReferenceItem[],
): readonly LabelledNeighbour[] {
  return neighbours.map(({ index, distance }) => ({ index, distance, label: items[index]?.label }));
}
