import { readFile } from 'node:fs/promises';
import asc from 'assemblyscript/asc';

/** The WebAssembly module of `${name}.ts`; the same bytes for the same source. */
export async function compileKernel(name) {
  const file = `${name}.ts`;
  const source = await readFile(new URL(file, import.meta.url), 'utf8');
  let binary;
  const { error, stderr } = await asc.main(
    [
      file,
      ...['--runtime', 'stub', '--enable', 'simd', '-O3', '--noAssert'],
      ...['--initialMemory', '1', '--outFile', 'kernel.wasm'],
    ],
    {
      readFile: (wanted) => (wanted === file ? source : null),
      writeFile: (written, content) => {
        if (written === 'kernel.wasm') binary = content;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || binary === undefined) {
    throw new Error(`${file} does not compile: ${stderr.toString()}`, { cause: error });
  }
  return binary;
}
