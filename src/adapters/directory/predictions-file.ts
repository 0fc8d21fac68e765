import { z } from 'zod';
import { defaultMend, parseEvent } from '../../event/contract.js';
import type { InferenceEvent } from '../../event/inference-event.js';
import { pathInside, refuseIfNothingMatches } from './picture-paths.js';
import { lineFault, readJsonLines } from './read-lines.js';

/** What a line says of a picture, checked by the same contract as an event of the stream. */
export interface PictureAbout {
  readonly predictions: InferenceEvent['predictions'];
  readonly embedding?: Float32Array;
  readonly tags: InferenceEvent['tags'];
  readonly sourceId?: InferenceEvent['sourceId'];
  readonly occurredAt?: number;
}

const pathProblem = 'must be the path of a picture, relative to the directory';
const lineSchema = z.strictObject({
  path: z.string({ error: pathProblem }).min(1),
  predictions: z.unknown(),
  embedding: z.unknown(),
  sourceId: z.unknown(),
  occurredAt: z.unknown(),
  tags: z.unknown(),
});

const maxLineBytes = 16 * 1024 * 1024;

/**
 * Reads a JSON-lines file of `{ path, predictions?, embedding?, sourceId?, occurredAt?, tags? }`
 * about the pictures of a directory; `path` is relative to it.
 * @throws EdgeminerError `input.not-found`, or `input.invalid` that names line and field.
 */
export async function readPredictionsFile(
  file: string,
  directory: string,
): Promise<ReadonlyMap<string, PictureAbout>> {
  const pictures = new Map<string, PictureAbout>();
  const lines = new Map<string, number>();
  for await (const { line, value } of readJsonLines(file, maxLineBytes)) {
    const { path, about } = parseLine(file, line, value);
    const earlier = lines.get(path);
    if (earlier !== undefined) {
      throw lineFault(file, line, 'path', `${path} is also in line ${earlier}`);
    }
    lines.set(path, line);
    pictures.set(path, about);
  }
  await refuseIfNothingMatches(file, pictures.keys(), directory);
  return pictures;
}

function parseLine(
  file: string,
  line: number,
  value: unknown,
): { readonly path: string; readonly about: PictureAbout } {
  const parsed = lineSchema.partial().required({ path: true }).safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.');
    const what = field === 'path' ? pathProblem : issue?.message;
    throw lineFault(file, line, field ?? '', what ?? 'is not a line of predictions');
  }
  const { path: written, sourceId, occurredAt, ...rest } = parsed.data;
  const path = pathInside(written);
  if (path === undefined) {
    throw lineFault(file, line, 'path', `${written} is not a path inside the directory`);
  }
  // The rest of an event, so that the contract checks what the line says.
  const reading = parseEvent({
    eventId: 'any',
    occurredAt: occurredAt ?? 0,
    modelName: 'any',
    modelVersion: 'any',
    sourceId: sourceId ?? 'any',
    image: { bytes: Uint8Array.of(0) },
    ...rest,
  });
  if (reading.kind === 'unreadable') {
    const { field = '', message, mend } = reading.fault;
    throw lineFault(file, line, field, message, mend === defaultMend ? undefined : mend);
  }
  const { event } = reading;
  const about = {
    predictions: event.predictions,
    tags: event.tags,
    ...(event.embedding === undefined ? {} : { embedding: event.embedding }),
    ...(isGiven(sourceId) ? { sourceId: event.sourceId } : {}),
    ...(isGiven(occurredAt) ? { occurredAt: event.occurredAt } : {}),
  };
  return { path, about };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
