import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { EdgeminerError, isEdgeminerError, messageOf } from '../faults.js';
import type { TaskId } from '../ids.js';
import { extensionOf } from '../image/image-extension.js';
import type { ImageStore } from '../image/image-store.js';
import { readCvatDocument } from '../label/cvat/read-document.js';
import { labelSpecs } from '../label/cvat/label-specs.js';
import { writeCvatDocument } from '../label/cvat/write-document.js';
import { labellingConfig } from '../label/label-studio/labelling-config.js';
import { labelSetKey } from '../label/label-set.js';
import type { LabelSet } from '../label/label.js';
import type { LabelSetFor } from '../queue/checked-label.js';
import type { DeskLease } from '../queue/label-desk.js';
import type { Task } from '../queue/task.js';
import { cvatImage, cvatToolTask, pictureName } from '../queue/tools/cvat-picture.js';
import { readStudioTask, studioTask } from '../queue/tools/studio-task.js';
import { nothingTaken, takeAnswers } from '../queue/tools/take-answers.js';
import type { AnswerTerms, TakenAnswers } from '../queue/tools/take-answers.js';
import type { ToolTask } from '../queue/tools/tool-answer.js';
import { lookFor } from './look-for-picture.js';
import type { World } from './world.js';

/** What a batch may be pulled as, and imported from. */
export const pullFormats = ['labels', 'label-studio', 'cvat'] as const;
export type ToolFormat = Exclude<(typeof pullFormats)[number], 'labels'>;

export interface ToolBatchOrder {
  readonly format: ToolFormat;
  readonly out: string;
  /** How Label Studio gets the pictures; CVAT gets files. */
  readonly pictures: 'files' | 'inline' | 'url';
  /** Before a file's name, or the address of edgeminer's API. */
  readonly pictureUrl?: string | undefined;
}

export interface WrittenToolBatch {
  readonly batchId: string;
  readonly expiresAt: string;
  readonly tasks: number;
  readonly directory: string;
  readonly files: readonly string[];
  /** Of models without a label set, or with a picture that is gone: not written. */
  readonly left: readonly TaskId[];
}

/**
 * Writes a batch for another tool: per label set, what the tool imports and what its project has to
 * be set up with, and `images/`.
 */
export async function writeToolBatch(
  world: World,
  order: ToolBatchOrder,
  { batchId, expiresAt, tasks }: Pick<DeskLease, 'batchId' | 'expiresAt' | 'tasks'>,
  from: {
    readonly images: Pick<ImageStore, 'get'>;
    readonly labelSetFor: LabelSetFor;
  },
): Promise<WrittenToolBatch> {
  const directory = resolve(world.workingDirectory, order.out);
  const asFiles = order.format === 'cvat' || order.pictures === 'files';
  const groups = new Map<string, { readonly labelSet: LabelSet; readonly shown: Shown[] }>();
  const left: TaskId[] = [];
  await mkdir(asFiles ? join(directory, 'images') : directory, { recursive: true });
  for (const task of tasks) {
    const labelSet = from.labelSetFor(task.modelName, task.modelVersion);
    const picture =
      order.pictures === 'url'
        ? undefined
        : await lookFor(async () => (await from.images.get(task.image.hash))?.bytes);
    if (labelSet === undefined || picture?.kind === 'lost') {
      left.push(task.id);
      continue;
    }
    const bytes = picture?.bytes ?? new Uint8Array();
    const file = fileOf(task, order.format);
    if (asFiles) await writeFile(join(directory, 'images', file), bytes);
    const image = imageFor(order, { directory, task, file, bytes });
    const key = labelSetKey(labelSet);
    const group = groups.get(key) ?? { labelSet, shown: [] };
    group.shown.push({ task, image });
    groups.set(key, group);
  }
  const files: string[] = [];
  for (const [key, { labelSet, shown }] of groups) {
    for (const [name, text] of descriptions(order.format, { labelSet, shown, batchId })) {
      // Names of label sets are free, those of files are not; `@` is fine in both.
      const file = `${encodeURIComponent(key).replaceAll('%40', '@')}.${name}`;
      await writeFile(join(directory, file), text);
      files.push(file);
    }
  }
  return {
    batchId,
    expiresAt: new Date(expiresAt).toISOString(),
    tasks: tasks.length - left.length,
    directory,
    files,
    left,
  };
}

interface Shown {
  readonly task: Task;
  readonly image: string;
}

/** In CVAT, a file's name is all that finds the task again. */
function fileOf(task: Task, format: ToolFormat): string {
  return format === 'cvat'
    ? pictureName(task)
    : `${task.id}.${extensionOf(task.image.contentType)}`;
}

function imageFor(
  { pictures, pictureUrl }: ToolBatchOrder,
  at: {
    readonly directory: string;
    readonly task: Task;
    readonly file: string;
    readonly bytes: Uint8Array;
  },
): string {
  const { directory, task, file, bytes } = at;
  switch (pictures) {
    case 'inline':
      return `data:${task.image.contentType};base64,${Buffer.from(bytes).toString('base64')}`;
    case 'url':
      return `${(pictureUrl ?? '').replace(/\/+$/, '')}/v1/tasks/${task.id}/image`;
    case 'files': {
      // Label Studio serves files of a folder that it was told of.
      const local = `/data/local-files/?d=${encodeURIComponent(basename(directory))}/images/`;
      return `${pictureUrl ?? local}${file}`;
    }
  }
}

function descriptions(
  format: ToolFormat,
  group: {
    readonly labelSet: LabelSet;
    readonly shown: readonly Shown[];
    readonly batchId: string;
  },
): readonly (readonly [name: string, text: string])[] {
  const { labelSet, shown, batchId } = group;
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  if (format === 'label-studio') {
    return [
      ['tasks.json', json(shown.map(({ task, image }) => studioTask(task, labelSet, image)))],
      ['labelling-config.xml', labellingConfig(labelSet)],
    ];
  }
  const labels = labelSpecs(labelSet);
  const images = shown.map(({ task }) => cvatImage(task, labelSet));
  return [
    ['annotations.xml', writeCvatDocument({ name: `edgeminer ${batchId}`, labels, images })],
    ['labels.json', json(labels)],
  ];
}

/** Takes in what another tool exported. What one task lacks keeps no other out. */
export async function importToolFile(
  world: World,
  order: {
    readonly path: string;
    readonly format: ToolFormat;
    /** A picture without a mark was looked at, and has nothing. */
    readonly allDone: boolean;
  },
  terms: AnswerTerms & { readonly labelSetFor: LabelSetFor },
): Promise<TakenAnswers> {
  const text = await readText(resolve(world.workingDirectory, order.path), order.format);
  const taken = nothingTaken();
  const labelSetOf = (task: Task) => terms.labelSetFor(task.modelName, task.modelVersion);
  const found: readonly (readonly [where: string, read: () => ToolTask | undefined])[] =
    order.format === 'cvat'
      ? readCvatDocument(text).map((image) => {
          const where = `line ${image.line}`;
          const done = order.allDone;
          return [
            where,
            () => cvatToolTask({ ...image, where, person: undefined, done }, labelSetOf),
          ];
        })
      : studioTasks(text).map((value, at) => {
          const where = `task ${at + 1}`;
          return [where, () => readStudioTask(value, where, labelSetOf, String)];
        });
  for (const [where, read] of found) {
    try {
      const sent = read();
      if (sent === undefined) taken.dropped.push({ where, what: 'what is no task of edgeminer' });
      else await takeAnswers(sent, terms, taken);
    } catch (error) {
      if (!isEdgeminerError(error) || error.kind !== 'request') throw error;
      const { message, mend } = error;
      taken.refused.push({ where, taskId: undefined, message, mend });
    }
  }
  return taken;
}

function studioTasks(text: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new EdgeminerError('input.invalid', `it is not JSON: ${messageOf(error)}`, {
      field: '<path>',
      mend: "Export the project from Label Studio as 'JSON'.",
      cause: error,
    });
  }
  if (Array.isArray(value)) return value as readonly unknown[];
  throw new EdgeminerError('input.invalid', 'it is not a list of tasks', {
    field: '<path>',
    mend: "Export the project from Label Studio as 'JSON'.",
  });
}

async function readText(file: string, format: ToolFormat): Promise<string> {
  const what =
    format === 'cvat'
      ? "the annotations.xml of an export as 'CVAT for images 1.1'"
      : "the file of an export as 'JSON'";
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new EdgeminerError('input.not-found', `can't read ${file}: ${messageOf(error)}`, {
      field: '<path>',
      mend: `Give ${what}.`,
      cause: error,
    });
  }
  if (bytes.subarray(0, 2).toString('latin1') === 'PK') {
    throw new EdgeminerError('input.invalid', `${file} is a ZIP archive`, {
      field: '<path>',
      mend: `Unpack it, and give ${what}.`,
    });
  }
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}
