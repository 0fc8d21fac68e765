import type { ModelName, ModelVersion, ReferenceId } from '../ids.js';
import type { Reference } from './reference.js';

/**
 * References under their content hash, named by model and version. Obligations:
 *
 * - `publish` is idempotent and atomic: a reader sees the whole reference or none. A later one
 *   for the same model and version becomes the current one; the earlier stays loadable by id.
 * - `load` verifies what it reads (`reference.invalid` when it was damaged) and is undefined
 *   for an unknown id.
 * - The composition closes it.
 */
export interface ReferenceStore {
  publish(reference: Reference): Promise<void>;
  /** The current reference's id for exactly this model and version. */
  current(modelName: ModelName, modelVersion: ModelVersion): Promise<ReferenceId | undefined>;
  load(id: ReferenceId): Promise<Reference | undefined>;
  close(): Promise<void>;
}
