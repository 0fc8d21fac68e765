import { defineConfig } from 'vitest/config';

// Worker threads of the ONNX adapter are TypeScript here; they inherit this loader.
const execArgv = ['--import', new URL('./test/register-typescript.mjs', import.meta.url).href];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.unit.test.ts', 'test/**/*.unit.test.ts'],
          pool: 'forks',
          execArgv,
        },
      },
      {
        test: {
          name: 'int',
          include: ['src/**/*.int.test.ts', 'test/**/*.int.test.ts'],
          pool: 'forks',
          execArgv,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
