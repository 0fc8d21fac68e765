import { readReferenceFolder } from '../../adapters/directory/directory-reference-store.js';
import { openEmbedder } from '../../adapters/onnx/onnx-embedder.js';
import type { Config } from '../../config/load-config.js';
import type { ModelSettings } from '../../config/schema.js';
import { messageOf } from '../../faults.js';
import { modelName, modelVersion } from '../../ids.js';
import { matchesPattern } from '../../mine/model-directory.js';
import { checkReference } from '../../score/check-reference.js';
import type { EmbedderModel } from '../../score/embedder.js';
import type { Reference } from '../../score/reference.js';
import type { ReferenceStore } from '../../score/reference-store.js';
import { failureOf, ok, skipped, warning } from '../../telemetry/checkup.js';
import type { Check, Finding } from '../../telemetry/checkup.js';
import { inferenceOptions } from '../inference-options.js';
import { openReferences } from '../open-stores.js';

/**
 * Every embedder: its file's hash, its inputs and outputs, one run. Then every reference that is
 * named exactly: whether it is whole, and of the embedder that will run beside it.
 */
export function modelsCheck(config: Config): Check {
  return {
    name: 'models and references',
    deadlineMs: 120_000,
    async run() {
      const findings: Finding[] = [];
      const embedders = new Map<string, EmbedderModel>();
      for (const name of embedderNames(config)) {
        try {
          const embedder = await openEmbedder({ ...inferenceOptions(config), name, sessions: 1 });
          embedders.set(name, embedder.model);
          await embedder.close();
          findings.push(
            ok(
              `model ${name}`,
              'hash, inputs and outputs fit the manifest; it ran once ' +
                `on ${config.inference.executionProviders.join(', ')}`,
            ),
          );
        } catch (error) {
          findings.push(failureOf(`model ${name}`, error));
        }
      }
      return [...findings, ...(await checkReferences(config, embedders))];
    },
  };
}

function embedderNames({ models }: Config): Set<string> {
  const names = new Set(models.map(({ embedder }) => embedder));
  if (names.size === 0) names.add('efficientnet-lite0');
  names.delete('none');
  return names;
}

async function checkReferences(
  config: Config,
  embedders: ReadonlyMap<string, EmbedderModel>,
): Promise<Finding[]> {
  if (config.models.length === 0) {
    return [
      skipped('references', 'no model is named under models, so they are looked for while mining'),
    ];
  }
  const findings: Finding[] = [];
  const stored = config.models.filter(({ reference }) => reference === 'store');
  for (const settings of config.models) {
    if (settings.reference === 'store' || settings.reference === 'none') continue;
    const name = `reference ${settings.reference}`;
    findings.push(
      await finding(name, async () => {
        const reference = await readReferenceFolder(settings.reference);
        checkFolder(reference, settings, embedders);
        return fits(name, reference);
      }),
    );
  }
  if (stored.length === 0) return findings;
  let store: ReferenceStore | undefined;
  try {
    store = await openReferences(config);
  } catch (error) {
    return [...findings, skipped('references', `the store can't be read: ${messageOf(error)}`)];
  }
  try {
    for (const settings of stored) {
      for (const version of settings.versions) {
        findings.push(await checkStored(store, settings, version, embedders));
      }
    }
  } finally {
    await store?.close();
  }
  return findings;
}

async function checkStored(
  store: ReferenceStore | undefined,
  settings: ModelSettings,
  version: string,
  embedders: ReadonlyMap<string, EmbedderModel>,
): Promise<Finding> {
  const name = `reference of ${settings.name} ${version}`;
  if (settings.name === '*' || version.includes('*')) {
    return skipped(name, 'it stands for many; each is looked for while mining');
  }
  return finding(name, async () => {
    const wanted = { modelName: modelName(settings.name), modelVersion: modelVersion(version) };
    const id = await store?.current(wanted.modelName, wanted.modelVersion);
    const reference = id === undefined ? undefined : await store?.load(id);
    if (reference === undefined) {
      return warning(
        name,
        'there is none: its events are scored by fixed limits only',
        `edgeminer reference build --images DIR --model-name ${settings.name} --model-version ${version}`,
      );
    }
    checkReference(reference, { ...wanted, embedder: embedders.get(settings.embedder) });
    return fits(name, reference);
  });
}

function checkFolder(
  reference: Reference,
  { name, versions, embedder }: ModelSettings,
  embedders: ReadonlyMap<string, EmbedderModel>,
): void {
  const covered = versions.some((pattern) => matchesPattern(pattern, reference.modelVersion));
  checkReference(reference, {
    modelName: name === '*' ? reference.modelName : modelName(name),
    modelVersion: covered ? reference.modelVersion : modelVersion(versions.join(', ')),
    embedder: embedders.get(embedder),
  });
}

function fits(name: string, reference: Reference): Finding {
  const { embedder, formats } = reference;
  const by = embedder === undefined ? 'without an embedder' : `by ${embedder.name}`;
  if (formats === undefined) {
    return warning(
      name,
      `whole, made ${by}, fits; but it was built before formats were kept, so no picture's format is compared with it`,
      `edgeminer reference build --images DIR --model-name ${reference.modelName} --model-version ${reference.modelVersion}`,
    );
  }
  return ok(name, `whole, made ${by}, fits`);
}

async function finding(name: string, work: () => Promise<Finding>): Promise<Finding> {
  try {
    return await work();
  } catch (error) {
    return failureOf(name, error);
  }
}
