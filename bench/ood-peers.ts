import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PeerCell {
  readonly method: string;
  readonly kind: string;
  readonly set: string;
  readonly auroc: number;
  readonly fpr95: number;
}

const packages = ['numpy==2.4.6', 'scikit-learn==1.9.1', 'cleanlab==2.9.0', 'pyod==3.6.7'];

/**
 * cleanlab's and pyod's figures on the embeddings that lie in the folder. Without `python`, an
 * interpreter that has both, a virtual environment is made in the temporary folder, once. Says so
 * and returns nothing where there is no Python.
 */
export async function comparePeers(
  folder: string,
  python: string | undefined,
): Promise<readonly PeerCell[]> {
  const interpreter = python ?? madeEnvironment();
  if (interpreter === undefined) {
    console.error('There is no python3 with venv here: cleanlab and pyod are left out.');
    return [];
  }
  const script = fileURLToPath(new URL('../scripts/ood_peers.py', import.meta.url));
  const run = spawnSync(interpreter, [script, folder], {
    encoding: 'utf8',
    maxBuffer: 1e8,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (run.status !== 0) {
    throw new Error(`${interpreter} ${script} failed; its last words stand above.`);
  }
  return JSON.parse(run.stdout) as readonly PeerCell[];
}

function madeEnvironment(): string | undefined {
  const place = join(tmpdir(), 'edgeminer-ood-peers');
  const interpreter = join(place, 'bin', 'python');
  if (existsSync(join(place, 'ready'))) return interpreter;
  if (spawnSync('python3', ['-m', 'venv', place]).status !== 0) return undefined;
  const install = spawnSync(
    interpreter,
    [
      '-c',
      `import subprocess, sys, pathlib
subprocess.check_call([sys.executable, '-m', 'pip', 'install', '-q', *sys.argv[1:]])
pathlib.Path(sys.prefix, 'ready').touch()`,
      ...packages,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return install.status === 0 ? interpreter : undefined;
}
