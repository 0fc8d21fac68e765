/**
 * Whether false alarms and confidence are what they say, on pictures that nothing was fitted on:
 *
 *   npm run bench:calibration -- --images DIR [--labelled DIR] [--splits N] [--write]
 *
 * `--images` is a folder of pictures without labels: the packaged model's own predictions are
 * scored. `--labelled` is a folder of folders named by class. A linear head is fitted to the
 * embeddings of two fifths of them, as a model with known errors, and not used further. The other
 * pictures are split again and again into a reference (two thirds) and held-out pictures, on which
 * the share that is flagged is counted. `--write` puts the tables into docs/scores.md.
 */
import { readFile } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';
import { walkPictures } from '../src/adapters/directory/walk-pictures.js';
import { openEmbedder } from '../src/adapters/onnx/onnx-embedder.js';
import { openOnnxNeighbours } from '../src/adapters/onnx/onnx-neighbours.js';
import { table } from '../src/cli/output.js';
import { decodeImage } from '../src/image/decode.js';
import type { DecodedImage, PixelPlane } from '../src/image/decoded-image.js';
import { modelName, modelVersion } from '../src/ids.js';
import { loadReference } from '../src/mine/model-directory.js';
import { buildReference } from '../src/score/build-reference.js';
import { expectedCalibrationError } from '../src/score/confidence/calibration-error.js';
import type { ConfidentAnswer } from '../src/score/confidence/calibration-error.js';
import { classScores } from '../src/score/confidence/class-scores.js';
import { temperatureOf } from '../src/score/confidence/fit-temperature.js';
import type { Embedder, Inference } from '../src/score/embedder.js';
import { findingOf } from '../src/score/novelty/novelty-model.js';
import { withLabels } from '../src/score/measure-neighbours.js';
import { predictionsFrom } from '../src/score/predictions.js';
import { scoreEvent } from '../src/score/score-event.js';
import type { ScoringInput } from '../src/score/scorer.js';
import { signalNames } from '../src/score/signal.js';
import type { FlagRule, FlagRules, SignalName } from '../src/score/signal.js';
import { softmax } from '../src/score/softmax.js';
import { fitHead } from './logistic-head.js';
import { reportSmallReferences } from './small-references.js';
import { reportBySource } from './sources.js';
import { writeBetweenMarks } from './write-between-marks.js';

const { values: options } = parseArgs({
  options: {
    images: { type: 'string' },
    labelled: { type: 'string' },
    splits: { type: 'string', default: '10' },
    write: { type: 'boolean', default: false },
  },
});
if (options.images === undefined && options.labelled === undefined)
  throw new Error('Give --images DIR, --labelled DIR, or both.');
const splits = Number(options.splits);
const rates = [0.001, 0.01, 0.05] as const;
const modelsDir = new URL('../models', import.meta.url).pathname;

interface Picture {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly label: string | undefined;
  readonly decoded: DecodedImage;
  readonly inference: Inference;
}

/** All pictures of a folder, looked at once. The label is the folder that a picture lies in. */
async function look(directory: string, labelled: boolean, embedder: Embedder): Promise<Picture[]> {
  const limit = pLimit(16);
  const work: Promise<Picture>[] = [];
  for await (const path of walkPictures(directory)) {
    work.push(
      limit(async () => {
        const bytes = new Uint8Array(await readFile(`${directory}/${path}`));
        const decoded = await decodeImage(bytes, { maxPixels: 50_000_000 });
        const label = labelled ? relative('.', path).split(sep).at(-2) : undefined;
        return { path, bytes, label, decoded, inference: await embedder.infer(decoded.plane) };
      }),
    );
  }
  return Promise.all(work);
}

interface Split {
  readonly flagged: Map<string, number>;
  readonly heldOut: number;
  readonly errors: { readonly before: number; readonly after: number } | undefined;
  readonly temperature: number;
}

const alone = (rate: number): FlagRule => ({ kind: 'false-alarms', rate });
const together = (rate: number): FlagRule => ({ kind: 'false-alarms', rate, together: true });
const everywhere = (rule: FlagRule) =>
  Object.fromEntries(signalNames.map((name) => [name, rule])) as FlagRules;

/** Fits a reference on some pictures, and counts the flags of the others. */
async function measure(
  reference: readonly Picture[],
  heldOut: readonly Picture[],
  { model, infer }: Pick<Embedder, 'model' | 'infer'>,
): Promise<Split> {
  const known = new Map<Uint8Array, Picture>(reference.map((picture) => [picture.bytes, picture]));
  const inferences = new Map<PixelPlane, Inference>(
    reference.map(({ decoded, inference }) => [decoded.plane, inference]),
  );
  const { reference: built } = await buildReference({
    pictures: (async function* () {
      for (const { path, bytes, label } of reference)
        yield { path, bytes, ...(label === undefined ? {} : { label }) };
    })(),
    decode: async (bytes) => found(known.get(bytes)).decoded,
    embedder: {
      model,
      // Spoilt copies are no pictures that were looked at.
      infer: async (plane) => inferences.get(plane) ?? infer(plane),
      close: async () => undefined,
    },
    modelName: modelName('bench'),
    modelVersion: modelVersion('1'),
    now: 0,
    concurrency: 8,
  });
  const loaded = await loadReference(built, openOnnxNeighbours);
  const flagged = new Map<string, number>();
  const count = (what: string) => flagged.set(what, (flagged.get(what) ?? 0) + 1);
  for (const { decoded, inference } of heldOut) {
    const found = await loaded.index?.look(inference.embedding, inference.logits, built.neighbours);
    const nearest = found?.neighbours;
    const novelty =
      found?.detected === undefined || built.novelty === undefined
        ? undefined
        : findingOf(built.novelty, found.detected);
    const input: ScoringInput = {
      plane: decoded.plane,
      ...(novelty === undefined ? {} : { novelty }),
      predictions: predictionsFrom(inference, model),
      predictionsBy: 'embedder',
      neighbours: nearest === undefined ? 'no-embedding' : withLabels(nearest, built.items),
      detection: built.detection,
      referenceLabels: loaded.labels,
    };
    for (const rate of rates) {
      const of = (rule: FlagRule) =>
        scoreEvent(input, loaded.calibration, everywhere(rule)).signals.filter((s) => s.flagged);
      const each = of(alone(rate));
      for (const { name } of each) count(`${name} ${rate}`);
      if (each.length > 0) count(`${anyAlone} ${rate}`);
      if (of(together(rate)).length > 0) count(`${anyTogether} ${rate}`);
    }
  }
  await loaded.index?.close();
  const temperature = temperatureOf(built.temperature);
  return {
    flagged,
    heldOut: heldOut.length,
    temperature,
    errors:
      built.temperature?.kind === 'fitted'
        ? {
            before: expectedCalibrationError(answers(heldOut, model, 1)),
            after: expectedCalibrationError(answers(heldOut, model, temperature)),
          }
        : undefined,
  };
}

const anyAlone = 'any of them, each at the rate alone';
const anyTogether = 'any of them, the rate shared';

function answers(
  pictures: readonly Picture[],
  model: Embedder['model'],
  temperature: number,
): ConfidentAnswer[] {
  return pictures.flatMap(({ inference, label }) => {
    const given = classScores(predictionsFrom(inference, model));
    if (given === undefined) return [];
    const confidence = softmax(given.scores, 1 / temperature)[given.best] ?? 0;
    return [{ confidence, right: given.classes[given.best] === label }];
  });
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a picture is not among those that were looked at');
  return value;
}

/** The same order for the same seed (a linear congruential generator, Fisher and Yates). */
function shuffled<T>(values: readonly T[], seed: number): T[] {
  const result = [...values];
  let state = seed * 2654435761 + 12345;
  for (let at = result.length - 1; at > 0; at -= 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (at + 1));
    const [a, b] = [result[at], result[other]];
    if (a === undefined || b === undefined) continue;
    result[at] = b;
    result[other] = a;
  }
  return result;
}

async function report(
  title: string,
  pictures: readonly Picture[],
  embedder: Pick<Embedder, 'model' | 'infer'>,
): Promise<string[]> {
  const measured: Split[] = [];
  const size = Math.round((2 / 3) * pictures.length);
  for (let split = 0; split < splits; split += 1) {
    const order = shuffled(pictures, split + 1);
    measured.push(await measure(order.slice(0, size), order.slice(size), embedder));
  }
  const heldOut = measured.reduce((sum, split) => sum + split.heldOut, 0);
  const share = (what: string, rate: number) => {
    const flags = measured.reduce(
      (sum, split) => sum + (split.flagged.get(`${what} ${rate}`) ?? 0),
      0,
    );
    return `${((100 * flags) / heldOut).toFixed(2)} %`;
  };
  const present = signalNames.filter((name: SignalName) =>
    rates.some((rate) => measured.some((split) => split.flagged.has(`${name} ${rate}`))),
  );
  const lines = [
    `${title}: ${size} pictures in the reference, ${pictures.length - size} held out, ${splits} splits.`,
    '',
    ...table([
      ['flagged of the held-out, asked:', ...rates.map((rate) => `${100 * rate} %`)],
      ...[...present, anyAlone, anyTogether].map((what) => [
        what,
        ...rates.map((rate) => share(what, rate)),
      ]),
    ]),
  ];
  const fitted = measured.flatMap(({ errors, temperature }) =>
    errors === undefined ? [] : [{ ...errors, temperature }],
  );
  if (fitted.length === 0) return lines;
  const mean = (of: (split: (typeof fitted)[number]) => number) =>
    fitted.reduce((sum, split) => sum + of(split), 0) / fitted.length;
  return [
    ...lines,
    '',
    `Temperature ${mean((s) => s.temperature).toFixed(2)}; expected calibration error of the held-out ` +
      `${mean((s) => s.before).toFixed(3)} before, ${mean((s) => s.after).toFixed(3)} after (means over the splits).`,
  ];
}

const embedder = await openEmbedder({ modelsDir, name: 'efficientnet-lite0' });
try {
  const lines: string[] = [];
  if (options.images !== undefined) {
    const pictures = await look(options.images, false, embedder);
    lines.push(...(await report('Photographs, the packaged model', pictures, embedder)));
  }
  if (options.labelled !== undefined) {
    const pictures = shuffled(await look(options.labelled, true, embedder), 99);
    const classes = [...new Set(pictures.map(({ label }) => label ?? ''))].sort();
    const most = Math.round(0.4 * pictures.length);
    const training = pictures.slice(0, most);
    const head = fitHead(
      training.map(({ inference }) => inference.embedding),
      training.map(({ label }) => classes.indexOf(label ?? '')),
      classes.length,
    );
    const others = pictures.slice(most).map((picture): Picture => {
      const { embedding } = picture.inference;
      return { ...picture, inference: { embedding, logits: head(embedding) } };
    });
    const model = { ...embedder.model, classes };
    const right = answers(others, model, 1).filter((answer) => answer.right).length;
    const accuracy = `right on ${((100 * right) / others.length).toFixed(1)} %`;
    const title = `Labelled pictures of ${classes.length} classes, a linear head that is ${accuracy}`;
    if (lines.length > 0) lines.push('');
    const infer = async (plane: PixelPlane) => {
      const { embedding } = await embedder.infer(plane);
      return { embedding, logits: head(embedding) };
    };
    lines.push(...(await report(title, others, { model, infer })));
    lines.push('', ...(await reportBySource(pictures.map(({ decoded }) => decoded.plane))));
    lines.push('', ...(await reportSmallReferences(pictures.map(({ decoded }) => decoded))));
  }
  process.stdout.write(`${lines.join('\n')}\n`);
  if (options.write) await writeBetweenMarks('docs/scores.md', 'bench:calibration', lines);
} finally {
  await embedder.close();
}
