import type { DetectedBox, Detection } from '../../event/inference-event.js';
import { compared, percentage } from '../explanation.js';
import type { PlainScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/**
 * Score of the surest box that the source's frame before had and this one has not, 0 (nothing
 * vanished) to 1: an object that is there, gone and there again is missed at times; consistency
 * over time as a signal for what to label (Roy, Unmesh and Namboodiri 2018; Bengar et al. 2019).
 * A box is found again where one of its class lies no further off than its own size; one that
 * was so near the edge may have left the picture and does not count. Absent without a detection,
 * and without a frame before of the same size in time.
 */
export const flicker: PlainScorer = {
  name: 'flicker',
  family: 'confidence',
  looksAt: 'predictions',
  unit: '0..1',
  range: [0, 1],
  unusual: 'high',
  fallbackLimit: 0.6,
  measure({ predictions, previous }) {
    if (predictions.kind !== 'detection') return { kind: 'absent', why: 'no-predictions' };
    const before = previous?.predictions;
    if (before?.kind !== 'detection' || !sameSize(before, predictions))
      return { kind: 'absent', why: 'no-previous-frame' };
    const gone = surest(vanished(before, predictions));
    return gone === undefined
      ? {
          kind: 'measured',
          raw: 0,
          note:
            before.boxes.length === 0
              ? 'The frame before had 0 boxes'
              : `None of ${before.boxes.length} boxes vanished since the frame before`,
        }
      : {
          kind: 'measured',
          raw: gone.score,
          note: `A box of ${gone.label}, ${percentage(gone.score)} sure, vanished since the frame before`,
        };
  },
  uncalibrated: (raw) => fallbackScore(raw, flicker.fallbackLimit, flicker),
  explain: (raw, standing, note = `Surest box that vanished ${percentage(raw)}`) =>
    `${note}: ${compared('more unsteady', standing)}.`,
};

function sameSize(a: Detection, b: Detection): boolean {
  return a.imageWidth === b.imageWidth && a.imageHeight === b.imageHeight;
}

/** Boxes that no box of the later frame continues; each continues one, the nearest first. */
function vanished(before: Detection, now: Detection): DetectedBox[] {
  const lost = new Set(before.boxes.filter((box) => !mayHaveLeft(box, before)));
  const free = new Set(now.boxes);
  const links: { readonly old: DetectedBox; readonly box: DetectedBox; readonly far: number }[] =
    [];
  for (const old of before.boxes) {
    for (const box of now.boxes) {
      const far = old.label === box.label ? apart(old, box) : Infinity;
      if (far <= 1) links.push({ old, box, far });
    }
  }
  const taken = new Set<DetectedBox>();
  for (const { old, box } of links.sort((a, b) => a.far - b.far)) {
    if (taken.has(old) || !free.has(box)) continue;
    taken.add(old);
    free.delete(box);
    lost.delete(old);
  }
  return [...lost];
}

/** Between the centres, as a multiple of the larger box's width and height. */
function apart(a: DetectedBox, b: DetectedBox): number {
  const across = Math.abs(a.x + a.width / 2 - b.x - b.width / 2);
  const down = Math.abs(a.y + a.height / 2 - b.y - b.height / 2);
  return Math.max(
    ratio(across, Math.max(a.width, b.width)),
    ratio(down, Math.max(a.height, b.height)),
  );
}

/** Of two boxes without extent at one place, 0. */
function ratio(distance: number, extent: number): number {
  return distance === 0 ? 0 : distance / extent;
}

/** Nearer to an edge than its own size. */
function mayHaveLeft(box: DetectedBox, { imageWidth, imageHeight }: Detection): boolean {
  return (
    box.x < box.width ||
    box.y < box.height ||
    box.x + 2 * box.width > imageWidth ||
    box.y + 2 * box.height > imageHeight
  );
}

function surest(boxes: readonly DetectedBox[]): DetectedBox | undefined {
  return boxes.reduce<DetectedBox | undefined>(
    (most, box) => (most === undefined || box.score > most.score ? box : most),
    undefined,
  );
}
