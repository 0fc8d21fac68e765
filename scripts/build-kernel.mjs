/**
 * `npm run build:kernel`: compiles scripts/plane-kernel/plane-kernel.ts (AssemblyScript) to
 * WebAssembly, and writes it into src/score/plane-kernel-binary.ts.
 */
import { Buffer } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import { compileKernel } from './plane-kernel/compile.mjs';

const target = new URL('../src/score/plane-kernel-binary.ts', import.meta.url);
const text = Buffer.from(await compileKernel()).toString('base64');
const lines = text.match(/.{1,88}/g) ?? [];
await writeFile(
  target,
  [
    '/** scripts/plane-kernel/plane-kernel.ts, compiled by `npm run build:kernel`; a test compares. */',
    'export const planeKernelBinary = Buffer.from(',
    ...lines.map((line, at) => `  '${line}'${at === lines.length - 1 ? ',' : ' +'}`),
    "  'base64',",
    ');',
    '',
  ].join('\n'),
);
