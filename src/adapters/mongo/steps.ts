import type { AnyBulkWriteOperation } from 'mongodb';
import type { ActorKey } from '../../ids.js';
import { nextEntry } from '../../queue/audit.js';
import type { Step } from '../../queue/transitions.js';
import { auditFields, headOf, standingProjection, standingToFields } from './documents.js';
import type { StoredStanding, TaskDocument } from './documents.js';

/** What is read of a task in order to change its standing. */
export type Standing = Pick<TaskDocument, '_id' | 'revision'> & StoredStanding;

export const standingOnly = { ...standingProjection, revision: 1 } as const;

export interface StepTerms {
  readonly actor: ActorKey;
  readonly at: number;
}

/**
 * One step of the state machine as one write: the standing and its audit entry together, if
 * nobody changed the standing since it was read.
 */
export function swap(read: Standing, step: Step, { actor, at }: StepTerms) {
  const entry = nextEntry(headOf(read), {
    taskId: read._id,
    actor,
    at,
    transition: step.transition,
  });
  return {
    updateOne: {
      filter: { _id: read._id, revision: read.revision },
      update: {
        $set: {
          ...standingToFields(step.standing),
          auditHead: { seq: entry.seq, hash: entry.hash },
        },
        $push: { audit: auditFields(entry) },
        $inc: { revision: 1 },
      },
    },
  } satisfies AnyBulkWriteOperation<TaskDocument>;
}
