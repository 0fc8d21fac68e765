import type { EdgeminerError } from '../faults.js';

/** What a fetch came to; everything that is neither is thrown. */
export type Answer =
  | { readonly kind: 'image'; readonly bytes: Uint8Array }
  /** Gone or refused, as far as one try can tell: worth few more, then it is a data error. */
  | { readonly kind: 'missing'; readonly fault: EdgeminerError };
