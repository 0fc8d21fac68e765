/**
 * A worker thread that holds one ONNX session. An inference blocks the thread that it runs on
 * from beginning to end, which is why it has one of its own. One message is answered at a time,
 * in order; the client sends the next one after the answer.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { messageOf } from '../../faults.js';
import type {
  FromSession,
  SessionOutputs,
  SessionStart,
  TensorSignature,
  ToSession,
} from './session-messages.js';

const port = parentPort;
if (port === null) throw new Error('session-thread runs as a worker thread only.');

const start = workerData as SessionStart;
const { width, height, mean, std } = start.input;
const planeSize = width * height;
/** The model's input, for the largest batch so far; one inference runs at a time. */
let floats = new Float32Array(0);

const load = () =>
  InferenceSession.create(start.model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: start.threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: start.spinning ? '1' : '0' } } },
  });

try {
  serve(await load());
} catch (error) {
  post({ kind: 'failed', message: messageOf(error) });
}

function serve(session: InferenceSession): void {
  port?.on('message', (message: ToSession) => {
    if (message.kind === 'close') {
      // The session goes before the thread: a thread that ends under a live one may crash.
      void session.release().finally(() => port.close());
      return;
    }
    run(session, message.pictures).then(
      (outputs) => {
        const buffers = [outputs.embedding.buffer];
        if (outputs.logits !== undefined) buffers.push(outputs.logits.buffer);
        post({ kind: 'outputs', ...outputs }, buffers);
      },
      (error: unknown) => post({ kind: 'failed', message: messageOf(error) }),
    );
  });
  post({
    kind: 'ready',
    signature: {
      inputs: session.inputMetadata.map(signatureOf),
      outputs: session.outputMetadata.map(signatureOf),
    },
  });
}

function post(message: FromSession, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer);
}

async function run(
  session: InferenceSession,
  pictures: readonly Uint8Array[],
): Promise<SessionOutputs> {
  const input = new Tensor('float32', normalised(pictures), [pictures.length, 3, height, width]);
  const wanted = [start.embedding, ...(start.logits === undefined ? [] : [start.logits])];
  const results = await session.run({ [start.input.name]: input }, wanted);
  return {
    embedding: ownFloats(results, start.embedding),
    logits: start.logits === undefined ? undefined : ownFloats(results, start.logits),
  };
}

/** Interleaved bytes to one float plane per channel; valid until the next batch. */
function normalised(pictures: readonly Uint8Array[]): Float32Array {
  const values = pictures.length * 3 * planeSize;
  if (floats.length < values) floats = new Float32Array(values);
  const [meanR, meanG, meanB] = mean;
  const [scaleR, scaleG, scaleB] = [1 / std[0], 1 / std[1], 1 / std[2]];
  for (const [index, picture] of pictures.entries()) {
    const red = index * 3 * planeSize;
    const green = red + planeSize;
    const blue = green + planeSize;
    for (let pixel = 0, at = 0; pixel < planeSize; pixel += 1, at += 3) {
      floats[red + pixel] = ((picture[at] ?? 0) - meanR) * scaleR;
      floats[green + pixel] = ((picture[at + 1] ?? 0) - meanG) * scaleG;
      floats[blue + pixel] = ((picture[at + 2] ?? 0) - meanB) * scaleB;
    }
  }
  return floats.subarray(0, values);
}

/** A copy whose memory can be given away; the runtime's own can't. */
function ownFloats(results: InferenceSession.ReturnType, name: string): Float32Array<ArrayBuffer> {
  const data = results[name]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`The output ${name} is not float32.`);
  return Float32Array.from(data);
}

function signatureOf(metadata: InferenceSession.ValueMetadata): TensorSignature {
  return metadata.isTensor
    ? { name: metadata.name, type: metadata.type, shape: [...metadata.shape] }
    : { name: metadata.name, type: 'other', shape: [] };
}
