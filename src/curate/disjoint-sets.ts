/** Union-find over 0..size-1, with path halving and union by size. */
export class DisjointSets {
  readonly #parent: Uint32Array;
  readonly #size: Uint32Array;

  constructor(size: number) {
    this.#parent = Uint32Array.from({ length: size }, (_, index) => index);
    this.#size = new Uint32Array(size).fill(1);
  }

  /** The representative of the element's set; changes as sets are joined. */
  find(element: number): number {
    const parent = this.#parent;
    let at = element;
    for (;;) {
      const above = parent[at] ?? at;
      if (above === at) return at;
      const next = parent[above] ?? above;
      parent[at] = next;
      at = next;
    }
  }

  join(a: number, b: number): void {
    const rootA = this.find(a);
    const rootB = this.find(b);
    if (rootA === rootB) return;
    const sizeA = this.#size[rootA] ?? 1;
    const sizeB = this.#size[rootB] ?? 1;
    const [large, small] = sizeA >= sizeB ? [rootA, rootB] : [rootB, rootA];
    this.#parent[small] = large;
    this.#size[large] = sizeA + sizeB;
  }
}
