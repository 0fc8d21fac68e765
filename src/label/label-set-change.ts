/** One difference between two versions of a label set. */
export interface LabelSetChange {
  /** A sentence. */
  readonly what: string;
  readonly invalidates: Invalidated;
}

/** Which labels that fitted before don't fit any more. */
export type Invalidated =
  | { readonly kind: 'nothing' }
  /** That name this class. */
  | { readonly kind: 'labels-with-class'; readonly class: string }
  | {
      readonly kind: 'labels-with-attribute';
      readonly attribute: string;
      /** Of these classes only. */
      readonly classes?: readonly string[];
      /** With this value only; of numbers outside what is allowed, a text that says so. */
      readonly value?: string;
    }
  | {
      readonly kind: 'labels-without-attribute';
      readonly attribute: string;
      readonly classes?: readonly string[];
    }
  | { readonly kind: 'labels-with-text' }
  | { readonly kind: 'labels-without-text' }
  | { readonly kind: 'all' };
