import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import pLimit from 'p-limit';
import sharp from 'sharp';
import { z } from 'zod';

/** Decoding and inference with sharp and the ONNX runtime alone, no code of edgeminer's. */
export interface BestCase {
  /** Seconds for decoding every picture to the working size, and cutting the model's input. */
  decode(pictures: readonly Uint8Array[]): Promise<number>;
  /** Seconds for the inference of so many pictures, whose input is ready. */
  infer(count: number): Promise<number>;
  /** Seconds for both, overlapped: what a perfect miner without scores would take. */
  both(pictures: readonly Uint8Array[]): Promise<number>;
  close(): Promise<void>;
}

const batchSize = 4;
const inFlight = 32;
const models = new URL('../models/', import.meta.url);

const manifest = z.object({
  models: z.record(
    z.string(),
    z.object({
      file: z.string(),
      input: z.object({
        name: z.string(),
        width: z.number(),
        height: z.number(),
        mean: z.array(z.number()),
        std: z.array(z.number()),
      }),
      outputs: z.record(z.string(), z.object({ name: z.string() })),
    }),
  ),
});

/** As many sessions, each of so many threads. */
export async function openBestCase(
  model: string,
  sessions: number,
  threadsEach: number,
): Promise<BestCase> {
  const { models: entries } = manifest.parse(
    JSON.parse(await readFile(new URL('manifest.json', models), 'utf8')),
  );
  const entry = entries[model];
  if (entry === undefined) throw new Error(`models/manifest.json has no ${model}`);
  const { input } = entry;
  const threads = await Promise.all(
    Array.from({ length: sessions }, async () => {
      const thread = new Worker(new URL('best-case-thread.mjs', import.meta.url), {
        workerData: {
          file: new URL(entry.file, models).pathname,
          input,
          outputs: Object.values(entry.outputs).map(({ name }) => name),
          threads: threadsEach,
        },
      });
      await once(thread, 'message');
      return thread;
    }),
  );
  /** Of each thread, the batches that it was given. */
  const turns = threads.map((thread) => ({ thread, left: 0, last: Promise.resolve() }));
  const bytes = input.width * input.height * 3;

  async function cut(picture: Uint8Array): Promise<Uint8Array> {
    const { data, info } = await sharp(picture)
      .resize(512, 512, { fit: 'inside', withoutEnlargement: true })
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const side = Math.min(info.width, info.height);
    return sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
      .extract({
        left: Math.floor((info.width - side) / 2),
        top: Math.floor((info.height - side) / 2),
        width: side,
        height: side,
      })
      .resize(input.width, input.height, { kernel: 'cubic' })
      .raw()
      .toBuffer();
  }

  /** On the thread that has the least to do. */
  async function run(batch: readonly Uint8Array[]): Promise<void> {
    const turn = turns.reduce((least, one) => (one.left < least.left ? one : least));
    turn.left += 1;
    turn.last = turn.last.then(() => infer(turn.thread, batch));
    await turn.last;
    turn.left -= 1;
  }

  async function infer(thread: Worker, batch: readonly Uint8Array[]): Promise<void> {
    const pixels = new Uint8Array(batch.length * bytes);
    batch.forEach((one, at) => pixels.set(one, at * bytes));
    const done = once(thread, 'message');
    thread.postMessage({ pixels, count: batch.length }, [pixels.buffer]);
    await done;
  }

  return {
    async decode(pictures) {
      const limit = pLimit(inFlight);
      const start = performance.now();
      await Promise.all(pictures.map((picture) => limit(cut, picture)));
      return (performance.now() - start) / 1000;
    },
    async infer(count) {
      const picture = new Uint8Array(bytes);
      const start = performance.now();
      const batches: Promise<void>[] = [];
      for (let left = count; left > 0; left -= batchSize) {
        batches.push(run(Array<Uint8Array>(Math.min(batchSize, left)).fill(picture)));
      }
      await Promise.all(batches);
      return (performance.now() - start) / 1000;
    },
    async both(pictures) {
      const limit = pLimit(inFlight);
      const start = performance.now();
      let batch: Uint8Array[] = [];
      let inferred = 0;
      const flush = () => {
        const full = batch;
        batch = [];
        inferred += full.length;
        return full.length > 0 ? run(full) : Promise.resolve();
      };
      await Promise.all(
        pictures.map((picture) =>
          limit(async () => {
            // Not in one line: `batch` would be the one from before the wait, which may be sent.
            const input = await cut(picture);
            batch.push(input);
            // Whoever fills a batch waits for it, and so holds back the decoding.
            if (batch.length === batchSize) await flush();
          }),
        ),
      );
      await flush();
      if (inferred !== pictures.length)
        throw new Error(`${inferred} of ${pictures.length} inferred`);
      return (performance.now() - start) / 1000;
    },
    async close() {
      await Promise.all(
        threads.map(async (thread) => {
          const ended = once(thread, 'exit');
          thread.postMessage('end');
          await ended;
        }),
      );
    },
  };
}
