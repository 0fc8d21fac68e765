/**
 * Makes a checkout ready to run: dependencies as in package-lock.json, and dist/ as in src/.
 * Does nothing, and says nothing, when both are already so. Uses nothing but Node itself,
 * since it runs before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const inRoot = (...parts) => path.join(root, ...parts);
const installStamp = inRoot('node_modules', '.edgeminer-lock');
const buildStamp = inRoot('dist', '.edgeminer-build.json');

export function install() {
  const lock = readFileSync(inRoot('package-lock.json'));
  const hash = createHash('sha256').update(lock).digest('hex');
  if (existsSync(installStamp) && readFileSync(installStamp, 'utf8') === hash) return;
  if (!installedAsLocked(JSON.parse(lock.toString()))) {
    console.error('Installing dependencies (npm ci) ...');
    runQuietly('npm', ['ci', '--no-audit', '--no-fund']);
  }
  writeFileSync(installStamp, hash);
}

/** True when npm's own record of node_modules agrees with the lockfile, as after `npm install`. */
function installedAsLocked(lock) {
  const record = inRoot('node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(lock.packages).every(([place, { version, integrity, optional }]) => {
    if (place === '') return true;
    const found = installed[place];
    // Packages for other platforms are optional and stay away.
    if (found === undefined) return optional === true;
    return found.version === version && found.integrity === integrity;
  });
}

export function build() {
  const sources = sourceFiles(inRoot('src'));
  const hash = createHash('sha256');
  for (const file of [...sources, 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']) {
    hash.update(`${file}\n`).update(readFileSync(inRoot(file)));
  }
  const wanted = { hash: hash.digest('hex'), sources };
  const built = existsSync(buildStamp) ? JSON.parse(readFileSync(buildStamp, 'utf8')) : undefined;
  if (built?.hash === wanted.hash) return;
  console.error('Building (tsc) ...');
  // What was compiled from a source that is gone must not linger.
  if (built?.sources.some((file) => !sources.includes(file))) {
    rmSync(inRoot('dist'), { recursive: true, force: true });
  }
  const compiler = inRoot('node_modules', 'typescript', 'bin', 'tsc');
  runQuietly(process.execPath, [compiler, '-p', 'tsconfig.build.json']);
  mkdirSync(inRoot('dist'), { recursive: true });
  writeFileSync(buildStamp, JSON.stringify(wanted));
}

function sourceFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** Shows the output only when the command fails, and then ends this process. */
function runQuietly(command, args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32' && command === 'npm',
  });
  if (status === 0) return;
  console.error(`${stdout ?? ''}${stderr ?? ''}`.trimEnd());
  console.error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  install();
  build();
}
