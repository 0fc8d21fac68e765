import { messageOf } from '../../faults.js';
import { cutModelInput } from '../../image/model-input.js';
import { compareEmbeddings, embedCheckPictures } from './check-embeddings.js';
import type { CheckedEmbeddings } from './check-embeddings.js';
import { checkPictures } from './check-pictures.js';
import { ownCopies } from './inspect-model.js';
import type { FoundModel } from './inspect-model.js';
import type { ModelEntry } from './manifest-schema.js';
import { openModel } from './onnx-embedder.js';
import { runOptions } from './open-session.js';
import type { SessionOptions } from './open-session.js';
import type { Draft } from './entry-draft.js';
import { unsuitable } from './propose-input.js';
import { startSession } from './session-client.js';
import type { SessionClient } from './session-client.js';

export interface Trial {
  /** Whole; its file stands as an absolute path. */
  readonly entry: ModelEntry;
  readonly checked: CheckedEmbeddings;
  /** What only a run could tell, for people. */
  readonly notes: readonly string[];
}

/**
 * Runs a model that is on its way into the manifest: whether two pictures fit into one run, how
 * long its embedding is, and what it makes of the ten pictures. Throws `model.unsuitable` when it
 * fails, gives what is no number, or the same for every picture.
 */
export async function tryModel(
  options: SessionOptions,
  found: FoundModel,
  draft: Draft,
): Promise<Trial> {
  const { entry, notes } = await completeEntry(options, found, draft);
  const { name, classes } = draft;
  const embedder = await openModel({ name, entry, classes }, { ...options, sessions: 1 });
  try {
    const checked = await embedCheckPictures(embedder);
    checkEmbeddings(found.file, checked);
    return { entry, checked, notes };
  } finally {
    await embedder.close();
  }
}

async function completeEntry(
  options: SessionOptions,
  found: FoundModel,
  draft: Draft,
): Promise<Pick<Trial, 'entry' | 'notes'>> {
  const { input, embedding, logits, classes, licence, source } = draft;
  const session = await startSession({
    ...ownCopies(found.files),
    ...runOptions({ ...options, sessions: 1 }),
    use: { input, embedding, logits },
  });
  try {
    const dimensions = await lengthOfEmbedding(found.file, session, draft);
    const together = await fitTogether(session, draft, dimensions);
    return {
      entry: {
        ...found.files.facts,
        file: found.files.path,
        licence,
        source,
        input: together ? input : { ...input, batch: 1 },
        outputs: {
          embedding: { ...embedding, dimensions },
          ...(logits === undefined ? {} : { logits: { name: logits } }),
        },
        ...(classes === undefined ? {} : { classes: [...classes] }),
      },
      notes: together
        ? []
        : [
            'two pictures in one run fail, whatever the file says: they are run one by one (batch 1)',
          ],
    };
  } finally {
    await session.close();
  }
}

async function lengthOfEmbedding(
  file: string,
  session: SessionClient,
  { input, embedding }: Draft,
): Promise<number> {
  const [picture] = checkPictures();
  if (picture === undefined) throw new Error('There are no pictures to check with.');
  try {
    const outputs = await session.run([cutModelInput(picture, input)]);
    if (outputs.embedding.length > 0) return outputs.embedding.length;
  } catch (error) {
    throw unsuitable(
      file,
      `it fails at a picture of ${input.width}x${input.height}: ${messageOf(error)}`,
      'Check --size, --layout and --batch, and run the model where it was made.',
    );
  }
  throw unsuitable(file, `its output "${embedding.name}" is empty`);
}

/** Some files name their batch free, and have its size written into the graph. */
async function fitTogether(
  session: SessionClient,
  { input }: Draft,
  dimensions: number,
): Promise<boolean> {
  if (input.batch !== undefined) return true;
  const two = checkPictures().slice(0, 2);
  try {
    const outputs = await session.run(two.map((picture) => cutModelInput(picture, input)));
    return outputs.embedding.length === 2 * dimensions;
  } catch {
    return false;
  }
}

/** Below this share of the largest value, two embeddings are the same. */
const noDifference = 1e-5;

function checkEmbeddings(file: string, { embeddings, logits }: CheckedEmbeddings): void {
  const broken = embeddings.findIndex((one) => !one.every(Number.isFinite));
  if (broken >= 0) {
    throw unsuitable(
      file,
      `its embedding of check picture ${broken + 1} has values that are no finite numbers`,
      'Check --pixels (or --scale, --mean, --deviation) and --embedding.',
    );
  }
  const [first = new Float32Array(), ...others] = embeddings;
  if (first.length < 2) {
    throw unsuitable(
      file,
      'its embedding is a single number: pictures would differ in no direction',
      'Name another output with --embedding; a model that gives one number may be a score (docs/own-scores.md).',
    );
  }
  const largest = Math.max(
    ...others.map((other) => {
      const { largestDifference, largestValue } = compareEmbeddings([first], [other]);
      return largestDifference / Math.max(largestValue, Number.MIN_VALUE);
    }),
  );
  if (largest < noDifference) {
    throw unsuitable(
      file,
      'it gives the same embedding for ten different pictures',
      'Check --pixels (or --scale, --mean, --deviation) and --embedding.',
    );
  }
  if (logits.length > 0 && logits.every(looksLikeProbabilities)) {
    throw unsuitable(
      file,
      'the output named as logits gives probabilities: values of 0 to 1 that add up to 1',
      'Name the output before softmax with --logits, or leave --logits and --classes out.',
    );
  }
}

function looksLikeProbabilities(values: Float32Array): boolean {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.every((value) => value >= 0 && value <= 1) && Math.abs(sum - 1) < 1e-3;
}
