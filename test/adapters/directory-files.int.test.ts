import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDeadLetterFile } from '../../src/adapters/directory/dead-letter-file.js';
import {
  readReferenceFolder,
  writeReferenceFolder,
} from '../../src/adapters/directory/directory-reference-store.js';
import { surveyPictures } from '../../src/adapters/directory/survey-pictures.js';
import { EdgeminerError } from '../../src/faults.js';
import { modelName, modelVersion } from '../../src/ids.js';
import type { DeadLetter } from '../../src/mine/dead-letters.js';
import { referenceIdOf } from '../../src/score/reference-files.js';
import type { Reference } from '../../src/score/reference.js';
import { putFile } from '../fixtures/put-file.js';

const model = { modelName: modelName('shop'), modelVersion: modelVersion('1.0') };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgeminer-directory-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('dead-letter file', () => {
  const letter = (offset: number): DeadLetter => ({
    origin: { stream: 'events.jsonl', partition: 0, offset: String(offset) },
    raw: { key: null, value: Uint8Array.of(0, 255, offset), headers: { h: Uint8Array.of(10) } },
    fault: new EdgeminerError('event.invalid', 'no image', { field: 'image' }),
    attempts: 2,
  });
  const linesOf = async (file: string): Promise<Record<string, unknown>[]> =>
    (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('holds each letter once, in the order of sending, when send resolves', async () => {
    const path = join(folder, 'new', 'dead-letters.jsonl');
    const letters = await openDeadLetterFile({ path, now: () => 1 });
    await letters.send(letter(0));
    expect(await linesOf(path)).toHaveLength(1);
    await Promise.all(Array.from({ length: 100 }, (_, index) => letters.send(letter(index + 1))));
    const lines = await linesOf(path);
    expect(lines.map((line) => (line['origin'] as { offset: string }).offset)).toEqual(
      Array.from({ length: 101 }, (_, index) => String(index)),
    );
    expect(lines[3]).toEqual({
      version: 1,
      at: 1,
      origin: { stream: 'events.jsonl', partition: 0, offset: '3' },
      code: 'event.invalid',
      message: 'no image',
      field: 'image',
      attempts: 2,
      key: null,
      value: Buffer.of(0, 255, 3).toString('base64'),
      headers: { h: Buffer.of(10).toString('base64') },
    });
    await letters.close();
    await letters.close();
    await expect(letters.send(letter(1))).rejects.toMatchObject({ code: 'store.unavailable' });
  });

  it('takes a record without bytes, and waits for what was sent before it closes', async () => {
    const path = join(folder, 'dead-letters.jsonl');
    const letters = await openDeadLetterFile({ path, now: () => 1 });
    const sent = letters.send({ ...letter(0), raw: undefined });
    await letters.close();
    await sent;
    expect(await linesOf(path)).toMatchObject([{ key: null, value: null, headers: {} }]);
  });

  it('goes on below a line that a crash cut off', async () => {
    const path = join(folder, 'dead-letters.jsonl');
    await appendFile(path, '{"version":1}\n{"vers');
    const letters = await openDeadLetterFile({ path, now: () => 1 });
    await letters.send(letter(0));
    await letters.close();
    const [, cutOff, whole] = (await readFile(path, 'utf8')).split('\n');
    expect(cutOff).toBe('{"vers');
    expect(JSON.parse(whole ?? '')).toMatchObject({ code: 'event.invalid' });
  });

  it('is away, not wrong, where it can not be written', async () => {
    const path = join(await putFile(folder, 'file'), 'dead-letters.jsonl');
    await expect(openDeadLetterFile({ path, now: () => 1 })).rejects.toMatchObject({
      code: 'store.unavailable',
    });
    if (process.platform !== 'linux') return;
    const full = await openDeadLetterFile({ path: '/dev/full', now: () => 1 });
    await expect(full.send(letter(0))).rejects.toMatchObject({ retriable: true });
    await full.close();
  });
});

describe('reference folder', () => {
  const reference = (seed: number): Reference => {
    const content = {
      ...model,
      createdAt: 0,
      embedder: undefined,
      items: [{ path: 'a.jpg', sha256: 'a'.repeat(64) }],
      measurements: { blur: Float64Array.of(seed) },
      embeddings: undefined,
      neighbours: 5,
      classes: [],
    };
    return { ...content, id: referenceIdOf(content) };
  };

  it('is written whole, and replaces an earlier reference only', async () => {
    const path = join(folder, 'deep', 'reference');
    await writeReferenceFolder(path, reference(1));
    await writeReferenceFolder(path, reference(1));
    expect(await readReferenceFolder(path)).toEqual(reference(1));
    await writeReferenceFolder(path, reference(2));
    expect(await readReferenceFolder(path)).toEqual(reference(2));

    await putFile(folder, 'photos/a.jpg');
    await expect(writeReferenceFolder(join(folder, 'photos'), reference(1))).rejects.toMatchObject({
      code: 'input.invalid',
      message: expect.stringContaining('a.jpg') as string,
    });
    await expect(
      writeReferenceFolder(await putFile(folder, 'file'), reference(1)),
    ).rejects.toMatchObject({
      code: 'input.invalid',
    });
    expect((await surveyPictures(folder)).pictures).toBe(1);
  });

  it('says which file of which folder is missing or damaged', async () => {
    await expect(readReferenceFolder(join(folder, 'none'))).rejects.toMatchObject({
      code: 'reference.not-found',
      mend: expect.stringContaining('reference build') as string,
    });
    const path = join(folder, 'reference');
    await writeReferenceFolder(path, reference(1));
    await appendFile(join(path, 'measurements.npy'), 'x');
    await expect(readReferenceFolder(path)).rejects.toMatchObject({
      code: 'reference.invalid',
      field: join(path, 'measurements.npy'),
    });
  });
});
