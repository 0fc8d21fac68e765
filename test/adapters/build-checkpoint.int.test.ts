import {
  appendFile,
  mkdtemp,
  open,
  readdir,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBuildCheckpoint } from '../../src/adapters/directory/build-checkpoint.js';
import type { CheckpointKey } from '../../src/adapters/directory/build-checkpoint.js';
import { contentHash } from '../../src/image/content-hash.js';
import { pickFrom } from '../../src/score/embedding-rows.js';
import type { MeasuredPicture } from '../../src/score/measured-pictures.js';
import { factsOf } from '../fixtures/formats.js';

const dimensions = 3;
const embedder = { name: 'toy', sha256: 'ab', dimensions, classes: ['x', 'y'] };
const key: CheckpointKey = { edgeminer: '1.0.0', measuring: 'm', own: 'o', embedder };

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'edgeminer-checkpoint-'));
  folder = join(root, 'deep', 'reference.building');
});
afterEach(() => rm(root, { recursive: true }));

const name = (picture: number) => contentHash(Uint8Array.of(picture));
const made = (seed: number): MeasuredPicture => ({
  pixels: { dark: seed / 7, blur: seed },
  format: { facts: factsOf({ width: 10 + seed }), coloured: seed % 2 === 0 },
  inference: {
    embedding: Float32Array.of(seed, 1 / (seed + 1), -seed),
    logits: Float32Array.of(seed / 3, 1e-30),
  },
  own: { 'own:rust': seed / 3, 'own:broken': 'failed' },
});
const { format, own } = made(1);
const file = () => join(folder, 'measured.bin');

async function keepAll(count: number): Promise<void> {
  const checkpoint = await openBuildCheckpoint(folder, key);
  for (let picture = 0; picture < count; picture += 1) {
    await checkpoint.keep(name(picture), made(picture));
  }
  await checkpoint.close();
}

describe('the checkpoint of a build', () => {
  it('gives back bit for bit what was kept, in this process and the next', async () => {
    const values = fc.float({ noNaN: true });
    const pictures = fc.array(
      fc.record({
        picture: fc.nat({ max: 9 }),
        pixels: fc.dictionary(
          fc.constantFrom('dark', 'blur', 'noise'),
          fc.double({ noNaN: true, noDefaultInfinity: true }).map((raw) => raw + 0),
          { noNullPrototype: true },
        ),
        embedding: fc.float32Array({ minLength: dimensions, maxLength: dimensions }),
        logits: fc.tuple(values, values).map((pair) => Float32Array.from(pair)),
      }),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(pictures, async (all) => {
        const first = new Map<string, (typeof all)[number]>();
        const writing = await openBuildCheckpoint(folder, key);
        for (const one of all) {
          const { picture, pixels, embedding, logits } = one;
          if (!first.has(name(picture))) first.set(name(picture), one);
          await writing.keep(name(picture), {
            pixels,
            format,
            inference: { embedding, logits },
            own,
          });
        }
        await writing.close();
        const reading = await openBuildCheckpoint(folder, key);
        expect(reading.before).toBe(first.size);
        const places: number[] = [];
        for (const [sha256, { pixels, embedding, logits }] of first) {
          const place = reading.placeOf(sha256) ?? -1;
          places.push(place);
          expect(await reading.read(place)).toEqual({
            pixels,
            format,
            inference: { embedding, logits },
            own,
          });
        }
        // In an order of its own, so that some lie behind one another and some do not.
        const order = places.toReversed().concat(places);
        const rows = reading.embeddings(order);
        const picked = await pickFrom(rows, [...order.keys()]);
        const byPlace = [...first.values()];
        expect([...picked.values]).toEqual(
          order.flatMap((place) => [...(byPlace[place]?.embedding ?? [])]),
        );
        await reading.remove();
        await expect(readdir(folder)).rejects.toMatchObject({ code: 'ENOENT' });
      }),
      { numRuns: 30 },
    );
  });

  it('goes on from the last whole record, wherever the file was cut off', async () => {
    await keepAll(5);
    const { size } = await stat(file());
    for (let cut = 1; cut < size; cut += 17) {
      await rm(folder, { recursive: true });
      await keepAll(5);
      await truncate(file(), size - cut);
      const checkpoint = await openBuildCheckpoint(folder, key);
      for (let picture = 0; picture < 5; picture += 1) {
        const place = checkpoint.placeOf(name(picture));
        expect(place).toBe(picture < checkpoint.before ? picture : undefined);
        await checkpoint.keep(name(picture), made(picture));
        expect(await checkpoint.read(picture)).toEqual(made(picture));
      }
      await checkpoint.close();
      expect((await stat(file())).size).toBe(size);
    }
  });

  it('drops a record that was changed, and what follows it', async () => {
    await keepAll(4);
    const { size } = await stat(file());
    const handle = await open(file(), 'r+');
    await handle.write(Uint8Array.of(255), 0, 1, Math.round(size * 0.75));
    await handle.close();
    await appendFile(file(), new Uint8Array(100));
    const checkpoint = await openBuildCheckpoint(folder, key);
    expect(checkpoint.before).toBeGreaterThan(0);
    expect(checkpoint.before).toBeLessThan(4);
    expect(checkpoint.anew).toBeUndefined();
    await checkpoint.close();
  });

  it.each([
    ['the model file of toy is another one', { ...key, embedder: { ...embedder, sha256: 'cd' } }],
    ['the embedder was toy, not none', { ...key, embedder: undefined }],
    ['the model has other outputs', { ...key, embedder: { ...embedder, dimensions: 2 } }],
    ['edgeminer 1.0.0 made it, and this is 1.1.0', { ...key, edgeminer: '1.1.0' }],
    ['this edgeminer measures otherwise', { ...key, measuring: 'n' }],
    ['the scores of your own were others', { ...key, own: 'p' }],
    ['the scores of your own were others', { ...key, own: undefined }],
  ])('starts anew where %s', async (why, other) => {
    await keepAll(3);
    const checkpoint = await openBuildCheckpoint(folder, other);
    expect(checkpoint).toMatchObject({ before: 0, anew: why });
    expect(checkpoint.placeOf(name(0))).toBeUndefined();
    await checkpoint.close();
    const again = await openBuildCheckpoint(folder, other);
    expect(again).toMatchObject({ before: 0, anew: undefined });
    await again.close();
  });

  it('starts anew where the file is none of its own', async () => {
    await keepAll(1);
    await writeFile(file(), 'something else\n');
    const checkpoint = await openBuildCheckpoint(folder, key);
    expect(checkpoint).toMatchObject({ before: 0, anew: 'it is not readable' });
    await checkpoint.close();
  });

  it('is for one process at a time, and survives one that was killed', async () => {
    await keepAll(2);
    const lock = join(folder, 'in-use-by');
    await writeFile(lock, String(process.ppid));
    await expect(openBuildCheckpoint(folder, key)).rejects.toMatchObject({
      code: 'input.invalid',
      mend: expect.stringContaining(String(process.ppid)) as string,
    });
    // No process has this number: it is above what Linux and macOS give out.
    await writeFile(lock, '99999999');
    const checkpoint = await openBuildCheckpoint(folder, key);
    expect(checkpoint.before).toBe(2);
    await checkpoint.close();
  });
});
