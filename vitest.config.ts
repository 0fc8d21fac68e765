import { defineConfig } from 'vitest/config';

// Worker threads of the ONNX adapter are TypeScript here; they inherit this loader.
const execArgv = ['--import', new URL('./test/register-typescript.mjs', import.meta.url).href];

export default defineConfig({
  test: {
    // Starts nothing by itself: a service starts when the first test file asks for it.
    globalSetup: ['test/services/service-desk.ts'],
    teardownTimeout: 20_000,
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,test,scripts,bench}/**/*.unit.test.ts'],
          pool: 'forks',
          execArgv,
          setupFiles: ['test/check-leaks.ts'],
          // Properties try hundreds of cases, and a busy machine is no fault of the code.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'int',
          include: ['{src,test}/**/*.int.test.ts'],
          pool: 'forks',
          execArgv,
          setupFiles: ['test/check-leaks.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // Whole programs against real services: one at a time, after everything else.
        test: {
          name: 'e2e',
          globalSetup: ['test/e2e/built-program.ts'],
          include: ['test/e2e/**/*.e2e.test.ts'],
          pool: 'forks',
          execArgv,
          setupFiles: ['test/check-leaks.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Counts every record under every fault; large with EDGEMINER_INTEGRITY_SIZE=full.
        test: {
          name: 'integrity',
          globalSetup: ['test/e2e/built-program.ts'],
          include: ['test/integrity/**/*.integrity.test.ts'],
          pool: 'forks',
          execArgv,
          setupFiles: ['test/check-leaks.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          // What stalls is told by the tests themselves, with the workers' logs.
          testTimeout: 3_600_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
