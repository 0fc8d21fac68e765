/**
 * `npm run build:kernels`: compiles scripts/kernels (AssemblyScript) to WebAssembly, and writes
 * it into the rooms that use it.
 */
import { Buffer } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import { compileKernel } from './kernels/compile.mjs';

const kernels = [
  { name: 'resize-kernel', room: 'image', variable: 'resizeKernelBinary' },
  { name: 'plane-kernel', room: 'score', variable: 'planeKernelBinary' },
  { name: 'row-products', room: 'score', variable: 'rowProductsBinary' },
  { name: 'pack-kernel', room: 'adapters/onnx', variable: 'packKernelBinary' },
];
for (const { name, room, variable } of kernels) {
  const text = Buffer.from(await compileKernel(name)).toString('base64');
  const lines = text.match(/.{1,88}/g) ?? [];
  await writeFile(
    new URL(`../src/${room}/${name}-binary.ts`, import.meta.url),
    [
      `/** scripts/kernels/${name}.ts, compiled by \`npm run build:kernels\`; a test compares. */`,
      `export const ${variable} = Buffer.from(`,
      ...lines.map((line, at) => `  '${line}'${at === lines.length - 1 ? ',' : ' +'}`),
      "  'base64',",
      ');',
      '',
    ].join('\n'),
  );
}
