/**
 * Whether a quantised model decides as the one it was made of, and how fast it is:
 *
 *   npm run bench:int8 -- --model FILE.onnx --reference DIR --images DIR [--images DIR] [--most N]
 *
 * Each model fits a reference of its own on the first folder. Pictures of the others, as they are
 * and spoilt, are decided on by both, with the default policy (1 % false alarms per signal).
 * Compared are the decisions, and the flags of those signals that look at the model's output.
 */
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';
import { openEmbedder } from '../src/adapters/onnx/onnx-embedder.js';
import { openOnnxNeighbours } from '../src/adapters/onnx/onnx-neighbours.js';
import { table } from '../src/cli/output.js';
import { decide } from '../src/decision/decide.js';
import { decodeImage } from '../src/image/decode.js';
import type { PixelPlane } from '../src/image/decoded-image.js';
import { degrade } from '../src/image/degrade.js';
import { modelName, modelVersion } from '../src/ids.js';
import { loadReference } from '../src/mine/model-directory.js';
import { buildReference } from '../src/score/build-reference.js';
import type { Embedder } from '../src/score/embedder.js';
import { predictionsFrom } from '../src/score/predictions.js';
import { scoreEvent } from '../src/score/score-event.js';
import { signalNames } from '../src/score/signal.js';
import type { FlagRules } from '../src/score/signal.js';
import { benchPictures } from './pictures.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string' },
    reference: { type: 'string' },
    images: { type: 'string', multiple: true, default: [] },
    most: { type: 'string', default: '400' },
  },
});
const { model, reference: training } = options;
if (model === undefined || training === undefined || options.images.length === 0) {
  throw new Error('Give --model FILE.onnx, --reference DIR and --images DIR.');
}
const most = Number(options.most);
const limits = { maxPixels: 50_000_000 };
const flags = Object.fromEntries(
  signalNames.map((name) => [name, { kind: 'false-alarms', rate: 0.01 }]),
) as FlagRules;
const policy = {
  name: 'default',
  flags,
  minFlags: 1,
  weights: { confidence: 1, quality: 0.6, format: 1, novelty: 1 },
  controlSample: 0,
};

/** A folder of models that has both. */
const modelsDir = await mkdtemp(join(tmpdir(), 'edgeminer-int8-'));
await cp(new URL('../models', import.meta.url), modelsDir, { recursive: true });
const manifestFile = join(modelsDir, 'manifest.json');
const manifest = JSON.parse(await readFile(manifestFile, 'utf8')) as {
  models: Record<string, object>;
};
const bytes = await readFile(model);
await writeFile(join(modelsDir, 'int8.onnx'), bytes);
manifest.models['int8'] = {
  ...manifest.models['efficientnet-lite0'],
  file: 'int8.onnx',
  sha256: createHash('sha256').update(bytes).digest('hex'),
  bytes: bytes.length,
};
await writeFile(manifestFile, JSON.stringify(manifest));

const trainingPictures = await benchPictures(training, Infinity);
const clean: Uint8Array[] = [];
for (const folder of options.images) clean.push(...(await benchPictures(folder, most)));
const spoilt: Uint8Array[] = [];
for (const [n, picture] of clean.entries()) {
  const way = (['dark', 'over-exposed', 'blurred'] as const)[n % 3] ?? 'dark';
  spoilt.push(await degrade(picture, way, 0.6));
}
const planes: PixelPlane[] = [];
for (const picture of [...clean, ...spoilt])
  planes.push((await decodeImage(picture, limits)).plane);

interface Judged {
  readonly queued: boolean;
  readonly top: string | undefined;
  readonly flagged: ReadonlySet<string>;
}

async function judgeAll(embedder: Embedder): Promise<{ judged: Judged[]; perSecond: number }> {
  const loaded = await loadReference(
    (
      await buildReference({
        pictures: (async function* () {
          for (const [n, picture] of trainingPictures.entries()) {
            yield { path: `${n}`, bytes: picture };
          }
        })(),
        decode: (picture) => decodeImage(picture, limits),
        embedder,
        modelName: modelName('bench'),
        modelVersion: modelVersion('1'),
        now: 0,
        concurrency: 8,
        onProgress: () => undefined,
      })
    ).reference,
    openOnnxNeighbours,
  );
  const limit = pLimit(16);
  const start = performance.now();
  const inferences = await Promise.all(planes.map((plane) => limit(() => embedder.infer(plane))));
  const perSecond = (1000 * planes.length) / (performance.now() - start);
  const judged: Judged[] = [];
  for (const [n, inference] of inferences.entries()) {
    const predictions = predictionsFrom(inference, embedder.model);
    const neighbours = await loaded.index?.nearest(
      inference.embedding,
      loaded.reference.neighbours,
    );
    const scores = scoreEvent(
      {
        plane: planes[n],
        predictions,
        predictionsBy: 'embedder',
        neighbours: neighbours ?? 'no-reference',
      },
      loaded.calibration,
      flags,
    );
    const decision = decide({ scores, policy, reference: loaded.reference.id, draw: 1 });
    judged.push({
      queued: decision.kind === 'queue',
      top: topOf(predictions),
      flagged: new Set(scores.signals.filter((s) => s.flagged).map((s) => s.name)),
    });
  }
  await loaded.index?.close();
  return { judged, perSecond };
}

function topOf(predictions: ReturnType<typeof predictionsFrom>): string | undefined {
  if (predictions.kind !== 'classification') return undefined;
  const numbers = predictions.probabilities ?? predictions.logits ?? [];
  return predictions.classes[numbers.indexOf(Math.max(...numbers))];
}

try {
  const results = [];
  for (const name of ['efficientnet-lite0', 'int8']) {
    const embedder = await openEmbedder({ modelsDir, name });
    results.push(await judgeAll(embedder));
    await embedder.close();
  }
  const [one, other] = results;
  if (one === undefined || other === undefined) throw new Error('two models were to be measured');
  const share = (of: readonly number[], same: (a: Judged, b: Judged) => boolean) => {
    const agreeing = of.filter((n) => {
      const [a, b] = [one.judged[n], other.judged[n]];
      return a !== undefined && b !== undefined && same(a, b);
    });
    return `${((100 * agreeing.length) / of.length).toFixed(2)} %`;
  };
  const ids = [...planes.keys()];
  const groups: [string, number[]][] = [
    ['as they are', ids.slice(0, clean.length)],
    ['spoilt', ids.slice(clean.length)],
    ['all', ids],
  ];
  const looking = ['least-confidence', 'margin', 'entropy', 'embedding-distance'];
  const rows = groups.map(([name, of]) => [
    name,
    of.length,
    share(of, (a, b) => a.queued === b.queued),
    share(of, (a, b) => looking.every((s) => a.flagged.has(s) === b.flagged.has(s))),
    share(of, (a, b) => a.top === b.top),
  ]);
  process.stdout.write(
    `${[
      `reference of ${trainingPictures.length} pictures; fp32 ${one.perSecond.toFixed(0)}/s, ` +
        `int8 ${other.perSecond.toFixed(0)}/s (${(other.perSecond / one.perSecond).toFixed(2)} times)`,
      ...table([
        ['pictures', 'number', 'same decision', 'same flags of the model', 'same best class'],
        ...rows,
      ]),
    ].join('\n')}\n`,
  );
} finally {
  await rm(modelsDir, { recursive: true });
}
