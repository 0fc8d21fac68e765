import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { z } from 'zod';
import { whyOf } from '../decision/why.js';
import { EdgeminerError, isEdgeminerError, messageOf } from '../faults.js';
import { annotatorId, batchId, taskId } from '../ids.js';
import type { AnnotatorId, BatchId, ImageHash } from '../ids.js';
import { extensionOf } from '../image/image-extension.js';
import type { ImageStore } from '../image/image-store.js';
import type { LabelSet } from '../label/label.js';
import { labelSetKey } from '../label/label-set.js';
import type { LabelSetFor } from '../queue/checked-label.js';
import type { DeskLease, Refused } from '../queue/label-desk.js';
import type { Claim } from '../queue/relabel-queue.js';
import { lookFor } from './look-for-picture.js';
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

export interface WrittenBatch {
  readonly batchId: string;
  readonly expiresAt: string;
  readonly tasks: number;
  readonly directory: string;
  readonly labelsFile: string;
  /** Pictures that could not be had; `batch.json` says why. */
  readonly withoutPicture: number;
}

/** What is written of a task. */
export interface PulledTask {
  readonly id: string;
  readonly eventId: string;
  readonly fence: number;
  readonly image: { readonly contentType: string; readonly width: number; readonly height: number };
  readonly reasons: readonly string[];
  /** What was flagged, in words; in the order of the reasons. */
  readonly why: readonly string[];
  readonly predictions: unknown;
  readonly sourceId: string;
  /** ISO 8601. */
  readonly occurredAt: string;
  /** What a label may say; undefined where the model has no label set. */
  readonly labelSet: NamedLabelSet | undefined;
}

/** As it is written: of the store's own, or as a server shows it. */
type NamedLabelSet = Pick<LabelSet, 'name' | 'version'>;

/** A batch that was leased, here or at a server. */
export interface PulledBatch<T extends PulledTask = PulledTask> {
  readonly batchId: BatchId;
  readonly annotator: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly expiresAt: number;
  readonly tasks: readonly T[];
  /** Undefined where the picture is lost; a fault `image.*` says why. */
  readonly pictureOf: (task: T) => Promise<Uint8Array | undefined>;
}

/** A batch that was leased from the store. */
export function pulledBatch(
  lease: DeskLease,
  annotator: AnnotatorId,
  { images, labelSetFor }: { images: Pick<ImageStore, 'get'>; labelSetFor: LabelSetFor },
): PulledBatch<PulledTask & { readonly hash: ImageHash }> {
  return {
    batchId: lease.batchId,
    annotator,
    expiresAt: lease.expiresAt,
    tasks: lease.tasks.map(({ id, eventId, fence, sourceId, ...task }) => ({
      id,
      eventId,
      fence,
      image: task.image,
      hash: task.image.hash,
      reasons: task.decision.reasons,
      why: whyOf(task.decision.reasons, task.scores.signals),
      predictions: task.predictions,
      sourceId,
      occurredAt: new Date(task.occurredAt).toISOString(),
      labelSet: labelSetFor(task.modelName, task.modelVersion),
    })),
    pictureOf: async ({ hash }) => (await images.get(hash))?.bytes,
  };
}

export async function writeBatch<T extends PulledTask>(
  world: World,
  out: string,
  lease: PulledBatch<T>,
): Promise<WrittenBatch> {
  const { annotator } = lease;
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
  const labelSets: Record<string, NamedLabelSet> = {};
  for (const task of lease.tasks) {
    const { labelSet } = task;
    if (labelSet !== undefined) labelSets[labelSetKey(labelSet)] = labelSet;
    const { id, eventId, fence, image, reasons, why, predictions, sourceId, occurredAt } = task;
    // A server elsewhere names the files: nothing of it may lead out of the folder.
    if (!/^[0-9a-f]{64}$/u.test(id)) throw oddTask(id);
    const picture = await lookFor(() => lease.pictureOf(task));
    const file = `images/${id}.${extensionOf(image.contentType)}`;
    if (picture.kind === 'there') await writeFile(join(directory, file), picture.bytes);
    tasks.push({
      taskId: id,
      eventId,
      fence,
      image: picture.kind === 'there' ? file : null,
      ...(picture.kind === 'there' ? {} : { imageProblem: picture.why }),
      labelSet: labelSet === undefined ? null : labelSetKey(labelSet),
      width: image.width,
      height: image.height,
      reasons,
      why,
      predictions,
      sourceId,
      occurredAt,
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

function oddTask(id: string): EdgeminerError {
  return new EdgeminerError('input.invalid', `${JSON.stringify(id)} is no task id`, {
    field: 'taskId',
    mend: 'Check the address of the server: it does not answer as edgeminer does.',
  });
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

/** Where labels and skips go: the desk, or a server. */
export interface LabelTaker {
  submit(submission: {
    readonly claim: Claim;
    readonly annotator: AnnotatorId;
    readonly body: unknown;
  }): Promise<{ readonly kind: string } | Refused>;
  skip(dismissal: {
    readonly claim: Claim;
    readonly annotator: AnnotatorId;
    readonly reason: string;
  }): Promise<{ readonly kind: string } | Refused>;
}

/** Sends every filled line to the desk. One bad line does not keep the others out. */
export async function importLabels(
  world: World,
  path: string,
  desk: LabelTaker,
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

function unwrap(answer: { readonly kind: string } | Refused): void {
  if ('fault' in answer) throw answer.fault;
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
