import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openImageFetcher } from '../../src/adapters/fetch/open-fetcher.js';
import { contentHash } from '../../src/image/content-hash.js';
import type { ImageFetcher } from '../../src/image/image-fetcher.js';
import { picture } from '../conformance/image-store.js';

const unbounded = { signal: new AbortController().signal, makeRoom: async () => undefined };
const maxBytes = 100_000;
const bytes = picture(1, 50_000);

const open = (allowDirectories: readonly string[] = []): ImageFetcher =>
  openImageFetcher({
    allowOrigins: [],
    allowDirectories,
    maxBytes,
    timeoutMs: 10_000,
    attempts: 2,
  });
const get = (fetcher: ImageFetcher, uri: string, sha256?: string): Promise<Uint8Array> =>
  fetcher.fetch({ kind: 'reference', uri, ...(sha256 === undefined ? {} : { sha256 }) }, unbounded);

describe('inline images', () => {
  it('come back as they are, within the limit and with their hash', async () => {
    const fetcher = open();
    const image = { kind: 'inline', bytes, sha256: contentHash(bytes) } as const;
    expect(await fetcher.fetch(image, unbounded)).toBe(bytes);
    await expect(
      fetcher.fetch({ ...image, sha256: 'f'.repeat(64) }, unbounded),
    ).rejects.toMatchObject({
      code: 'image.hash-mismatch',
    });
    await expect(
      fetcher.fetch({ kind: 'inline', bytes: new Uint8Array(maxBytes + 1) }, unbounded),
    ).rejects.toMatchObject({ code: 'image.too-large' });
    await fetcher.close();
  });
});

describe('file references', () => {
  let folder: string;
  let allowedFolder: string;
  let fetcher: ImageFetcher;
  const uriOf = (...parts: string[]): string => pathToFileURL(join(allowedFolder, ...parts)).href;

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'edgeminer-files-')));
    allowedFolder = join(folder, 'allowed');
    await mkdir(join(allowedFolder, 'sub'), { recursive: true });
    await writeFile(join(allowedFolder, 'sub', 'ä b#c?d%.jpg'), bytes);
    await writeFile(join(folder, 'secret.jpg'), 'secret');
    fetcher = open([allowedFolder]);
  });
  afterEach(async () => {
    await fetcher.close();
    await rm(folder, { recursive: true });
  });

  it('are read below an allowed directory', async () => {
    const got = await get(fetcher, uriOf('sub', 'ä b#c?d%.jpg'), contentHash(bytes));
    expect(Buffer.compare(got, bytes)).toBe(0);
  });

  it.each(['..', '%2e%2e', '.%2E', '..%2f', '%2e%2e%2f', '..%5c..', 'sub/../..'])(
    'do not get out by %s',
    async (way) => {
      const uri = `${pathToFileURL(allowedFolder).href}/${way}/secret.jpg`;
      await expect(get(fetcher, uri)).rejects.toMatchObject({
        // A backslash is a plain character of a POSIX name.
        code: way.includes('%5c') ? 'image.not-found' : 'image.forbidden',
      });
    },
  );

  it('do not follow links out, to files or through folders', async () => {
    await symlink(join(folder, 'secret.jpg'), join(allowedFolder, 'file.jpg'));
    await symlink(folder, join(allowedFolder, 'up'));
    await symlink('file.jpg', join(allowedFolder, 'twice.jpg'));
    for (const way of [['file.jpg'], ['up', 'secret.jpg'], ['twice.jpg']]) {
      await expect(get(fetcher, uriOf(...way))).rejects.toMatchObject({ code: 'image.forbidden' });
    }
  });

  it('follow links that stay inside, and an allowed directory that is a link itself', async () => {
    await symlink(join('sub', 'ä b#c?d%.jpg'), join(allowedFolder, 'inside.jpg'));
    await symlink(allowedFolder, join(folder, 'link'));
    expect(await get(fetcher, uriOf('inside.jpg'))).toHaveLength(bytes.length);
    const linked = open([join(folder, 'link')]);
    const uri = pathToFileURL(join(folder, 'link', 'inside.jpg')).href;
    expect(await get(linked, uri)).toHaveLength(bytes.length);
    await linked.close();
  });

  it('to pipes, folders and devices are refused without waiting', async () => {
    execFileSync('mkfifo', [join(allowedFolder, 'pipe.jpg')]);
    for (const name of ['pipe.jpg', 'sub']) {
      await expect(get(fetcher, uriOf(name))).rejects.toMatchObject({ code: 'image.forbidden' });
    }
    const devices = open(['/dev']);
    await expect(get(devices, 'file:///dev/zero')).rejects.toMatchObject({
      code: 'image.forbidden',
    });
    await devices.close();
  });

  it('that are too large are not read', async () => {
    await writeFile(join(allowedFolder, 'fits.jpg'), new Uint8Array(maxBytes));
    await writeFile(join(allowedFolder, 'large.jpg'), new Uint8Array(maxBytes + 1));
    expect(await get(fetcher, uriOf('fits.jpg'))).toHaveLength(maxBytes);
    await expect(get(fetcher, uriOf('large.jpg'))).rejects.toMatchObject({
      code: 'image.too-large',
    });
  });

  it.each(['none.jpg', 'sub/ä b#c?d%.jpg/none.jpg', `${'x'.repeat(300)}.jpg`])(
    'that are not there are not found: %s',
    async (name) => {
      await expect(get(fetcher, uriOf(name))).rejects.toMatchObject({ code: 'image.not-found' });
    },
  );

  it('say nothing about what lies outside, there or not', async () => {
    for (const name of ['secret.jpg', 'none.jpg']) {
      const uri = pathToFileURL(join(folder, name)).href;
      await expect(get(fetcher, uri)).rejects.toMatchObject({
        code: 'image.forbidden',
        mend: expect.stringContaining('fetch.allowDirectories') as string,
      });
    }
  });

  it('are retried, not lost, while the allowed directory is away', async () => {
    await rename(allowedFolder, join(folder, 'unmounted'));
    await expect(get(fetcher, uriOf('sub', 'a.jpg'))).rejects.toMatchObject({
      code: 'image.unreachable',
      retriable: true,
    });
  });
});
