/**
 * The best case's inference: the ONNX runtime and nothing of edgeminer. Holds one session in a
 * worker thread; a message is a batch of RGB pictures, the answer is how many there were.
 */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import ort from 'onnxruntime-node';

const { file, input, outputs, threads } = workerData;
const session = await ort.InferenceSession.create(readFileSync(file), {
  executionProviders: ['cpu'],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
});
const plane = input.width * input.height;

parentPort.on('message', async (message) => {
  if (message === 'end') {
    await session.release();
    parentPort.close();
    return;
  }
  const { pixels, count } = message;
  const floats = new Float32Array(count * 3 * plane);
  for (let picture = 0; picture < count; picture += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const mean = input.mean[channel];
      const scale = 1 / input.std[channel];
      const to = (picture * 3 + channel) * plane;
      const from = picture * 3 * plane + channel;
      for (let at = 0; at < plane; at += 1) {
        floats[to + at] = (pixels[from + 3 * at] - mean) * scale;
      }
    }
  }
  const tensor = new ort.Tensor('float32', floats, [count, 3, input.height, input.width]);
  await session.run({ [input.name]: tensor }, outputs);
  parentPort.postMessage(count);
});
parentPort.postMessage('ready');
