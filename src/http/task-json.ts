import type { LabelSet } from '../label/label.js';
import { plainBody } from '../label/plain-body.js';
import { isOpenState, stateAt } from '../queue/task.js';
import type { Task } from '../queue/task.js';
import type { Principal } from './auth.js';
import { labelSetJson } from './label-schemas.js';
import type { TaskJson } from './schemas.js';

/** ISO 8601 in UTC, of milliseconds since 1970-01-01. */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}

/** Blind: what others said of a task is not shown while it is open. */
export type Sight = 'blind' | 'all';

/** Who settles a task must see all of it, unless they are labelling it themselves. */
export function sightOf({ name, roles }: Principal, task: Task, now: number): Sight {
  if (stateAt(task, now) === 'leased' && task.lease?.annotator === name) return 'blind';
  return roles.includes('reviewer') || roles.includes('admin') ? 'all' : 'blind';
}

/** A task as clients see it at `now`: an expired lease reads as none. */
export function taskJson(
  task: Task,
  labelSet: LabelSet | undefined,
  now: number,
  sight: Sight = 'blind',
): TaskJson {
  const { image, decision, scores, lease, label } = task;
  const state = stateAt(task, now);
  const skip = state === 'skipped' ? task.skips.at(-1) : undefined;
  const isOpen = isOpenState(state);
  return {
    id: task.id,
    state,
    eventId: task.eventId,
    occurredAt: isoTime(task.occurredAt),
    offeredAt: isoTime(task.offeredAt),
    modelName: task.modelName,
    modelVersion: task.modelVersion,
    sourceId: task.sourceId,
    image: {
      href: `/v1/tasks/${task.id}/image`,
      hash: image.hash,
      contentType: image.contentType,
      width: image.width,
      height: image.height,
      uri: image.uri ?? null,
      kept: image.kept ?? 'copy',
    },
    predictions: predictionsJson(task.predictions),
    tags: { ...task.tags },
    priority: decision.priority,
    reasons: [...decision.reasons],
    control: decision.control,
    inclusionProbability: decision.inclusionProbability,
    policy: decision.policy,
    reference: decision.reference,
    signals: scores.signals.map((signal) => ({ ...signal })),
    absentSignals: scores.absent.map((signal) => ({ ...signal })),
    labelSet: labelSet === undefined ? null : labelSetJson(labelSet),
    fence: task.fence,
    lease:
      state !== 'leased' || lease === undefined
        ? null
        : {
            batchId: lease.batchId,
            annotator: lease.annotator,
            expiresAt: isoTime(lease.expiresAt),
          },
    round: task.round,
    overlap: task.overlap,
    label:
      label === undefined
        ? null
        : {
            body: plainBody(label.body),
            annotator: label.annotator,
            settledBy: label.settledBy ?? null,
            labelledAt: isoTime(label.labelledAt),
            labelSet: label.labelSet,
          },
    // Blind until done: who labels next sees what nobody else has said.
    opinions:
      isOpen && sight === 'blind'
        ? []
        : task.opinions.map((opinion) => ({
            body: plainBody(opinion.body),
            annotator: opinion.annotator,
            givenAt: isoTime(opinion.givenAt),
            labelSet: opinion.labelSet,
            round: opinion.round,
            heldMs: opinion.heldMs,
            prediction: predictionOf(opinion),
          })),
    skip:
      skip === undefined
        ? null
        : {
            reason: skip.reason,
            annotator: skip.annotator,
            skippedAt: isoTime(skip.skippedAt),
          },
    disputes:
      isOpen && sight === 'blind'
        ? []
        : (task.disputes ?? []).map(({ round, why }) => ({ round, why: [...why] })),
    secondLook: secondLookOf(task),
    duplicates: [...task.duplicates],
  };
}

/** Why the present round is a second look, if it is one. */
function secondLookOf({ round, secondLooks = [] }: Task): string[] | null {
  const look = secondLooks.find((one) => one.round === round);
  return look === undefined ? null : [...look.why];
}

function predictionOf({ prediction }: Task['opinions'][number]) {
  if (prediction === undefined || prediction.edit.kind === 'no-prediction') return null;
  return { shown: prediction.shown, accepted: prediction.edit.accepted };
}

function predictionsJson(predictions: Task['predictions']): TaskJson['predictions'] {
  switch (predictions.kind) {
    case 'classification': {
      const { kind, classes, probabilities, logits } = predictions;
      return {
        kind,
        classes: [...classes],
        ...(probabilities === undefined ? {} : { probabilities: [...probabilities] }),
        ...(logits === undefined ? {} : { logits: [...logits] }),
      };
    }
    case 'detection':
      return { ...predictions, boxes: predictions.boxes.map((box) => ({ ...box })) };
    case 'none':
      return { kind: 'none' };
  }
}
