import { readFile } from 'node:fs/promises';
import asc from 'assemblyscript/asc';

/** The WebAssembly module of plane-kernel.ts; the same bytes for the same source. */
export async function compileKernel() {
  const source = await readFile(new URL('plane-kernel.ts', import.meta.url), 'utf8');
  let binary;
  const { error, stderr } = await asc.main(
    [
      'plane-kernel.ts',
      ...['--runtime', 'stub', '--enable', 'simd', '-O3', '--noAssert'],
      ...['--initialMemory', '1', '--outFile', 'plane-kernel.wasm'],
    ],
    {
      readFile: (name) => (name === 'plane-kernel.ts' ? source : null),
      writeFile: (name, content) => {
        if (name === 'plane-kernel.wasm') binary = content;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || binary === undefined) {
    throw new Error(`the kernel does not compile: ${stderr.toString()}`, { cause: error });
  }
  return binary;
}
