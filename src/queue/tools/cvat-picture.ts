import { extensionOf } from '../../image/image-extension.js';
import { batchId, taskId } from '../../ids.js';
import { writeMarks } from '../../label/cvat/write-marks.js';
import type { CvatImage } from '../../label/cvat/write-document.js';
import { readMarks } from '../../label/cvat/read-marks.js';
import type { CvatMark } from '../../label/cvat/mark.js';
import type { LabelSet } from '../../label/label.js';
import { suggestLabel } from '../../label/suggest-label.js';
import type { Claim } from '../relabel-queue.js';
import type { Task } from '../task.js';
import type { ToolTask } from './tool-answer.js';

/**
 * CVAT keeps nothing of a picture but its file's name, so that the name says what finds the task
 * again: `<task>.r<round>.<batch>.<fence>.jpg`.
 */
export function pictureName({ id, round, lease, fence, image }: Task): string {
  return `${id}.r${round}.${lease?.batchId ?? ''}.${fence}.${extensionOf(image.contentType)}`;
}

export interface NamedTask {
  readonly claim: Claim;
  readonly round: number;
}

/** What a picture's name says; undefined for a picture that is none of edgeminer's. */
export function readPictureName(name: string): NamedTask | undefined {
  const match = /([0-9a-f]{64})\.r(\d+)\.([^/\\]+)\.(\d+)\.[a-z]+$/.exec(name);
  if (match === null) return undefined;
  const [, id = '', round = '', batch = '', fence = ''] = match;
  return {
    claim: { taskId: taskId(id), batchId: batchId(batch), fence: Number(fence) },
    round: Number(round),
  };
}

/** A task as an image of CVAT, with the model's prediction as its marks. */
export function cvatImage(task: Task, labelSet: LabelSet): CvatImage {
  const { width, height } = task.image;
  const body = suggestLabel(task.predictions, labelSet, task.image)?.body;
  const found = body === undefined ? [] : writeMarks(body, labelSet);
  // That the model saw nothing is no answer of a person who looked.
  const marks = found.some(({ label }) => labelSet.classes.includes(label)) ? found : [];
  return { name: pictureName(task), width, height, marks };
}

/** An image of CVAT with its marks; undefined for one that is none of edgeminer's. */
export function cvatToolTask(
  image: {
    readonly name: string;
    readonly where: string;
    readonly width?: number | undefined;
    readonly height?: number | undefined;
    readonly marks: readonly CvatMark[];
    readonly person: string | undefined;
    /** Whether somebody said that the picture is done. */
    readonly done: boolean;
  },
  labelSetOf: (task: Task) => LabelSet | undefined,
): ToolTask | undefined {
  const named = readPictureName(image.name);
  if (named === undefined) return undefined;
  const { name, where, width, height, marks, person, done } = image;
  return {
    where: `${where} (${name})`,
    taskId: named.claim.taskId,
    round: named.round,
    claim: named.claim,
    answers: [
      {
        where,
        person,
        read: (task) => {
          const labelSet = labelSetOf(task);
          if (labelSet === undefined) return { kind: 'nothing' };
          if (
            (width ?? task.image.width) !== task.image.width ||
            (height ?? task.image.height) !== task.image.height
          ) {
            return {
              kind: 'refused',
              field: `${where} width`,
              problem: `says that the picture has ${width} x ${height} pixels, but the task's has ${task.image.width} x ${task.image.height}`,
              mend: 'Label the picture that edgeminer sent, upright and uncut.',
            };
          }
          return readMarks(marks, labelSet, done);
        },
      },
    ],
  };
}
