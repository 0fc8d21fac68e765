import type { Policy } from '../decision/policy.js';
import { isEdgeminerError } from '../faults.js';
import type { EdgeminerError } from '../faults.js';
import type { ModelName, ModelVersion, ReferenceId } from '../ids.js';
import type { LabelSet } from '../label/label.js';
import { calibrationOf } from '../score/calibrate.js';
import { checkReference } from '../score/check-reference.js';
import type { Embedder } from '../score/embedder.js';
import type { OpenNoveltyIndex } from '../score/novelty/novelty-index.js';
import type { OwnScores } from '../score/own/own-scores.js';
import type { Reference } from '../score/reference.js';
import type { ReferenceStore } from '../score/reference-store.js';
import type { LoadedReference, ServedModel, ServedModels } from './served-models.js';

/** One line of the configuration's `models`, with its parts opened. */
export interface ModelEntry {
  /** Exact name, or `*`. */
  readonly name: string;
  /** Exact versions, or patterns with `*`. */
  readonly versions: readonly string[];
  readonly policy: Policy;
  readonly labelSet: LabelSet | undefined;
  readonly embedder: Embedder | undefined;
  readonly scoreThreshold?: number | undefined;
  /** A loaded one serves all of `versions`; `store` looks up each version's own. */
  readonly reference: LoadedReference | 'store' | 'none';
}

export interface ModelDirectoryOptions {
  readonly entries: readonly ModelEntry[];
  /** Serves what no entry matches. */
  readonly fallback: ModelEntry;
  readonly references: ReferenceStore;
  readonly openIndex: OpenNoveltyIndex;
  /** Serve every model; a policy may switch them off. */
  readonly own?: OwnScores;
  /** Hears of each reference that was loaded from the store. */
  readonly onReference?: (reference: Reference) => void;
  /** Milliseconds, from any start. */
  readonly now: () => number;
  /** How long an answer of the store is believed: a reference published later is found then. */
  readonly refreshMs: number;
  /** Hears of a stored reference that does not fit, once per refresh; it is not used. */
  readonly onMismatch: (fault: EdgeminerError) => void;
}

/** The first entry that matches, exact names before `*`. */
export function findEntry<Entry extends Pick<ModelEntry, 'name' | 'versions'>>(
  entries: readonly Entry[],
  modelName: ModelName,
  modelVersion: ModelVersion,
): Entry | undefined {
  const serves = (entry: Entry) =>
    entry.versions.some((pattern) => matchesPattern(pattern, modelVersion));
  return (
    entries.find((entry) => entry.name === modelName && serves(entry)) ??
    entries.find((entry) => entry.name === '*' && serves(entry))
  );
}

/** `*` stands for any run of characters; everything else for itself. */
export function matchesPattern(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let from = first.length;
  const until = text.length - last.length;
  for (const part of rest) {
    const found = text.indexOf(part, from);
    if (found < 0 || found + part.length > until) return false;
    from = found + part.length;
  }
  return from <= until;
}

/** Makes a reference ready for scoring; who asked for it closes its index. */
export async function loadReference(
  reference: Reference,
  openIndex: OpenNoveltyIndex,
  own?: OwnScores,
): Promise<LoadedReference> {
  const { embeddings, ...rest } = reference;
  return {
    reference: rest,
    calibration: calibrationOf(rest, own?.all),
    labels: new Set(reference.classes),
    index:
      embeddings === undefined
        ? undefined
        : await openIndex(embeddings, reference.novelty?.detectors),
  };
}

interface Known {
  readonly until: number;
  readonly reference: Promise<LoadedReference | undefined>;
}

/** Events may name any number of models; the oldest answers are forgotten, and asked for again. */
const mostKnown = 1000;

export function createServedModels(options: ModelDirectoryOptions): ServedModels {
  const known = new Map<string, Known>();
  const loaded = new Map<ReferenceId, LoadedReference>();
  const inUse = new Map<string, ReferenceId>();

  /** A reference that another replaced is let go; what still asks its index tries again. */
  async function use(key: string, id: ReferenceId): Promise<void> {
    const before = inUse.get(key);
    inUse.set(key, id);
    if (before === undefined || [...inUse.values()].includes(before)) return;
    const replaced = loaded.get(before);
    loaded.delete(before);
    await replaced?.index?.close();
  }

  async function fromStore(
    modelName: ModelName,
    modelVersion: ModelVersion,
    embedder: Embedder | undefined,
  ): Promise<LoadedReference | undefined> {
    const key = keyOf(modelName, modelVersion);
    const id = await options.references.current(modelName, modelVersion);
    if (id === undefined) return undefined;
    const cached = loaded.get(id);
    if (cached !== undefined) {
      await use(key, id);
      return cached;
    }
    try {
      const reference = await options.references.load(id);
      if (reference === undefined) return undefined;
      checkReference(reference, { modelName, modelVersion, embedder: embedder?.model });
      const ready = await loadReference(reference, options.openIndex, options.own);
      options.onReference?.(reference);
      loaded.set(id, ready);
      await use(key, id);
      return ready;
    } catch (error) {
      // Published after the start, and wrong: the stream goes on without it.
      if (!isEdgeminerError(error) || error.retriable) throw error;
      options.onMismatch(error);
      return undefined;
    }
  }

  async function serve(modelName: ModelName, modelVersion: ModelVersion): Promise<ServedModel> {
    const entry = findEntry(options.entries, modelName, modelVersion) ?? options.fallback;
    const { policy, labelSet, embedder, scoreThreshold } = entry;
    const { own } = options;
    if (entry.reference !== 'store') {
      const reference = entry.reference === 'none' ? undefined : entry.reference;
      return { policy, labelSet, embedder, scoreThreshold, own, reference };
    }
    const key = keyOf(modelName, modelVersion);
    let answer = known.get(key);
    if (answer === undefined || answer.until <= options.now()) {
      const reference = fromStore(modelName, modelVersion, embedder);
      answer = { until: options.now() + options.refreshMs, reference };
      // The newest last, whether it is new or was there before.
      known.delete(key);
      known.set(key, answer);
      const [oldest] = known.keys();
      if (known.size > mostKnown && oldest !== undefined) known.delete(oldest);
      // A failure is not remembered: the caller's next try asks again.
      reference.catch(() => known.delete(key));
    }
    return { policy, labelSet, embedder, scoreThreshold, own, reference: await answer.reference };
  }

  return { serve };
}

function keyOf(modelName: ModelName, modelVersion: ModelVersion): string {
  return JSON.stringify([modelName, modelVersion]);
}
