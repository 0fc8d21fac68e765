import pLimit from 'p-limit';
import { openEmbedder } from '../src/adapters/onnx/onnx-embedder.js';
import { decodeImage } from '../src/image/decode.js';

const inFlight = 32;

/** Images per second of the embedder alone, by batch size and by waiting time. */
export async function measureBatches(
  pictures: readonly Uint8Array[],
): Promise<{ maxBatch: number; maxWaitMs: number; perSecond: number }[]> {
  const planes = await Promise.all(
    pictures.map(async (bytes) => (await decodeImage(bytes, { maxPixels: 50_000_000 })).plane),
  );
  const results = [];
  for (const [maxBatch, maxWaitMs] of [
    [1, 0],
    [2, 0],
    [4, 0],
    [8, 0],
    [16, 0],
    [8, 5],
    [8, 20],
  ] as const) {
    const embedder = await openEmbedder({
      modelsDir: new URL('../models', import.meta.url).pathname,
      name: 'efficientnet-lite0',
      maxBatch,
      maxWaitMs,
    });
    const limit = pLimit(inFlight);
    const start = performance.now();
    await Promise.all(planes.map((plane) => limit(() => embedder.infer(plane))));
    const perSecond = (1000 * planes.length) / (performance.now() - start);
    await embedder.close();
    results.push({ maxBatch, maxWaitMs, perSecond });
  }
  return results;
}
