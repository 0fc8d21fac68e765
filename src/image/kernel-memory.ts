/** The memory of a WebAssembly kernel of scripts/kernels; one call uses it at a time. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  readonly grow: (pages: number) => number;
}

/** What the types of Node leave out. */
interface WebAssemblyOfNode {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
}

/** The kernel's functions take addresses in its memory, and sizes; some return a number. */
export type Kernel<Name extends string, Figure extends string = never> = Readonly<
  Record<Name, (...args: readonly number[]) => void> &
    Record<Figure, (...args: readonly number[]) => number>
> & { readonly memory: KernelMemory };

const pageBytes = 65_536;
/** What lies below is the module's own. */
const firstFree = 1024;
/** Loops may read and write a step past the end of an area. */
const spareBytes = 32;

export function openKernel<Name extends string, Figure extends string = never>(
  binary: Uint8Array,
): Kernel<Name, Figure> {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyOfNode })
    .WebAssembly;
  return new Instance(new Module(binary)).exports as Kernel<Name, Figure>;
}

/** Lays areas out in a kernel's memory, one after the other; call `reserve` before they are used. */
export function layOut(memory: KernelMemory): {
  readonly area: (bytes: number) => number;
  readonly reserve: () => void;
} {
  let next = firstFree;
  return {
    area: (bytes) => {
      const at = next;
      next = (next + bytes + spareBytes + 15) & ~15;
      return at;
    },
    reserve: () => {
      const missing = next - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
    },
  };
}
