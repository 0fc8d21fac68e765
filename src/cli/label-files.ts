import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { z } from 'zod';
import { EdgeminerError, isEdgeminerError, messageOf } from '../faults.js';
import { annotatorId, batchId, taskId } from '../ids.js';
import type { AnnotatorId } from '../ids.js';
import type { ImageContentType, ImageStore } from '../image/image-store.js';
import type { LabelSet } from '../label/label.js';
import { labelSetKey } from '../label/label-set.js';
import type { Task } from '../queue/task.js';
import type { LabelSetFor } from '../queue/checked-label.js';
import type { Completion, DeskLease, LabelDesk, Refused } from '../queue/label-desk.js';
import type { World } from './world.js';

/**
 * A pulled batch as files, for labelling with any editor:
 *
 * - `batch.json`: what was leased, until when, why each picture was queued, and the label sets;
 * - `images/<task>.<ext>`;
 * - `labels.jsonl`: a line per task, to be filled in: `"label": {"kind": "class", "class": "cat"}`
 *   or `"label": {"kind": "boxes", "boxes": [{"class": "cat", "x": 1, "y": 2, "width": 3, "height": 4}]}`
 *   (docs/labels.md has all kinds), or `"skip": "why"`. A line left at `null` is left for later.
 */
const batchFile = 'batch.json';
const labelsFile = 'labels.jsonl';

const extensions: Readonly<Record<ImageContentType, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/avif': 'avif',
};

export interface WrittenBatch {
  readonly batchId: string;
  readonly expiresAt: string;
  readonly tasks: number;
  readonly directory: string;
  readonly labelsFile: string;
  /** Pictures that could not be had; `batch.json` says why. */
  readonly withoutPicture: number;
}

export interface BatchToWrite {
  readonly lease: DeskLease;
  readonly annotator: AnnotatorId;
  readonly images: ImageStore;
  readonly labelSetFor: LabelSetFor;
}

export async function writeBatch(
  world: World,
  out: string,
  { lease, annotator, images, labelSetFor }: BatchToWrite,
): Promise<WrittenBatch> {
  const directory = resolve(world.workingDirectory, out);
  const expiresAt = new Date(lease.expiresAt).toISOString();
  const written: WrittenBatch = {
    batchId: lease.batchId,
    expiresAt,
    tasks: lease.tasks.length,
    directory,
    labelsFile: join(directory, labelsFile),
    withoutPicture: 0,
  };
  if (lease.tasks.length === 0) return written;
  await mkdir(join(directory, 'images'), { recursive: true });
  const tasks = [];
  // Once for all tasks: guidelines may be long.
  const labelSets: Record<string, LabelSet> = {};
  for (const task of lease.tasks) {
    const labelSet = labelSetFor(task.modelName, task.modelVersion);
    if (labelSet !== undefined) labelSets[labelSetKey(labelSet)] = labelSet;
    const image = await pictureOf(task, images);
    const file = `images/${task.id}.${extensions[task.image.contentType]}`;
    if (image.kind === 'there') await writeFile(join(directory, file), image.bytes);
    tasks.push({
      taskId: task.id,
      eventId: task.eventId,
      fence: task.fence,
      image: image.kind === 'there' ? file : null,
      ...(image.kind === 'there' ? {} : { imageProblem: image.why }),
      labelSet: labelSet === undefined ? null : labelSetKey(labelSet),
      width: task.image.width,
      height: task.image.height,
      reasons: task.decision.reasons,
      why: task.scores.signals.filter((s) => s.flagged).map((s) => s.explanation),
      predictions: task.predictions,
      sourceId: task.sourceId,
      occurredAt: new Date(task.occurredAt).toISOString(),
    });
  }
  const batch = { batchId: lease.batchId, annotator, expiresAt, labelSets, tasks };
  await writeFile(join(directory, batchFile), `${JSON.stringify(batch, null, 2)}\n`);
  const lines = tasks.map((task) =>
    JSON.stringify({ taskId: task.taskId, image: task.image, label: null }),
  );
  await writeFile(join(directory, labelsFile), `${lines.join('\n')}\n`);
  return { ...written, withoutPicture: tasks.filter(({ image }) => image === null).length };
}

/** One picture that is lost does not keep the others from being labelled. */
async function pictureOf(
  { image }: Task,
  images: Pick<ImageStore, 'get'>,
): Promise<
  | { readonly kind: 'there'; readonly bytes: Uint8Array }
  | { readonly kind: 'lost'; readonly why: string }
> {
  try {
    const stored = await images.get(image.hash);
    if (stored !== undefined) return { kind: 'there', bytes: stored.bytes };
    return { kind: 'lost', why: 'image.not-found: the image store does not have it' };
  } catch (error) {
    if (!isEdgeminerError(error) || !error.code.startsWith('image.')) throw error;
    return { kind: 'lost', why: `${error.code}: ${error.message}` };
  }
}

const batchSchema = z.object({
  batchId: z.string().min(1),
  annotator: z.string().min(1),
  tasks: z.array(z.object({ taskId: z.string(), fence: z.int() })),
});

const lineSchema = z.object({
  taskId: z.string(),
  label: z.unknown().optional(),
  skip: z.string().nullish(),
});

export interface ImportResult {
  readonly labelled: number;
  readonly skipped: number;
  readonly left: number;
  readonly refused: readonly {
    readonly line: number;
    readonly taskId: string | undefined;
    readonly message: string;
    readonly mend: string | undefined;
  }[];
}

/** Sends every filled line to the desk. One bad line does not keep the others out. */
export async function importLabels(
  world: World,
  path: string,
  desk: LabelDesk,
): Promise<ImportResult> {
  const directory = resolve(world.workingDirectory, path);
  if (extname(directory) === '.jsonl') {
    throw new EdgeminerError('input.invalid', `${path} is a file`, {
      field: '<dir>',
      mend: `Give the folder that 'queue pull' wrote; it holds ${batchFile} and ${labelsFile}.`,
    });
  }
  const batch = parseBatch(await readText(join(directory, batchFile)), join(directory, batchFile));
  const fences = new Map(batch.tasks.map((task) => [task.taskId, task.fence]));
  const lines = (await readText(join(directory, labelsFile))).split('\n');
  let labelled = 0;
  let skipped = 0;
  let left = 0;
  const refused: ImportResult['refused'][number][] = [];
  for (const [index, text] of lines.entries()) {
    if (text.trim() === '') continue;
    let id: string | undefined;
    try {
      const line = parseLine(text);
      id = line.taskId;
      const fence = fences.get(line.taskId);
      if (fence === undefined) {
        throw new EdgeminerError('task.not-found', `task ${line.taskId} is not in this batch`, {
          field: 'taskId',
          mend: `Use the task ids of ${batchFile}.`,
        });
      }
      const claim = { taskId: taskId(line.taskId), batchId: batchId(batch.batchId), fence };
      const annotator = annotatorId(batch.annotator);
      if (line.skip !== undefined && line.skip !== null) {
        unwrap(await desk.skip({ claim, annotator, reason: line.skip }));
        skipped += 1;
      } else if (line.label === undefined || line.label === null) {
        left += 1;
      } else {
        unwrap(await desk.submit({ claim, annotator, body: line.label }));
        labelled += 1;
      }
    } catch (error) {
      if (isEdgeminerError(error) && error.retriable) throw error;
      refused.push({
        line: index + 1,
        taskId: id,
        message: messageOf(error),
        mend: isEdgeminerError(error) ? error.mend : undefined,
      });
    }
  }
  return { labelled, skipped, left, refused };
}

function unwrap(answer: Completion | Refused): void {
  if (answer.kind === 'refused') throw answer.fault;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new EdgeminerError('input.not-found', `can't read ${file}: ${messageOf(error)}`, {
      field: '<dir>',
      mend: `Give the folder that 'queue pull' wrote; it holds ${batchFile} and ${labelsFile}.`,
      cause: error,
    });
  }
}

function parseBatch(text: string, file: string): z.output<typeof batchSchema> {
  const parsed = batchSchema.safeParse(parseJson(text, file));
  if (parsed.success) return parsed.data;
  throw new EdgeminerError('input.invalid', `${file}: ${z.prettifyError(parsed.error)}`, {
    field: batchFile,
    mend: `Don't edit ${batchFile}; pull the batch again if it was damaged.`,
  });
}

function parseLine(text: string): z.output<typeof lineSchema> {
  const parsed = lineSchema.safeParse(parseJson(text, 'the line'));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new EdgeminerError(
    'input.invalid',
    `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    {
      field: issue?.path.join('.') ?? '',
      mend: 'Keep taskId as it was written, and fill in label or skip.',
    },
  );
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EdgeminerError('input.invalid', `${what} is not JSON: ${messageOf(error)}`, {
      mend: 'Check quotes, commas and brackets.',
      cause: error,
    });
  }
}
