import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pixelScales } from '../../adapters/onnx/pixel-scales.js';
import { toldBy } from './told.js';
import type { ToldOptions } from './told.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'edgeminer-told-'));
  await writeFile(join(directory, 'lines.txt'), 'cat\r\ndog\n\n');
  await writeFile(join(directory, 'list.json'), '["cat", "dog"]');
  await writeFile(join(directory, 'doubled.txt'), 'cat\ndog\ncat\n');
  await writeFile(join(directory, 'gap.txt'), 'cat\n\ndog\n');
  await writeFile(join(directory, 'one.txt'), 'cat\n');
  await writeFile(join(directory, 'object.json'), '[{"name": "cat"}]');
  await writeFile(join(directory, 'broken.json'), '["cat"');
});
afterAll(() => rm(directory, { recursive: true }));

const told = (options: ToldOptions) => toldBy(options, directory);

describe('toldBy', () => {
  it('knows nothing that was not said', async () => {
    expect(await told({})).toEqual({});
  });

  it('reads sizes, shares and choices', async () => {
    expect(await told({ size: '224', batch: '1', crop: '0.9', layout: 'nchw' })).toEqual({
      ...{ size: { width: 224, height: 224 }, batch: 1, crop: 0.9, layout: 'NCHW' },
    });
    expect((await told({ size: '224x192' })).size).toEqual({ width: 224, height: 192 });
  });

  it.each<[ToldOptions, object]>([
    [{ pixels: 'clip' }, pixelScales.clip],
    [{ mean: '0.485, 0.456,0.406', deviation: '0.229 0.224 0.225' }, pixelScales.imagenet],
    [
      { mean: '127', deviation: '128' },
      { scale: 1, mean: [127, 127, 127], std: [128, 128, 128] },
    ],
    [{ pixels: '127 / 128' }, { scale: 1, mean: [127, 127, 127], std: [128, 128, 128] }],
    [{ mean: '0.5', deviation: '0.5' }, pixelScales.signed],
    [{ scale: '1/255' }, pixelScales.unit],
    [
      { scale: '1', mean: '0.5' },
      { scale: 1, mean: [0.5, 0.5, 0.5], std: [1, 1, 1] },
    ],
  ])('reads the range of pixels of %j', async (options, pixels) => {
    expect((await told(options)).pixels).toEqual(pixels);
  });

  it('reads classes from lines and from a JSON list', async () => {
    expect((await told({ classes: 'lines.txt' })).classes).toEqual(['cat', 'dog']);
    expect((await told({ classes: 'list.json' })).classes).toEqual(['cat', 'dog']);
  });

  it.each<[string, ToldOptions]>([
    ['--size', { size: '224x' }],
    ['--size', { size: '0' }],
    ['--batch', { batch: '1.5' }],
    ['--batch', { batch: '65' }],
    ['--crop', { crop: '0' }],
    ['--layout', { layout: 'CHWN' }],
    ['--channels', { channels: 'GBR' }],
    ['--pixels', { pixels: '0-1' }],
    ['--pixels', { pixels: 'unit', scale: '1' }],
    ['--scale', { scale: '1/0' }],
    ['--scale', { mean: '0.5', deviation: '128' }],
    ['--mean', { mean: '1,2' }],
    ['--mean', { mean: '1,2,3,4' }],
    ['--mean', { mean: 'a' }],
    ['--deviation', { deviation: '1,0,1' }],
    ['--licence', { licence: ' ' }],
    ['--classes', { classes: 'missing.txt' }],
    ['--classes', { classes: 'doubled.txt' }],
    ['--classes', { classes: 'gap.txt' }],
    ['--classes', { classes: 'one.txt' }],
    ['--classes', { classes: 'object.json' }],
    ['--classes', { classes: 'broken.json' }],
  ])('refuses %s of %j', async (field, options) => {
    await expect(told(options)).rejects.toMatchObject({ code: 'input.invalid', field });
  });
});
