import { EdgeminerError } from '../faults.js';
import type { EmbeddingMatrix } from './embedding-matrix.js';

/** Embeddings as they come, in one array that doubles when it is full. */
export class GrowingMatrix {
  #values = new Float32Array(0);
  #rows = 0;
  #dimensions = 0;

  append(embedding: Float32Array): void {
    if (this.#rows === 0) this.#dimensions = embedding.length;
    if (embedding.length !== this.#dimensions) {
      throw new EdgeminerError(
        'model.shape-mismatch',
        `the embedder gave ${embedding.length} values after ${this.#dimensions}`,
        { field: 'embedding' },
      );
    }
    const start = this.#rows * this.#dimensions;
    if (start + embedding.length > this.#values.length) {
      const grown = new Float32Array(Math.max(64 * embedding.length, 2 * this.#values.length));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values.set(embedding, start);
    this.#rows += 1;
  }

  /** A copy of the right size; undefined without rows. */
  matrix(): EmbeddingMatrix | undefined {
    if (this.#rows === 0) return undefined;
    const values = this.#values.slice(0, this.#rows * this.#dimensions);
    return { rows: this.#rows, dimensions: this.#dimensions, values };
  }
}
