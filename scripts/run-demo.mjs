/** `npm run demo -- ARGS`: `edgeminer demo ARGS` from a checkout, installing and building first. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, install } from './install.mjs';
import { runToEnd } from './run-to-end.mjs';

install();
build();
const main = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'main.js');
process.exitCode = await runToEnd(process.execPath, [main, 'demo', ...process.argv.slice(2)]);
