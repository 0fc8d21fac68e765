/**
 * A worker thread that holds the ONNX model of one score. It answers one message at a time, in
 * order; the client sends the next one after the answer.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { messageOf } from '../../faults.js';
import type { FromScore, ScoreStart, ToScore } from './score-messages.js';
import type { TensorSignature } from './session-messages.js';

const port = parentPort;
if (port === null) throw new Error('score-thread runs as a worker thread only.');

const { model, picture } = workerData as ScoreStart;

try {
  serve(
    await InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    }),
  );
} catch (error) {
  post({ kind: 'failed', message: messageOf(error) });
}

function serve(session: InferenceSession): void {
  port?.on('message', (message: ToScore) => {
    if (message.kind === 'close') {
      // The session goes before the thread: a thread that ends under a live one may crash.
      void session.release().finally(() => port.close());
      return;
    }
    run(session, message).then(
      (value) => post({ kind: 'value', value }),
      (error: unknown) => post({ kind: 'failed', message: messageOf(error) }),
    );
  });
  const inputs = session.inputMetadata.map(signatureOf);
  const outputs = session.outputMetadata.map(signatureOf);
  post({ kind: 'ready', signature: { inputs, outputs } });
}

async function run(
  session: InferenceSession,
  { values, output }: Extract<ToScore, { kind: 'run' }>,
): Promise<number> {
  const results = await session.run({ [session.inputNames[0] ?? '']: tensorOf(values) }, [output]);
  const data = results[output]?.data;
  if (data instanceof Float32Array && data.length === 1) return data[0] ?? Number.NaN;
  throw new Error(`the output ${output} is not one float32, but ${data?.length ?? 0} values`);
}

function tensorOf(values: Uint8Array | Float32Array): Tensor {
  if (values instanceof Float32Array) return new Tensor('float32', values, [1, values.length]);
  if (picture === undefined) throw new Error('a model over embeddings was given a picture');
  const { width, height, mean, std } = picture;
  const pixels = width * height;
  const floats = new Float32Array(3 * pixels);
  // Interleaved bytes to one float plane per channel.
  for (const [channel, from] of mean.entries()) {
    const scale = 1 / (std[channel] ?? 1);
    for (let pixel = 0, at = channel; pixel < pixels; pixel += 1, at += 3) {
      floats[channel * pixels + pixel] = ((values[at] ?? 0) - from) * scale;
    }
  }
  return new Tensor('float32', floats, [1, 3, height, width]);
}

function post(message: FromScore): void {
  port?.postMessage(message);
}

function signatureOf(metadata: InferenceSession.ValueMetadata): TensorSignature {
  return metadata.isTensor
    ? { name: metadata.name, type: metadata.type, shape: [...metadata.shape] }
    : { name: metadata.name, type: 'other', shape: [] };
}
