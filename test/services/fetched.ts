import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, createReadStream } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import lockfile from 'proper-lockfile';

const heartbeatMs = 10_000;

export function say(line: string): void {
  process.stderr.write(`[services] ${line}\n`);
}

/**
 * A folder of the download cache (EDGEMINER_CACHE, else ~/.cache/edgeminer), filled on first use.
 * `fill` works in a temporary folder that takes its place only when complete, under a lock: two
 * runs at once download once, and an interrupted one leaves nothing half done.
 */
export async function cachedFolder(
  name: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const root = path.resolve(
    process.env['EDGEMINER_CACHE'] ?? path.join(homedir(), '.cache/edgeminer'),
  );
  const target = path.join(root, 'services', name);
  if (await exists(target)) return target;
  await mkdir(path.dirname(target), { recursive: true });
  const release = await lockfile.lock(target, {
    realpath: false,
    retries: { retries: 1200, factor: 1, minTimeout: 500, maxTimeout: 500 },
  });
  try {
    if (await exists(target)) return target;
    const partial = `.${name}-`;
    for (const leftover of await readdir(path.dirname(target))) {
      if (!leftover.startsWith(partial)) continue;
      await rm(path.join(path.dirname(target), leftover), { recursive: true, force: true });
    }
    const folder = await mkdtemp(path.join(path.dirname(target), partial));
    try {
      const began = Date.now();
      say(`${name}: fetching into ${target} (once)`);
      await fill(folder);
      await rename(folder, target);
      say(`${name}: ready after ${((Date.now() - began) / 1000).toFixed(1)} s`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return target;
  } finally {
    await release();
  }
}

/**
 * Holds the files of a folder against a pinned list in the format of sha256sum.
 * @throws when a file is missing, unexpected or different
 */
export async function verifyChecksums(folder: string, pinned: URL): Promise<void> {
  const expected = new Map(
    (await readFile(pinned, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(66), line.slice(0, 64)] as const),
  );
  for (const file of await readdir(folder)) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path.join(folder, file)), hash);
    if (expected.get(file) !== hash.digest('hex')) {
      throw new Error(
        `the download ${file} ${expected.has(file) ? 'differs from' : 'is not in'} the pinned ` +
          `checksums (${path.basename(pinned.pathname)}); nothing was kept. If it was meant to ` +
          'change, update that file',
      );
    }
    expected.delete(file);
  }
  if (expected.size > 0) {
    throw new Error(`the download lacks ${[...expected.keys()].join(', ')}`);
  }
}

/** The tools that must be on the PATH, each with the sentence that says how to get it. */
const installs = {
  java: 'Java 17 or newer (on Debian: apt-get install openjdk-17-jre-headless)',
  mvn: 'Maven (on Debian: apt-get install maven)',
  python3: 'Python 3 with pip (on Debian: apt-get install python3 python3-pip)',
  tar: 'tar',
  openssl: 'openssl',
};

export async function requireTools(tools: readonly (keyof typeof installs)[]): Promise<void> {
  const missing: string[] = [];
  for (const tool of tools) if (!(await onPath(tool))) missing.push(tool);
  if (missing.length === 0) return;
  throw new Error(
    `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not on the PATH; install ` +
      missing.map((tool) => installs[tool as keyof typeof installs]).join(' and '),
  );
}

async function onPath(tool: string): Promise<boolean> {
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    if (folder === '') continue;
    try {
      await access(path.join(folder, tool), constants.X_OK);
      return true;
    } catch {
      // Look in the next one.
    }
  }
  return false;
}

/**
 * Runs a client to its end. Of its output only what `progress` captures is shown, and all of its
 * last lines when it fails.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly label: string; readonly progress?: RegExp },
): Promise<void> {
  const child = spawn(command, args, { cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const began = Date.now();
  const heartbeat = setInterval(() => {
    say(`${options.label}: still at it after ${Math.round((Date.now() - began) / 1000)} s`);
  }, heartbeatMs);
  const lines: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lines.push(line);
      const shown = options.progress?.exec(line)?.[1];
      if (shown !== undefined) say(`${options.label}: ${shown}`);
    });
  }
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code === 0) return;
    throw new Error(
      `${command} ended with code ${code ?? 'none'}. Its last lines:\n${lines.slice(-15).join('\n')}`,
    );
  } finally {
    clearInterval(heartbeat);
  }
}

async function exists(target: string): Promise<boolean> {
  return access(target).then(
    () => true,
    () => false,
  );
}
