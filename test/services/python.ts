import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, it } from 'vitest';
import { cachedFolder, requireTools, run } from './fetched.js';

const requirements = fileURLToPath(new URL('python-requirements.txt', import.meta.url));

/**
 * A `describe` that needs a Python with the packages of python-requirements.txt: the one named
 * by EDGEMINER_PYTHON, else a virtual environment in the download cache, made on first use (about
 * two minutes and 600 MB, from the package index that pip is configured for).
 *
 * Where neither can be had the tests are skipped, and the title says why; with CI=true that is a
 * failing test instead. Call `python()`, which gives the interpreter's path, inside hooks and
 * tests only.
 */
export function describeWithPython(title: string, body: (python: () => string) => void): void {
  describe(title, async () => {
    let found: string;
    try {
      found = await interpreter();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (process.env['CI'] === 'true') {
        it('has the Python packages it needs', () => {
          throw error;
        });
        return;
      }
      describe.skip(`skipped, ${reason.replaceAll(/\s+/g, ' ')}`, () => {
        body(() => {
          throw new Error(`python() was called outside a hook or test; ${reason}`);
        });
      });
      return;
    }
    body(() => found);
  });
}

async function interpreter(): Promise<string> {
  const given = process.env['EDGEMINER_PYTHON'];
  if (given !== undefined && given !== '') {
    await checkImports(given).catch((error: unknown) => {
      throw new Error(
        `EDGEMINER_PYTHON (${given}) can't be used: ${lastLine(error)}; run ` +
          `${given} -m pip install -r test/services/python-requirements.txt, or unset it`,
      );
    });
    return given;
  }
  await requireTools(['python3']);
  const pins = await readFile(requirements, 'utf8');
  const { stdout } = await promisify(execFile)('python3', ['-VV']);
  const key = createHash('sha256').update(stdout).update(pins).digest('hex').slice(0, 12);
  const folder = await cachedFolder(`python-${key}`, makeEnvironment);
  return pythonIn(folder);
}

async function makeEnvironment(folder: string): Promise<void> {
  await run('python3', ['-m', 'venv', '.'], { cwd: folder, label: 'python' });
  await run(pythonIn(folder), ['-m', 'pip', 'install', '-r', requirements], {
    cwd: folder,
    label: 'python',
    progress: /^Collecting (\S+==\S+)/,
  });
  await checkImports(pythonIn(folder));
}

/** One of each package that a test uses. */
const imports = 'import cleanlab, datasets, krippendorff, PIL, pycocotools.coco, scipy, sklearn';

async function checkImports(python: string): Promise<void> {
  await promisify(execFile)(python, ['-c', imports], {
    env: { ...process.env, HF_HUB_OFFLINE: '1' },
  });
}

function pythonIn(folder: string): string {
  return path.join(folder, 'bin', 'python');
}

function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trimEnd().split('\n').at(-1) ?? text;
}
