import { compared, percentage } from '../explanation.js';
import { framePrint, unchangedShare } from '../frame-print.js';
import type { FramePrint } from '../frame-print.js';
import type { FrameScorer, SeenFrame } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/** Frames; longer rows are no more frozen. */
const most = 1000;

/** A clock that is drawn into the picture goes on while the picture stands still. */
const sameFrom = 0.85;

/**
 * How many frames in a row, this one included, show the very same picture, 1 (another than the
 * one before) to 1000: at least 0.85 of the sampled pixels with texture have the same luma to the
 * level. A live camera never gives that, however still the scene, for its grain is new in every
 * frame (Lukáš, Fridrich and Goljan 2006, on what of it stays); a hung encoder, a stuck buffer
 * or a picture played back does. Metadata and a clock in the picture do not matter. Absent
 * where this worker saw no earlier frame of the source, and where there is too little texture to
 * tell. Copies in time of one exposure are the producer's to name alike: the same event again, or
 * one of the same time, is not compared.
 */
export const frozenCamera: FrameScorer = {
  name: 'frozen-camera',
  family: 'quality',
  looksAt: 'frames',
  unit: 'frames',
  range: [1, most],
  unusual: 'high',
  fallbackLimit: 2,
  measure({ plane, previous }) {
    const before = previous?.image;
    if (before === undefined) return { kind: 'absent', why: 'no-previous-frame' };
    const print = framePrint(plane);
    const unchanged = unchangedShare(before.print, print);
    if (unchanged === undefined) return { kind: 'absent', why: 'too-little-texture' };
    const { inARow } = afterFrame(before, print);
    return {
      kind: 'measured',
      raw: inARow,
      note:
        `${percentage(unchanged)} of the pixels as in the frame before` +
        (inARow > 1 ? `, the same picture ${inARow} times in a row` : ''),
    };
  },
  uncalibrated: (raw) => fallbackScore(raw, frozenCamera.fallbackLimit, frozenCamera),
  explain(raw, standing, note = `The same picture ${raw} times in a row`) {
    if (standing !== undefined) return `${note}: ${compared('stiller', standing)}.`;
    return raw > 1 ? `${note}: a live camera's grain would differ.` : `${note}: no standstill.`;
  },
};

/** What is to be remembered of a frame, given what was of the one before. */
export function afterFrame(before: SeenFrame | undefined, print: FramePrint): SeenFrame {
  const unchanged = before === undefined ? undefined : unchangedShare(before.print, print);
  const isSame = before !== undefined && unchanged !== undefined && unchanged >= sameFrom;
  return { print, inARow: isSame ? Math.min(most, before.inARow + 1) : 1 };
}
