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
/** What each level of each channel becomes. */
const levels = mean.map((middle, channel) =>
  Float32Array.from({ length: 256 }, (_, level) => (level - middle) / (std[channel] ?? 1)),
);

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
    run(session, message.pixels, message.count).then(
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
  pixels: Uint8Array,
  count: number,
): Promise<SessionOutputs> {
  const input = new Tensor('float32', normalised(pixels, count), [count, 3, height, width]);
  const wanted = [start.embedding, ...(start.logits === undefined ? [] : [start.logits])];
  const results = await session.run({ [start.input.name]: input }, wanted);
  return {
    embedding: ownFloats(results, start.embedding),
    logits: start.logits === undefined ? undefined : ownFloats(results, start.logits),
  };
}

/** Interleaved bytes to one float plane per channel. */
function normalised(pixels: Uint8Array, count: number): Float32Array {
  const floats = new Float32Array(count * 3 * planeSize);
  for (let image = 0; image < count; image += 1) {
    for (const [channel, table] of levels.entries()) {
      const to = (image * 3 + channel) * planeSize;
      const from = image * 3 * planeSize + channel;
      for (let pixel = 0; pixel < planeSize; pixel += 1) {
        floats[to + pixel] = table[pixels[from + 3 * pixel] ?? 0] ?? 0;
      }
    }
  }
  return floats;
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
