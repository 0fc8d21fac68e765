import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { EdgeminerError, messageOf } from '../../faults.js';
import type { PixelPlane } from '../../image/decoded-image.js';
import { cutModelInput } from '../../image/model-input.js';
import { measureLimitMs, OutOfTime, withinTime } from '../../score/own/time-limit.js';
import { startScore } from './score-client.js';
import type { ScoreClient } from './score-client.js';
import type { PictureInput } from './score-messages.js';
import type { ModelSignature, TensorSignature } from './session-messages.js';

export interface OnnxScoreOptions {
  readonly file: string;
  /** How the picture is prepared; undefined for a model over embeddings. */
  readonly picture: PictureInput | undefined;
  /** The output to read; the only one unless told. */
  readonly output?: string | undefined;
  /** Milliseconds for one measurement; those of every score unless told. */
  readonly measureMs?: number;
}

/**
 * An ONNX model with one number as its output. One inference at a time, in a thread of its own:
 * a result does not depend on what else is measured. A thread that died is started again by the
 * next measurement. One that is late is waited for no longer, but goes on, for nothing ends the
 * runtime; until it is done, nothing else is measured. `close()` lets what is running finish, if
 * it does so in time, and is idempotent.
 */
export interface OnnxScore {
  /** Of the file, lower-case hex. */
  readonly sha256: string;
  /** Of a model over embeddings whose length is fixed. */
  readonly embeddingLength: number | undefined;
  /** Of a picture or an embedding, as the options said. Rejects where the inference fails. */
  measure(given: PixelPlane | Float32Array): Promise<number>;
  close(): Promise<void>;
}

/**
 * Reads and loads the model, and holds its input and output to what the settings say.
 * @throws EdgeminerError `score.invalid`, naming the setting and what the file has instead.
 */
export async function openOnnxScore(options: OnnxScoreOptions): Promise<OnnxScore> {
  const { file, picture, measureMs = measureLimitMs } = options;
  const bytes = await readModel(file);
  // A copy: it is given away to the thread.
  const start = () => startScore({ model: Uint8Array.from(bytes), picture });
  let client = await firstStart(file, start);
  const { output, embeddingLength } = await signatureOf(client, options);
  let last: Promise<unknown> = Promise.resolve();
  let closing: Promise<void> | undefined;
  let late: Promise<unknown> | undefined;

  const inTime = async (running: Promise<number>) => {
    try {
      return await withinTime(
        running,
        measureMs,
        (limit) => `gave no measurement within ${limit} (${file})`,
      );
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      const done = () => (late = undefined);
      late = running.then(done, done);
      throw error;
    }
  };

  return {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    embeddingLength,
    measure(given) {
      const values =
        given instanceof Float32Array ? Float32Array.from(given) : cutFor(given, picture);
      const turn = last.then(async () => {
        if (closing !== undefined) throw new Error('the score was closed');
        if (late !== undefined) throw new Error('it is still at a picture that it is late with');
        if (!client.alive) client = await start();
        return inTime(client.run(values, output));
      });
      last = turn.catch(() => undefined);
      return turn;
    },
    close() {
      closing ??= last.then(() => client.close());
      return closing;
    },
  };
}

function cutFor(plane: PixelPlane, picture: PictureInput | undefined): Uint8Array<ArrayBuffer> {
  if (picture === undefined) throw new TypeError('a score over embeddings was given a picture');
  return cutModelInput(plane, picture);
}

async function readModel(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new EdgeminerError('score.invalid', `the file ${file} can't be read`, {
      field: 'onnx',
      mend: 'Correct the path; it is relative to the file of the settings.',
      cause,
    });
  }
}

async function firstStart(file: string, start: () => Promise<ScoreClient>): Promise<ScoreClient> {
  try {
    return await start();
  } catch (cause) {
    throw new EdgeminerError(
      'score.invalid',
      `the ONNX runtime can't load ${file}: ${messageOf(cause)}`,
      {
        field: 'onnx',
        mend: 'Check that it is a whole ONNX file of one part, and that the runtime knows its opset.',
        cause,
      },
    );
  }
}

interface Signature {
  readonly output: string;
  readonly embeddingLength: number | undefined;
}

async function signatureOf(client: ScoreClient, options: OnnxScoreOptions): Promise<Signature> {
  try {
    return checkedSignature(client.signature, options);
  } catch (error) {
    await client.close();
    throw error;
  }
}

function checkedSignature(
  { inputs, outputs }: ModelSignature,
  { file, picture, output }: OnnxScoreOptions,
): Signature {
  const [input, ...others] = inputs;
  if (input === undefined || others.length > 0) {
    throw wrong('onnx', `${file} has ${inputs.length} inputs, not one`);
  }
  const sizes = picture === undefined ? [undefined] : [3, picture.height, picture.width];
  if (input.type !== 'float32' || !fits(input, sizes)) {
    const expected = `float32 [1, ${sizes.map((size) => size ?? 'length').join(', ')}]`;
    const field = picture === undefined ? 'over' : 'input';
    throw wrong(field, `the input "${input.name}" of ${file} is ${told(input)}, not ${expected}`);
  }
  const names = outputs.map(({ name }) => name).join(', ');
  if (output === undefined && outputs.length > 1) {
    throw wrong('output', `${file} has several outputs (${names}), and none is named`);
  }
  const found = outputs.find(({ name }) => name === (output ?? name));
  if (found === undefined) {
    throw wrong('output', `${file} has no output "${output ?? ''}"; it has ${names}`);
  }
  const many = found.shape.some((size) => typeof size === 'number' && size !== 1);
  if (found.type !== 'float32' || many) {
    throw wrong(
      'output',
      `the output "${found.name}" of ${file} is ${told(found)}, not one float32`,
    );
  }
  const length = picture === undefined ? input.shape[1] : undefined;
  return {
    output: found.name,
    embeddingLength: typeof length === 'number' ? length : undefined,
  };
}

/** `sizes` are those after the batch, which may be one or free; so may each size. */
function fits({ shape }: TensorSignature, sizes: readonly (number | undefined)[]): boolean {
  const [batch, ...rest] = shape;
  if (batch === undefined || (typeof batch === 'number' && batch !== 1)) return false;
  return (
    rest.length === sizes.length &&
    rest.every((size, at) => {
      const wanted = sizes[at];
      return typeof size === 'string' || wanted === undefined || size === wanted;
    })
  );
}

function told({ type, shape }: TensorSignature): string {
  return `${type} [${shape.join(', ')}]`;
}

function wrong(field: string, message: string): EdgeminerError {
  return new EdgeminerError('score.invalid', message, {
    field,
    mend: 'Correct the setting, or export the model to fit it; docs/own-scores.md says what is wanted.',
  });
}
