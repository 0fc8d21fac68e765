import { EdgeminerError } from '../faults.js';
import type { ModelName, ModelVersion } from '../ids.js';
import type { EmbedderModel } from './embedder.js';
import type { Reference } from './reference.js';

/** What a reference is about to be used for. */
export interface ReferenceUse {
  readonly modelName: ModelName;
  readonly modelVersion: ModelVersion;
  /** The embedder that will run beside it; undefined where events bring their own embeddings. */
  readonly embedder: EmbedderModel | undefined;
}

/**
 * Refuses a reference of another model, or one whose embeddings another network made: distances
 * between the two mean nothing, and would look like any other distance.
 * @throws EdgeminerError `reference.mismatch` that names the field and how to build a fitting one.
 */
export function checkReference(reference: Reference, expected: ReferenceUse): void {
  const { embedder } = expected;
  check('modelName', reference.modelName, expected.modelName, expected);
  check('modelVersion', reference.modelVersion, expected.modelVersion, expected);
  if (embedder === undefined || reference.embedder === undefined) return;
  check('embedder.sha256', reference.embedder.sha256, embedder.sha256, expected);
  if (reference.embeddings === undefined) return;
  const dimensions = reference.embeddings.dimensions;
  check('dimensions', String(dimensions), String(embedder.dimensions), expected);
}

function check(field: string, found: string, expected: string, use: ReferenceUse): void {
  if (found === expected) return;
  throw new EdgeminerError(
    'reference.mismatch',
    `the reference does not fit: its ${field} is '${found}', expected '${expected}'`,
    {
      field,
      mend:
        'Rebuild with: edgeminer reference build --images DIR ' +
        `--model-name ${use.modelName} --model-version ${use.modelVersion}`,
    },
  );
}
