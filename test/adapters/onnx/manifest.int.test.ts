import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modelEntry, readClasses, readManifest } from '../../../src/adapters/onnx/manifest.js';

const shipped = fileURLToPath(new URL('../../../models', import.meta.url));

describe('the manifest that is shipped', () => {
  it('names 1000 different classes, in the order of the logits', async () => {
    const entry = modelEntry(await readManifest(shipped), shipped, 'efficientnet-lite0');
    const classes = await readClasses(shipped, entry);
    expect(classes).toHaveLength(1000);
    expect(new Set(classes).size).toBe(1000);
    expect([classes?.[0], classes?.[281], classes?.[967], classes?.[999]]).toEqual([
      'tench',
      'tabby',
      'espresso',
      'toilet tissue',
    ]);
  });

  it('is described, file by file, in models/README.md', async () => {
    const readme = await readFile(join(shipped, 'README.md'), 'utf8');
    for (const entry of Object.values((await readManifest(shipped)).models)) {
      expect(readme).toContain(entry.file);
      expect(readme).toContain(entry.sha256);
      expect(readme).toContain(entry.licence);
    }
  });
});

describe('readManifest', () => {
  let modelsDir: string;

  beforeEach(async () => {
    modelsDir = await mkdtemp(join(tmpdir(), 'edgeminer-models-'));
    for (const file of ['manifest.json', 'imagenet-classes.json']) {
      await cp(join(shipped, file), join(modelsDir, file));
    }
  });

  afterEach(() => rm(modelsDir, { recursive: true }));

  async function edit(change: (text: string) => string): Promise<void> {
    const file = join(modelsDir, 'manifest.json');
    await writeFile(file, change(await readFile(file, 'utf8')));
  }

  it('says where it looked when there is none', async () => {
    const empty = join(modelsDir, 'empty');
    await mkdir(empty);
    await expect(readManifest(empty)).rejects.toMatchObject({
      code: 'model.not-found',
      field: 'modelsDir',
      message: expect.stringContaining(empty) as string,
    });
  });

  it('lists the models that there are when asked for another', async () => {
    const found = await readManifest(modelsDir);
    for (const wanted of ['resnet', 'constructor']) {
      expect(() => modelEntry(found, modelsDir, wanted)).toThrow(
        expect.objectContaining({
          code: 'model.not-found',
          mend: expect.stringContaining('efficientnet-lite0') as string,
        }) as Error,
      );
    }
  });

  it.each<[string, string, (text: string) => string]>([
    [
      'an unknown key',
      'models.efficientnet-lite0',
      (t) => t.replace('"bytes"', '"size": 1, "bytes"'),
    ],
    ['a wrong type', 'models.efficientnet-lite0.input.width', (t) => t.replace('224', '"224"')],
    [
      'a path',
      'models.efficientnet-lite0.file',
      (t) => t.replace('"efficientnet-lite0.onnx"', '"../x.onnx"'),
    ],
    [
      'a std of 0',
      'models.efficientnet-lite0.input.std',
      (t) => t.replace('128, 128, 128', '128, 0, 128'),
    ],
    [
      'logits without classes',
      'models.efficientnet-lite0.classes',
      (t) => t.replace(/,\s*"classes": "[^"]+"/, ''),
    ],
  ])('refuses %s, naming the field', async (_, field, change) => {
    await edit(change);
    await expect(readManifest(modelsDir)).rejects.toMatchObject({ code: 'config.invalid', field });
  });

  it('refuses what is no JSON', async () => {
    await edit((text) => text.slice(0, -5));
    await expect(readManifest(modelsDir)).rejects.toMatchObject({ code: 'config.invalid' });
  });
});
