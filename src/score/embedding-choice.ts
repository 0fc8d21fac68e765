import type { AbsentSignal } from './signal.js';

/** The embedding to look up in the reference, or why there is none. */
export type EmbeddingChoice =
  | { readonly kind: 'embedding'; readonly embedding: Float32Array }
  | { readonly kind: 'absent'; readonly why: AbsentSignal['why'] };

/**
 * The event's own embedding comes first: its producer knows best. It is trusted to come from
 * the network that the reference was built with, as nothing but its length can be checked; one
 * of another length is not replaced, since that would hide the producer's mistake.
 * `dimensions` is the length of the reference's embeddings, undefined where it has none.
 */
export function chooseEmbedding(
  fromEvent: Float32Array | undefined,
  inferred: Float32Array | undefined,
  dimensions: number | undefined,
): EmbeddingChoice {
  if (dimensions === undefined) return { kind: 'absent', why: 'no-reference' };
  const embedding = fromEvent ?? inferred;
  if (embedding === undefined) return { kind: 'absent', why: 'no-embedding' };
  return embedding.length === dimensions
    ? { kind: 'embedding', embedding }
    : { kind: 'absent', why: 'embedding-size-differs' };
}
