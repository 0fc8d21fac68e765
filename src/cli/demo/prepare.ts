import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openEmbedder } from '../../adapters/onnx/onnx-embedder.js';
import type { Classification } from '../../event/inference-event.js';
import { decodeImage } from '../../image/decode.js';
import type { Embedder } from '../../score/embedder.js';
import { trainProductionModel } from './production-model.js';
import type { Camera, View } from './scene.js';
import { makeStream } from './stream.js';
import type { StreamPicture } from './stream.js';
import type { Workspace } from './workspace.js';

/**
 * Writes the training pictures and the stream, each with what the production model predicts.
 * Without a production model (a person's own pictures) no predictions are written: the miner
 * gets them from the ONNX model then.
 */
export async function prepare(parts: {
  readonly workspace: Workspace;
  readonly cameras: readonly Camera[];
  readonly strange: readonly View[];
  readonly random: () => number;
  readonly modelsDir: string;
  readonly withProductionModel: boolean;
  readonly onPicture: (made: number) => void;
}): Promise<StreamPicture[]> {
  const { workspace, cameras } = parts;
  const embedder = parts.withProductionModel
    ? await openEmbedder({ modelsDir: parts.modelsDir, name: 'efficientnet-lite0' })
    : undefined;
  let made = 0;
  const advance = () => parts.onPicture((made += 1));
  try {
    const training: { path: string; label: string; bytes: Uint8Array }[] = [];
    for (const { label, training: views } of cameras) {
      for (const [n, view] of views.entries()) {
        const path = join(label, `${String(n).padStart(3, '0')}.jpg`);
        const bytes = await view();
        await write(join(workspace.training, path), bytes);
        training.push({ path, label, bytes });
        advance();
      }
    }
    const stream: StreamPicture[] = [];
    for await (const picture of makeStream(cameras, parts.strange, parts.random)) {
      await write(join(workspace.stream, picture.file), picture.bytes);
      stream.push(picture);
      advance();
    }
    const predicted = await predictions(training, stream, embedder);
    await writeLines(
      workspace.trainingPredictions,
      training.map(({ path }, n) => ({ path, predictions: predicted.training[n] })),
    );
    await writeLines(
      workspace.streamPredictions,
      stream.map(({ file, sourceId, occurredAt, truth }, n) => ({
        path: file,
        sourceId,
        occurredAt: new Date(occurredAt).toISOString(),
        predictions: predicted.stream[n],
        tags: { truth },
      })),
    );
    return stream;
  } finally {
    await embedder?.close();
  }
}

async function predictions(
  training: readonly { readonly label: string; readonly bytes: Uint8Array }[],
  stream: readonly StreamPicture[],
  embedder: Embedder | undefined,
): Promise<{ training: readonly Classification[]; stream: readonly Classification[] }> {
  if (embedder === undefined) return { training: [], stream: [] };
  const seen = await embeddings(training, embedder);
  const model = trainProductionModel(
    training.map(({ label }, n) => ({ label, embedding: seen[n] ?? new Float32Array() })),
  );
  const fresh = await embeddings(stream, embedder);
  return {
    training: seen.map((e) => model.predict(e)),
    stream: fresh.map((e) => model.predict(e)),
  };
}

async function embeddings(
  pictures: readonly { readonly bytes: Uint8Array }[],
  embedder: Embedder,
): Promise<Float32Array[]> {
  const all: Float32Array[] = [];
  const atOnce = 8;
  for (let from = 0; from < pictures.length; from += atOnce) {
    const batch = pictures.slice(from, from + atOnce).map(async ({ bytes }) => {
      const { plane } = await decodeImage(bytes, { maxPixels: 100_000_000 });
      return (await embedder.infer(plane)).embedding;
    });
    all.push(...(await Promise.all(batch)));
  }
  return all;
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

async function writeLines(path: string, lines: readonly object[]): Promise<void> {
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}
