/** What is wrong with a part of an event. */
export interface Problem {
  /** Dotted: `predictions.boxes.3.width`. */
  readonly field: string;
  readonly problem: string;
  readonly mend?: string;
}

/** A part of an event, or what is wrong with it. */
export type Checked<T> =
  { readonly ok: true; readonly value: T } | ({ readonly ok: false } & Problem);
