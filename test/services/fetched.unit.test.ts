import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cachedFolder, requireTools, run, verifyChecksums } from './fetched.js';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'edgeminer-cache-test-'));
  vi.stubEnv('EDGEMINER_CACHE', root);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

describe('the download cache', () => {
  it('fills a folder once, though several ask at the same time', async () => {
    let fills = 0;
    const fill = async (folder: string) => {
      fills += 1;
      await writeFile(path.join(folder, 'file'), 'content');
    };
    const folders = await Promise.all([1, 2, 3].map(() => cachedFolder('thing-1.0', fill)));
    expect(fills).toBe(1);
    expect(new Set(folders)).toEqual(new Set([path.join(root, 'services', 'thing-1.0')]));
    expect(await readdir(path.join(root, 'services'))).toEqual(['thing-1.0']);
  });

  it('keeps nothing of a download that failed, and tries again the next time', async () => {
    const failing = cachedFolder('thing-1.0', async (folder) => {
      await writeFile(path.join(folder, 'half'), '');
      throw new Error('the network is gone');
    });
    await expect(failing).rejects.toThrow('the network is gone');
    expect(await readdir(path.join(root, 'services'))).toEqual([]);
    const folder = await cachedFolder('thing-1.0', (into) => writeFile(`${into}/whole`, 'yes'));
    expect(await readFile(path.join(folder, 'whole'), 'utf8')).toBe('yes');
  });
});

describe('verifyChecksums', () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

  async function verify(files: Record<string, string>, pinned: Record<string, string>) {
    const folder = await mkdtemp(path.join(root, 'files-'));
    for (const [name, text] of Object.entries(files))
      await writeFile(path.join(folder, name), text);
    const list = path.join(root, 'pinned.sha256');
    const lines = Object.entries(pinned).map(([name, text]) => `${sha256(text)}  ${name}\n`);
    await writeFile(list, lines.join(''));
    await verifyChecksums(folder, pathToFileURL(list));
  }

  it('accepts exactly the pinned files', async () => {
    await expect(verify({ a: '1', b: '2' }, { b: '2', a: '1' })).resolves.toBeUndefined();
  });

  it.each([
    ['a changed file', { a: '1', b: 'x' }, 'b differs from'],
    ['an unexpected file', { a: '1', b: '2', c: '3' }, 'c is not in'],
    ['a missing file', { a: '1' }, 'lacks b'],
  ])('refuses %s', async (_, files, message) => {
    await expect(verify(files, { a: '1', b: '2' })).rejects.toThrow(message);
  });
});

describe('the clients that fetch', () => {
  it('are asked for by name, with what to install', async () => {
    vi.stubEnv('PATH', root);
    await expect(requireTools(['java', 'mvn'])).rejects.toThrow(
      /java and mvn are not on the PATH; install Java 17 .* and Maven/,
    );
  });

  it('show their last lines when they fail', async () => {
    const script = 'console.error("no such host"); process.exit(7)';
    await expect(
      run(process.execPath, ['-e', script], { cwd: root, label: 'test' }),
    ).rejects.toThrow(/ended with code 7.*\nno such host/s);
  });
});
