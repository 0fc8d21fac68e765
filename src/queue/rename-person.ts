import type { AnnotatorId } from '../ids.js';
import type { AnnotatorRecord } from './annotator-records.js';
import type { GoldTask, GoldTrial } from './gold.js';
import type { TaskStanding } from './transitions.js';
import type { Weights } from './weights.js';

/** A person's other name, in all places of the queue that hold names. */
export interface Renaming {
  readonly from: AnnotatorId;
  readonly to: AnnotatorId;
}

export function renamedStanding(standing: TaskStanding, renaming: Renaming): TaskStanding {
  const renamed = <T extends { readonly annotator: AnnotatorId }>(one: T): T => ({
    ...one,
    annotator: nameBy(one.annotator, renaming),
  });
  const { lease, label, opinions, skips, formerLabels } = standing;
  return {
    ...standing,
    lease: lease && renamed(lease),
    label: label && renamed(label),
    opinions: opinions.map(renamed),
    skips: skips.map(renamed),
    formerLabels: formerLabels.map(renamed),
  };
}

export function renamedTrial(trial: GoldTrial, renaming: Renaming): GoldTrial {
  return {
    ...trial,
    annotator: nameBy(trial.annotator, renaming),
    standing: renamedStanding(trial.standing, renaming),
  };
}

export function renamedGold(gold: GoldTask, renaming: Renaming): GoldTask {
  return {
    ...gold,
    addedBy: nameBy(gold.addedBy, renaming),
    seenBy: gold.seenBy.map((name) => nameBy(name, renaming)),
  };
}

export function renamedRecord(record: AnnotatorRecord, renaming: Renaming): AnnotatorRecord {
  return {
    ...record,
    annotator: nameBy(record.annotator, renaming),
    pauses: record.pauses.map((pause) => ({
      ...pause,
      resumed: pause.resumed && { ...pause.resumed, by: nameBy(pause.resumed.by, renaming) },
    })),
  };
}

export function renamedWeights(weights: Weights, renaming: Renaming): Weights {
  const { skills, madeBy } = weights;
  const confusions = new Map(
    [...skills.confusions].map(([name, rows]) => [nameBy(name, renaming), rows]),
  );
  return { ...weights, madeBy: nameBy(madeBy, renaming), skills: { ...skills, confusions } };
}

function nameBy(name: AnnotatorId, { from, to }: Renaming): AnnotatorId {
  return name === from ? to : name;
}
