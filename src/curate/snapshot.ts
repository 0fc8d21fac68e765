import { createHash } from 'node:crypto';
import { EdgeminerError } from '../faults.js';
import { curatedSetVersion } from '../ids.js';
import type { CuratedSetVersion } from '../ids.js';
import { classesNamed } from '../label/label-classes.js';
import type { Label } from '../label/label.js';
import { plainBody } from '../label/plain-body.js';
import type { Task } from '../queue/task.js';
import { canonicalJson } from '../canonical-json.js';
import type { CuratedItem, CuratedSet, Lineage, SplitPlan } from './curated-set.js';
import { splitItems } from './split.js';
import type { Placement } from './split.js';

export interface SnapshotOptions {
  readonly name: string;
  readonly split: SplitPlan;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly createdAt: number;
}

type LabelledTask = Task & { readonly label: Label };

/**
 * Freezes the labelled ones among `tasks` (others are left out) into a curated set. Pure: the
 * same tasks, in any order, under the same name and plan make the same version. Throws
 * `curated-set.empty` where nothing is labelled, `input.invalid` for an impossible plan.
 */
export function snapshot(tasks: readonly Task[], options: SnapshotOptions): CuratedSet {
  const labelled = tasks.filter(isLabelled).sort((a, b) => (a.id < b.id ? -1 : 1));
  if (labelled.length === 0) {
    throw new EdgeminerError(
      'curated-set.empty',
      `The curated set '${options.name}' would be empty: no labelled task was found.`,
      { mend: 'Label tasks first (lease a batch), or widen the filter by model or reason.' },
    );
  }
  const placements = splitItems(
    labelled.map((task) => ({
      taskId: task.id,
      sourceId: task.sourceId,
      occurredAt: task.occurredAt,
      labelledAt: task.label.labelledAt,
      imageHash: task.image.hash,
      perceptualHash: task.image.perceptualHash,
    })),
    options.split,
  );
  const items = labelled.map((task, index) => curatedItem(task, placements[index]));
  const classes = new Set(items.flatMap((item) => classesNamed(item.label)));
  const content = {
    name: options.name,
    split: planOf(options.split),
    classes: [...classes].sort(),
    items,
  };
  return { version: versionOf(content), createdAt: options.createdAt, ...content };
}

/**
 * sha256 over the RFC 8785 JSON of `{classes, items, name, split}`; anyone can recompute it
 * from the set or from an export's manifest.
 */
export function versionOf(
  content: Pick<CuratedSet, 'name' | 'split' | 'classes' | 'items'>,
): CuratedSetVersion {
  // Item by item: the text of a large set need not be in memory as a whole.
  const hash = createHash('sha256').update(
    `{"classes":${canonicalJson(content.classes)},"items":[`,
  );
  content.items.forEach((item, index) => {
    hash.update(`${index === 0 ? '' : ','}${canonicalJson(item)}`);
  });
  hash.update(`],"name":${canonicalJson(content.name)},"split":${canonicalJson(content.split)}}`);
  return curatedSetVersion(hash.digest('hex'));
}

/** Throws `curated-set.invalid` when the content does not have the version that it claims. */
export function verifyCuratedSet(set: CuratedSet): void {
  const actual = versionOf(set);
  if (actual === set.version) return;
  throw new EdgeminerError(
    'curated-set.invalid',
    `The curated set ${set.version} was changed since it was published: its content is ${actual}.`,
    { mend: 'Restore it from a backup of the store, or snapshot anew.' },
  );
}

/** Known fields only: what a caller adds must not change the version. */
function planOf({ shares, seed, incidentGap, nearDuplicateBits }: SplitPlan): SplitPlan {
  const { train, validation, test } = shares;
  return { shares: { train, validation, test }, seed, incidentGap, nearDuplicateBits };
}

function isLabelled(task: Task): task is LabelledTask {
  return task.state === 'labelled' && task.label !== undefined;
}

function curatedItem(task: LabelledTask, placement: Placement | undefined): CuratedItem {
  if (placement === undefined) throw new Error(`task ${task.id} was not placed`);
  const { hash, contentType, width, height } = task.image;
  return {
    taskId: task.id,
    split: placement.split,
    group: placement.group,
    image: { hash, contentType, width, height },
    label: plainBody(task.label.body),
    weight: weightOf(task),
    lineage: lineageOf(task),
  };
}

function weightOf({ id, decision }: Task): number {
  const probability = decision.inclusionProbability;
  if (probability > 0 && probability <= 1) return 1 / probability;
  throw new EdgeminerError(
    'input.invalid',
    `Task ${id} was queued with an inclusion probability of ${probability}.`,
    {
      field: 'decision.inclusionProbability',
      mend: 'Mine its event again; a queued event has a probability above 0, at most 1.',
    },
  );
}

function lineageOf(task: LabelledTask): Lineage {
  return {
    eventId: task.eventId,
    occurredAt: task.occurredAt,
    sourceId: task.sourceId,
    modelName: task.modelName,
    modelVersion: task.modelVersion,
    reference: task.decision.reference,
    policy: task.decision.policy,
    reasons: [...task.decision.reasons],
    priority: task.decision.priority,
    signals: task.scores.signals.map(({ name, raw, edgeScore, flagged }) => ({
      name,
      raw,
      edgeScore,
      flagged,
    })),
    annotator: task.label.annotator,
    labelledAt: task.label.labelledAt,
    labelSet: task.label.labelSet,
  };
}
