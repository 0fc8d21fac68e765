import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { tarOf } from './tar.js';
import type { TarFile } from './tar.js';

const created = Date.UTC(2025, 4, 6, 7, 8, 9);
const files: readonly TarFile[] = [
  { path: 'annotations/train.json', bytes: Buffer.from('{"a":1}') },
  { path: 'empty.txt', bytes: new Uint8Array() },
  { path: `${'long/'.repeat(40)}name.jpg`, bytes: new Uint8Array(20_000).fill(7) },
];

async function* iterate(all: readonly TarFile[]): AsyncGenerator<TarFile> {
  yield* all;
}

async function unpack(archive: Uint8Array): Promise<TarFile[]> {
  const found: TarFile[] = [];
  const reading = extract();
  reading.end(archive);
  for await (const entry of reading) {
    expect(entry.header).toMatchObject({ mtime: new Date(created), mode: 0o644, uid: 0 });
    found.push({
      path: entry.header.name,
      bytes: new Uint8Array(await buffer(Readable.from(entry, { objectMode: false }))),
    });
  }
  return found;
}

const unexpected = (error: unknown) => {
  throw error;
};

describe('tar archives', () => {
  it('hold the files, in order', async () => {
    const archive = await buffer(tarOf(iterate(files), created, unexpected));
    expect(archive.length % 512).toBe(0);
    const found = await unpack(archive);
    expect(found).toEqual(files.map(({ path, bytes }) => ({ path, bytes: new Uint8Array(bytes) })));
  });

  it('are the same bytes for the same files', async () => {
    const [first, second] = await Promise.all([
      buffer(tarOf(iterate(files), created, unexpected)),
      buffer(tarOf(iterate(files), created, unexpected)),
    ]);
    expect(first.equals(second)).toBe(true);
  });

  it('break off with the error that reading the files met', async () => {
    const failures: unknown[] = [];
    const lost = new Error('the image store lost it');
    async function* failing(): AsyncGenerator<TarFile> {
      yield { path: 'first', bytes: new Uint8Array(10) };
      throw lost;
    }
    const archive = tarOf(failing(), created, (error) => failures.push(error));
    await expect(buffer(archive)).rejects.toThrow('the image store lost it');
    expect(failures).toEqual([lost]);
  });

  it('stop reading files when nobody takes the archive any more', async () => {
    let read = 0;
    let ended: () => void = () => undefined;
    const done = new Promise<void>((resolve) => (ended = resolve));
    async function* endless(): AsyncGenerator<TarFile> {
      try {
        for (;;) yield { path: `file-${read++}`, bytes: new Uint8Array(100_000) };
      } finally {
        ended();
      }
    }
    const failures: unknown[] = [];
    const archive = tarOf(endless(), created, (error) => failures.push(error));
    await once(archive, 'readable');
    archive.destroy();
    await done;
    expect(read).toBeLessThan(10);
    expect(failures).toEqual([]);
  });
});
