import { openEmbedder } from '../adapters/onnx/onnx-embedder.js';
import { openNoveltyIndex } from '../adapters/onnx/open-novelty-index.js';
import { readReferenceFolder } from '../adapters/directory/directory-reference-store.js';
import type { Config } from '../config/load-config.js';
import { defaultPolicy } from '../config/schema.js';
import type { ModelSettings } from '../config/schema.js';
import type { Policy } from '../decision/policy.js';
import { EdgeminerError } from '../faults.js';
import { modelName, modelVersion } from '../ids.js';
import type { ModelName, ModelVersion } from '../ids.js';
import type { LabelSet } from '../label/label.js';
import {
  createServedModels,
  findEntry,
  loadReference,
  matchesPattern,
} from '../mine/model-directory.js';
import type { ModelEntry } from '../mine/model-directory.js';
import type { LoadedReference, ServedModels } from '../mine/served-models.js';
import { checkReference } from '../score/check-reference.js';
import type { Embedder } from '../score/embedder.js';
import type { NoveltyIndex, OpenNoveltyIndex } from '../score/novelty/novelty-index.js';
import { uncalibratedBy, uncalibratedText } from '../score/own/in-reference.js';
import type { OwnScores } from '../score/own/own-scores.js';
import type { Reference } from '../score/reference.js';
import type { ReferenceStore } from '../score/reference-store.js';
import type { Logger } from '../telemetry/logger.js';
import { inferenceOptions } from './inference-options.js';
import { closeAll } from './open-stores.js';
import { toPolicy, unknownClasses } from './policy.js';

/**
 * Serves what the configuration does not name. Where it names some models, the others bring
 * what they bring: no ONNX session is opened for them.
 */
function everyOtherModel({ models }: Config): ModelSettings {
  return {
    name: '*',
    versions: ['*'],
    reference: 'store',
    embedder: models.length === 0 ? 'efficientnet-lite0' : 'none',
    policy: 'default',
    detection: {},
  };
}

const referenceRefreshMs = 60_000;

export interface OpenModels {
  readonly served: ServedModels;
  close(): Promise<void>;
}

/**
 * Opens every embedder once, loads the references that the configuration names, and refuses to
 * start if one does not fit its model.
 */
export async function openModels(
  config: Config,
  references: ReferenceStore,
  own: OwnScores,
  logger: Logger,
  now: () => number,
): Promise<OpenModels> {
  const embedders = new Map<string, Embedder>();
  const indexes: NoveltyIndex[] = [];
  const openIndex: OpenNoveltyIndex = async (matrix, detectors) => {
    const index = await openNoveltyIndex(matrix, detectors);
    indexes.push(index);
    return index;
  };
  const onReference = (reference: Reference) => {
    const uncalibrated = uncalibratedBy(reference, own.scorers);
    if (uncalibrated.length === 0) return;
    logger.warn('a reference does not calibrate scores of your own: fixed limits apply', {
      model: reference.modelName,
      version: reference.modelVersion,
      scores: uncalibratedText(uncalibrated),
      mend: 'Build the reference again: edgeminer reference build measures them too.',
    });
  };
  const close = () => closeAll([...embedders.values(), ...indexes]);

  async function embedderOf(name: string): Promise<Embedder | undefined> {
    if (name === 'none') return undefined;
    let embedder = embedders.get(name);
    if (embedder === undefined) {
      embedder = await openEmbedder({ name, ...inferenceOptions(config) });
      embedders.set(name, embedder);
    }
    return embedder;
  }

  async function entryOf(settings: ModelSettings): Promise<ModelEntry> {
    const embedder = await embedderOf(settings.embedder);
    const policy = policyOf(config, settings.policy, own);
    const labelSet = labelSetOf(config, settings);
    const known = new Set([...(labelSet?.classes ?? []), ...(embedder?.model.classes ?? [])]);
    const unknown = labelSet === undefined ? [] : unknownClasses(policy, known);
    if (unknown.length > 0) {
      logger.warn('a policy has rules for classes that the model is not known to have', {
        model: settings.name,
        policy: settings.policy,
        classes: unknown,
        mend: `Correct them under policies.${policy.name}.signals, or add them to the label set.`,
      });
    }
    return {
      name: settings.name,
      versions: settings.versions,
      policy,
      labelSet,
      embedder,
      scoreThreshold: settings.detection.scoreThreshold,
      reference: await referenceOf(settings, {
        embedder,
        references,
        openIndex,
        own,
        onReference,
      }),
    };
  }

  try {
    const entries: ModelEntry[] = [];
    for (const settings of config.models) entries.push(await entryOf(settings));
    const named = entries.find((entry) => entry.name === '*' && entry.versions.includes('*'));
    return {
      served: createServedModels({
        entries,
        fallback: named ?? (await entryOf(everyOtherModel(config))),
        references,
        openIndex,
        own,
        onReference,
        now,
        refreshMs: referenceRefreshMs,
        onMismatch: (fault) =>
          logger.error('a stored reference does not fit and is not used', {
            error: fault,
            mend: fault.mend,
          }),
      }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function referenceOf(
  settings: ModelSettings,
  {
    embedder,
    references,
    openIndex,
    own,
    onReference,
  }: {
    readonly embedder: Embedder | undefined;
    readonly references: ReferenceStore;
    readonly openIndex: OpenNoveltyIndex;
    readonly own: OwnScores;
    readonly onReference: (reference: Reference) => void;
  },
): Promise<LoadedReference | 'store' | 'none'> {
  if (settings.reference === 'none') return 'none';
  if (settings.reference === 'store') {
    await checkStored(settings, embedder, references);
    return 'store';
  }
  const reference = await readReferenceFolder(settings.reference);
  const fits = settings.versions.some((pattern) => matchesPattern(pattern, reference.modelVersion));
  checkReference(reference, {
    modelName: settings.name === '*' ? reference.modelName : modelName(settings.name),
    modelVersion: fits ? reference.modelVersion : modelVersion(settings.versions.join(', ')),
    embedder: embedder?.model,
  });
  onReference(reference);
  return loadReference(reference, openIndex, own);
}

/** Where name and version are exact, a wrong reference is found at the start, not later. */
async function checkStored(
  settings: ModelSettings,
  embedder: Embedder | undefined,
  references: ReferenceStore,
): Promise<void> {
  for (const version of settings.versions) {
    if (settings.name === '*' || version.includes('*')) continue;
    const expected = { modelName: modelName(settings.name), modelVersion: modelVersion(version) };
    const id = await references.current(expected.modelName, expected.modelVersion);
    const reference = id === undefined ? undefined : await references.load(id);
    if (reference !== undefined)
      checkReference(reference, { ...expected, embedder: embedder?.model });
  }
}

/** The label set of a model's entry, if it names one. Needs no embedder to be open. */
export function labelSets(
  config: Config,
): (name: ModelName, version: ModelVersion) => LabelSet | undefined {
  const entries = config.models.map((settings) => ({
    name: settings.name,
    versions: settings.versions,
    labelSet: labelSetOf(config, settings),
  }));
  return (name, version) => findEntry(entries, name, version)?.labelSet;
}

/** Every label set that an entry of a model names, once. */
export function labelSetsInUse(config: Config): readonly LabelSet[] {
  const all = config.models.flatMap((settings) => labelSetOf(config, settings) ?? []);
  return [...new Map(all.map((labelSet) => [labelSet.name, labelSet])).values()];
}

function labelSetOf(config: Config, { labelSet: name }: ModelSettings): LabelSet | undefined {
  return name === undefined ? undefined : config.labelSets[name];
}

function policyOf(config: Config, name: string, own: OwnScores): Policy {
  const settings = config.policies[name] ?? (name === 'default' ? defaultPolicy : undefined);
  if (settings === undefined) {
    throw new EdgeminerError('config.invalid', `there is no policy '${name}'`, {
      field: 'models[].policy',
      mend: `Define it under policies, or use 'default'.`,
    });
  }
  return toPolicy(
    name,
    settings,
    own.scorers.map((scorer) => scorer.name),
  );
}
