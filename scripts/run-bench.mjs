/** `npm run bench -- ARGS`, `npm run bench:int8 -- ARGS`: installs what is missing, and measures. */
import path from 'node:path';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';
import { runToEnd } from './run-to-end.mjs';

const [what = 'speed', ...args] = process.argv.slice(2);
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
install();
// As src/main.ts sets it.
process.env['UV_THREADPOOL_SIZE'] ??= String(Math.max(4, availableParallelism() * 2));
process.exitCode = await runToEnd(
  process.execPath,
  [
    // As the container image runs it.
    '--max-semi-space-size=64',
    // Takes the types away and leaves the rest as it is, as the build does; threads inherit it.
    ...['--import', 'ts-blank-space/register'],
    path.join(root, 'bench', `${what}.ts`),
    ...args,
  ],
  { cwd: root },
);
