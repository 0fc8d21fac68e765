import type { ScoringInput } from '../scorer.js';
import type { AbsentSignal } from '../signal.js';
import type { ComparedFormat } from './trait-surprise.js';

/** The picture's form and the reference's, or what is missing of them. */
export function comparedFormat({
  format,
  formats = 'no-reference',
}: ScoringInput): ComparedFormat | AbsentSignal['why'] {
  if (typeof formats === 'string') return formats;
  return format === undefined ? 'image-not-read' : { format, profile: formats };
}
