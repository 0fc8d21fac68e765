import type { Embedder } from '../../score/embedder.js';
import { checkPictures } from './check-pictures.js';

/** What a model made of the ten pictures. */
export interface CheckedEmbeddings {
  /** In the order of the pictures. */
  readonly embeddings: readonly Float32Array[];
  /** Absent for a model that only embeds. */
  readonly logits: readonly Float32Array[];
  /** The median picture's, of one inference at a time, preparing included. */
  readonly milliseconds: number;
}

export async function embedCheckPictures(embedder: Embedder): Promise<CheckedEmbeddings> {
  const embeddings: Float32Array[] = [];
  const logits: Float32Array[] = [];
  const times: number[] = [];
  // One after the other: what shares a batch moves the last digits.
  for (const picture of checkPictures()) {
    const from = performance.now();
    const inference = await embedder.infer(picture);
    times.push(performance.now() - from);
    embeddings.push(inference.embedding);
    if (inference.logits !== undefined) logits.push(inference.logits);
  }
  const milliseconds = times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
  return { embeddings, logits, milliseconds };
}

export interface Agreement {
  /** -1..1, of the picture whose two embeddings point furthest apart. */
  readonly lowestCosine: number;
  /** That picture, 0 the first. */
  readonly picture: number;
  /** Between two values of one place, in the model's own units. */
  readonly largestDifference: number;
  /** The largest of the stored values, to compare that with. */
  readonly largestValue: number;
}

/** Of two lists of the same pictures' embeddings, each of the same length. */
export function compareEmbeddings(
  stored: readonly Float32Array[],
  found: readonly Float32Array[],
): Agreement {
  let lowestCosine = Infinity;
  let picture = 0;
  let largestDifference = 0;
  let largestValue = 0;
  stored.forEach((one, index) => {
    const other = found[index] ?? new Float32Array();
    const cosine = cosineOf(one, other);
    // Not a number is as far apart as can be.
    if (!(cosine >= lowestCosine)) [lowestCosine, picture] = [cosine, index];
    one.forEach((value, at) => {
      largestDifference = Math.max(largestDifference, Math.abs(value - (other[at] ?? NaN)));
      largestValue = Math.max(largestValue, Math.abs(value));
    });
  });
  return { lowestCosine, picture, largestDifference, largestValue };
}

/** 1 for two that are zero throughout: they do not differ. */
function cosineOf(a: Float32Array, b: Float32Array): number {
  let [dot, ofA, ofB] = [0, 0, 0];
  a.forEach((value, index) => {
    const other = b[index] ?? NaN;
    dot += value * other;
    ofA += value * value;
    ofB += other * other;
  });
  if (ofA === 0 && ofB === 0) return 1;
  return dot / Math.sqrt(ofA * ofB);
}
