/**
 * A sample of a stream of unknown length that is the same in whatever order it comes: those whose
 * content hashes are the lowest, each content once. What is kept of a picture is made only when
 * it gets in.
 */
export class LowestHashes<T> {
  readonly #most: number;
  readonly #kept = new Map<string, { readonly row: number; readonly value: T }>();
  #highest = '';

  constructor(most: number) {
    this.#most = most;
  }

  offer(hash: string, row: number, make: () => T): void {
    if (this.#kept.has(hash) || this.#most === 0) return;
    if (this.#kept.size >= this.#most) {
      if (hash > this.#highest) return;
      this.#kept.delete(this.#highest);
    }
    this.#kept.set(hash, { row, value: make() });
    if (this.#kept.size < this.#most) return;
    // A walk over the sample, but ever more rarely: it takes a hash among the lowest.
    this.#highest = '';
    for (const kept of this.#kept.keys()) if (kept > this.#highest) this.#highest = kept;
  }

  /** By hash, lowest first. */
  sorted(): readonly { readonly hash: string; readonly row: number; readonly value: T }[] {
    return [...this.#kept.entries()]
      .map(([hash, { row, value }]) => ({ hash, row, value }))
      .sort((a, b) => (a.hash < b.hash ? -1 : 1));
  }
}
