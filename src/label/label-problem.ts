import type { LabelBody } from './label.js';

/** One thing that is wrong with a label: where, what, and what to do (starting with a verb). */
export interface LabelProblem {
  /** As in the body that was sent: `kind`, `class`, `boxes[2].width`; `label` for all of it. */
  readonly field: string;
  readonly problem: string;
  readonly mend: string;
}

export type LabelValidation =
  | { readonly ok: true; readonly body: LabelBody }
  | { readonly ok: false; readonly problems: readonly LabelProblem[] };

/** Of the upright picture, in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Pixels by which a box or polygon may reach outside the picture. Editors that keep percentages or
 * drag on a scaled canvas are off by rounding; such a shape is cut to the picture, anything further
 * out is refused.
 */
export const edgeTolerance = 0.5;
