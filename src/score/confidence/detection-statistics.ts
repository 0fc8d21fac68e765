import type { Detection } from '../../event/inference-event.js';
import { logBoxSize } from './boxes.js';

/** What detections of the reference's pictures look like. */
export interface DetectionStatistics {
  /** Pictures with a detection, those without a box included. */
  readonly pictures: number;
  /** The deployed threshold, as it was set or else the lowest score of any box; 0..1. */
  readonly scoreThreshold?: number | undefined;
  /** Of ln(1 + number of boxes), over the pictures. */
  readonly boxCount: Spread;
  /** Of ln(share of the picture that a box covers), over all boxes; absent without any. */
  readonly boxSize?: Spread | undefined;
  /** The same over the boxes of a class, for classes with `minBoxes` or more. */
  readonly boxSizeOf: Readonly<Record<string, Spread>>;
}

export interface Spread {
  readonly mean: number;
  /** Standard deviation; 0 where all are alike. */
  readonly deviation: number;
}

/** With fewer boxes, a class is judged by the sizes of all. */
const minBoxes = 30;

/** Undefined for no detections. `scoreThreshold` is what the settings say, if they do. */
export function detectionStatistics(
  detections: readonly Detection[],
  scoreThreshold: number | undefined,
): DetectionStatistics | undefined {
  if (detections.length === 0) return undefined;
  const sizes = new Map<string, number[]>();
  let lowest: number | undefined;
  for (const detection of detections) {
    for (const box of detection.boxes) {
      const ofClass = sizes.get(box.label) ?? [];
      ofClass.push(logBoxSize(box, detection));
      sizes.set(box.label, ofClass);
      lowest = Math.min(lowest ?? box.score, box.score);
    }
  }
  const all = [...sizes.values()].flat();
  return {
    pictures: detections.length,
    scoreThreshold: scoreThreshold ?? lowest,
    boxCount: spreadOf(detections.map(({ boxes }) => Math.log(1 + boxes.length))),
    boxSize: all.length === 0 ? undefined : spreadOf(all),
    boxSizeOf: Object.fromEntries(
      [...sizes]
        // One name means something else in objects, and would not come back from a file.
        .filter(([label, ofClass]) => ofClass.length >= minBoxes && label !== '__proto__')
        .map(([label, ofClass]) => [label, spreadOf(ofClass)]),
    ),
  };
}

/** Of one value or more. */
function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}
