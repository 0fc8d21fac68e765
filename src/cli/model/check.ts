import { join } from 'node:path';
import { compareEmbeddings, embedCheckPictures } from '../../adapters/onnx/check-embeddings.js';
import type { Agreement } from '../../adapters/onnx/check-embeddings.js';
import { manifestWith, writtenEntry } from '../../adapters/onnx/edit-manifest.js';
import { modelEntry, readManifest } from '../../adapters/onnx/manifest.js';
import type { ModelEntry } from '../../adapters/onnx/manifest-schema.js';
import { openEmbedder } from '../../adapters/onnx/onnx-embedder.js';
import {
  checkFileOf,
  encodeEmbeddings,
  readStoredEmbeddings,
} from '../../adapters/onnx/stored-embeddings.js';
import type { Config } from '../../config/load-config.js';
import { EdgeminerError, isEdgeminerError } from '../../faults.js';
import { inferenceOptions } from '../inference-options.js';
import { faultLines, print } from '../output.js';
import { configFor } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import type { World } from '../world.js';
import { writeAll } from './place-files.js';

export interface CheckOptions extends GlobalOptions {
  /** Largest 1 - cosine that still counts as the same. */
  readonly tolerance: number;
  readonly store?: boolean;
}

interface Ran {
  readonly name: string;
  /** The median picture's. */
  readonly milliseconds: number;
}

type Checked =
  | (Ran & { readonly verdict: 'same' | 'different' } & Agreement)
  | (Ran & { readonly verdict: 'stored' })
  | (Ran & { readonly verdict: 'nothing-stored' })
  | { readonly name: string; readonly verdict: 'refused'; readonly fault: EdgeminerError };

export async function checkModels(
  world: World,
  name: string | undefined,
  options: CheckOptions,
): Promise<void> {
  const config = await configFor(world, options);
  const manifest = await readManifest(config.modelsDir);
  if (name !== undefined) modelEntry(manifest, config.modelsDir, name);
  if (options.store === true && name === undefined) {
    throw new EdgeminerError('input.invalid', '--store takes one model at a time', {
      field: 'NAME',
      mend: 'Name it: edgeminer model check NAME --store.',
    });
  }
  const results: Checked[] = [];
  for (const one of name === undefined ? Object.keys(manifest.models) : [name]) {
    results.push(await checkOne(config, one, modelEntry(manifest, config.modelsDir, one), options));
  }
  const bad = results.filter(({ verdict }) => verdict === 'different' || verdict === 'refused');
  const [first] = bad;
  const ran = results.some(({ verdict }) => verdict !== 'refused');
  const providers = ran ? config.inference.executionProviders : [];
  print(world, { providers, models: results.map(plain) }, options.json, () => [
    ...results.flatMap((one) => lines(one, options, bad.length === 1)),
    ...(ran ? [`run on ${providers.join(', ')}`] : []),
  ]);
  if (first === undefined) return;
  const names = bad.map((one) => one.name).join(', ');
  if (first.verdict === 'refused' && bad.length === 1) throw first.fault;
  throw new EdgeminerError(
    'model.check-failed',
    `not as they were when they were added: ${names}`,
    {
      field: first.name,
      mend:
        'Check inference.executionProviders (try [cpu]), whether the weights were quantised, and the ' +
        'input of its entry in the manifest. If the change is meant, run edgeminer model check NAME ' +
        '--store, and build its references again.',
    },
  );
}

async function checkOne(
  config: Config,
  name: string,
  entry: ModelEntry,
  { tolerance, store }: CheckOptions,
): Promise<Checked> {
  try {
    const embedder = await openEmbedder({ ...inferenceOptions(config), name, sessions: 1 });
    try {
      const { embeddings, milliseconds } = await embedCheckPictures(embedder);
      if (store === true) {
        await storeEmbeddings(config.modelsDir, name, entry, embeddings);
        return { name, verdict: 'stored', milliseconds };
      }
      if (entry.check === undefined) return { name, verdict: 'nothing-stored', milliseconds };
      const stored = await readStoredEmbeddings(config.modelsDir, entry.check, {
        rows: embeddings.length,
        dimensions: embedder.model.dimensions,
      });
      const agreement = compareEmbeddings(stored, embeddings);
      const same = 1 - agreement.lowestCosine <= tolerance;
      return { name, verdict: same ? 'same' : 'different', milliseconds, ...agreement };
    } finally {
      await embedder.close();
    }
  } catch (error) {
    if (!isEdgeminerError(error)) throw error;
    return { name, verdict: 'refused', fault: error };
  }
}

async function storeEmbeddings(
  modelsDir: string,
  name: string,
  entry: ModelEntry,
  embeddings: readonly Float32Array[],
): Promise<void> {
  const check = entry.check ?? checkFileOf(name);
  const files = [{ path: join(modelsDir, check), bytes: encodeEmbeddings(embeddings) }];
  if (entry.check !== undefined) return writeAll(files);
  const edited = await manifestWith(modelsDir, name, { ...writtenEntry(entry), check });
  return writeAll([...files, { path: edited.path, bytes: Buffer.from(edited.text) }]);
}

/** `isOnlyBad`: nothing else is at fault, so that the command ends with this one's fault, which says it all. */
function lines(one: Checked, { tolerance, json }: CheckOptions, isOnlyBad: boolean): string[] {
  if (json === true) return [];
  if (one.verdict === 'refused') {
    const why = isOnlyBad ? [] : faultLines(one.fault);
    return [`REFUSED    ${one.name}`, ...why.map((line) => `  ${line}`)];
  }
  const time = `${one.milliseconds.toFixed(1)} ms a picture`;
  if (one.verdict === 'stored')
    return [`stored     ${one.name}: what it makes of ten pictures; ${time}`];
  if (one.verdict === 'nothing-stored') {
    return [
      `unchecked  ${one.name}: it runs, but no embeddings are stored to compare with; ${time}`,
      `           store them: edgeminer model check ${one.name} --store`,
    ];
  }
  const { verdict, lowestCosine, picture, largestDifference, largestValue } = one;
  return [
    `${verdict === 'same' ? 'same      ' : 'DIFFERENT '} ${one.name}: lowest cosine ` +
      `${lowestCosine.toFixed(7)} (picture ${picture + 1}; limit ${1 - tolerance}), largest difference ` +
      `${largestDifference.toPrecision(2)} beside values up to ${largestValue.toPrecision(3)}; ${time}`,
  ];
}

function plain(one: Checked) {
  if (one.verdict !== 'refused') return one;
  const { code, message, field, mend } = one.fault;
  return { name: one.name, verdict: one.verdict, fault: { code, message, field, mend } };
}
