import {
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDirectoryImageStore } from '../../src/adapters/directory/directory-image-store.js';
import { restoreSetAside } from '../../src/adapters/directory/image-folder-shelf.js';
import { openDirectoryReferenceStore } from '../../src/adapters/directory/directory-reference-store.js';
import { referenceFiles } from '../../src/score/reference-files.js';
import { imageShelfSuite } from './image-shelf.js';
import { imageStoreSuite, picture } from './image-store.js';
import { referenceStoreSuite } from './reference-store.js';

describe('image store in a directory', () => {
  imageStoreSuite(async () => {
    const path = await mkdtemp(join(tmpdir(), 'edgeminer-images-'));
    const filesOf = async (hash: string): Promise<string[]> => {
      const folder = join(path, hash.slice(0, 2), hash.slice(2, 4));
      const names = await readdir(folder).catch(() => []);
      return names.filter((name) => name.startsWith(hash)).map((name) => join(folder, name));
    };
    const fileOf = async (hash: string): Promise<string> => {
      const [file] = await filesOf(hash);
      if (file === undefined) throw new Error(`${hash} is not stored`);
      return file;
    };
    return {
      open: () => openDirectoryImageStore({ path }),
      copies: async (hash) => (await filesOf(hash)).length,
      damage: async (hash) => changeByte(await fileOf(hash)),
      truncate: async (hash) => {
        const file = await fileOf(hash);
        await truncate(file, (await readFile(file)).length >> 1);
      },
      interruptPut: (bytes) =>
        writeFile(join(path, '.incoming', '.abc.tmp'), bytes.subarray(0, bytes.length >> 1)),
      putUnreachable: async () => {
        await writeFile(join(path, 'no-folder'), '');
        const store = await openDirectoryImageStore({ path: join(path, 'no-folder') });
        await store.put(picture(1), 'image/jpeg');
      },
      remove: () => rm(path, { recursive: true }),
    };
  });
});

describe('image shelf in a directory', () => {
  imageShelfSuite(async () => {
    const path = await mkdtemp(join(tmpdir(), 'edgeminer-images-'));
    return {
      open: () => openDirectoryImageStore({ path }),
      // Files are stamped by the kernel's last tick, which a busy machine takes late.
      exactTo: 20,
      races: 200,
      remove: () => rm(path, { recursive: true }),
    };
  });

  it('brings back what a removal had set aside that died', async () => {
    const path = await mkdtemp(join(tmpdir(), 'edgeminer-images-'));
    const store = await openDirectoryImageStore({ path });
    const hash = await store.put(picture(1), 'image/jpeg');
    const file = join(path, hash.slice(0, 2), hash.slice(2, 4), `${hash}.jpg`);
    await mkdir(join(path, '.removing'));
    await rename(file, join(path, '.removing', `${hash}.jpg`));
    const early = await openDirectoryImageStore({ path });
    expect(await early.has(hash), 'it may still be at work').toBe(false);
    await restoreSetAside(path, () => [file], Date.now() + 61_000);
    expect((await store.get(hash))?.bytes.length).toBe(picture(1).length);
    await rm(path, { recursive: true });
  });
});

describe('reference store in a directory', () => {
  referenceStoreSuite(async () => {
    const path = await mkdtemp(join(tmpdir(), 'edgeminer-references-'));
    return {
      open: () => openDirectoryReferenceStore({ path }),
      damage: (id) => changeByte(join(path, id, 'embeddings.npy')),
      loseFile: (id) => rm(join(path, id, 'items.json')),
      interruptPublish: async (reference) => {
        const [first] = referenceFiles(reference);
        if (first === undefined) throw new Error('a reference has files');
        await mkdir(join(path, '.abc.tmp'));
        await writeFile(join(path, '.abc.tmp', first[0]), first[1]);
      },
      publishUnreachable: async (reference) => {
        await writeFile(join(path, 'no-folder'), '');
        const store = await openDirectoryReferenceStore({ path: join(path, 'no-folder') });
        await store.publish(reference);
      },
      remove: () => rm(path, { recursive: true }),
    };
  });
});

async function changeByte(file: string): Promise<void> {
  const bytes = await readFile(file);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
  await writeFile(file, bytes);
}
