import { stat } from 'node:fs/promises';
import { dataPath, modelPath, readClasses, readManifest } from '../../adapters/onnx/manifest.js';
import type { ModelEntry } from '../../adapters/onnx/manifest-schema.js';
import { print, table } from '../output.js';
import { configFor } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import type { World } from '../world.js';

export async function listModels(world: World, options: GlobalOptions): Promise<void> {
  const { modelsDir } = await configFor(world, options);
  const { models } = await readManifest(modelsDir);
  const rows = [];
  for (const [name, entry] of Object.entries(models)) {
    const { input, outputs, licence } = entry;
    const files = [entry, ...(entry.data ?? [])];
    rows.push({
      name,
      file: modelPath(modelsDir, entry),
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      input: `${input.width}x${input.height} ${input.layout} ${input.type}`,
      dimensions: outputs.embedding.dimensions,
      classes: (await readClasses(modelsDir, entry))?.length,
      licence,
      state: await stateOf(modelsDir, entry),
    });
  }
  print(world, { modelsDir, models: rows }, options.json, (result) => [
    ...table([
      ['name', 'MiB', 'input', 'embedding', 'classes', 'licence', 'state', 'file'],
      ...result.models.map((row) => [
        row.name,
        (row.bytes / 1024 ** 2).toFixed(1),
        row.input,
        row.dimensions,
        row.classes ?? '-',
        row.licence,
        row.state,
        row.file,
      ]),
    ]),
    '',
    'edgeminer model check reads and runs each of them',
  ]);
}

/** By sizes alone: hashes are read by `model check`. */
async function stateOf(modelsDir: string, entry: ModelEntry): Promise<string> {
  const path = modelPath(modelsDir, entry);
  const files = [
    { path, bytes: entry.bytes },
    ...(entry.data ?? []).map((one) => ({ path: dataPath(path, one), bytes: one.bytes })),
  ];
  for (const file of files) {
    try {
      if ((await stat(file.path)).size !== file.bytes) return 'changed';
    } catch {
      return 'missing';
    }
  }
  return entry.check === undefined ? 'unchecked' : 'there';
}
