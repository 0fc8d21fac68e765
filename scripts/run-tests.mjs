/**
 * `npm test -- ARGS`: installs and builds what is missing, runs vitest with ARGS, and ends with
 * the line `N passed, N failed, N skipped`. The exit code is vitest's.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, install } from './install.mjs';
import { runToEnd } from './run-to-end.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);

install();
// Only end-to-end tests run the built program, and the unit tests are to take seconds.
if (!/^--project[ =]unit$/.test(args.slice(0, 2).join(' '))) build();

const folder = mkdtempSync(path.join(tmpdir(), 'edgeminer-tests-'));
const report = path.join(folder, 'report.json');
try {
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await runToEnd(process.execPath, [vitest, 'run', ...reporters, ...args], {
    cwd: root,
  });
  process.exitCode = code;
  if (existsSync(report)) {
    const { passed, failed, skipped } = tally(JSON.parse(readFileSync(report, 'utf8')));
    // Some failures belong to no test, such as an error thrown after its test had ended.
    const outside = code !== 0 && failed === 0 ? 1 : 0;
    if (outside === 1) console.log('vitest failed outside of any test: see above.');
    console.log(`${passed} passed, ${failed + outside} failed, ${skipped} skipped`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function tally(report) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const file of report.testResults) {
    const failedBefore = count.failed;
    for (const { status } of file.assertionResults) {
      if (status === 'passed' || status === 'failed') count[status] += 1;
      else count.skipped += 1;
    }
    // A file that can't be loaded, or whose hooks fail, fails without a failing test.
    if (file.status === 'failed' && count.failed === failedBefore) count.failed += 1;
  }
  return count;
}
