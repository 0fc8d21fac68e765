import { resolve } from 'node:path';
import type { Command } from 'commander';
import { writeReferenceFolder } from '../../adapters/directory/directory-reference-store.js';
import { countPictures, trainingPictures } from '../../adapters/directory/pictures.js';
import { openEmbedder } from '../../adapters/onnx/onnx-embedder.js';
import type { Config } from '../../config/load-config.js';
import { decodeImage } from '../../image/decode.js';
import { modelName, modelVersion } from '../../ids.js';
import { findEntry } from '../../mine/model-directory.js';
import { minLabelled } from '../../score/confidence/fit-temperature.js';
import type { TemperatureFit } from '../../score/confidence/fit-temperature.js';
import type { NoveltyModel } from '../../score/novelty/novelty-model.js';
import { buildReference } from '../../score/build-reference.js';
import { openScores } from '../open-scores.js';
import type { OpenScores } from '../open-scores.js';
import { openStores } from '../open-stores.js';
import { print, progress } from '../output.js';
import { configFor, withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import type { World } from '../world.js';

interface BuildOptions extends GlobalOptions {
  readonly images: string;
  readonly labels?: string;
  readonly predictions?: string;
  readonly modelName: string;
  readonly modelVersion: string;
  readonly out?: string;
}

export function referenceCommand(parent: Command, world: World): void {
  const reference = parent.command('reference').description('statistics of the training pictures');
  withGlobalOptions(
    reference
      .command('build')
      .description('fit the reference of one model version from its training pictures')
      .requiredOption('--images <dir>', 'directory of training pictures, searched recursively')
      .requiredOption('--model-version <version>', 'version of the production model')
      .option('--model-name <name>', 'name of the production model', 'default')
      .option('--labels <file>', 'class of each picture: CSV lines "path,label"')
      .option('--predictions <file>', 'JSON lines: what the production model predicts for each')
      .option('--out <dir>', 'also write the reference folder here'),
    'edgeminer reference build --images ./training --model-name shop --model-version 1.0',
  ).action((options: BuildOptions) => build(world, options));
}

async function build(world: World, options: BuildOptions): Promise<void> {
  const config = await configFor(world, options);
  const directory = resolve(world.workingDirectory, options.images);
  const path = (file: string | undefined) =>
    file === undefined ? undefined : resolve(world.workingDirectory, file);
  const total = await countPictures(directory);
  const name = modelName(options.modelName);
  const version = modelVersion(options.modelVersion);
  const settings = findEntry(config.models, name, version);
  const embedderName = settings?.embedder ?? defaultEmbedder;
  const scoreThreshold = settings?.detection.scoreThreshold;
  const embedder =
    embedderName === 'none'
      ? undefined
      : await openEmbedder({ modelsDir: config.modelsDir, name: embedderName });
  const failures = new Map<string, { count: number; readonly first: string }>();
  let own: OpenScores | undefined;
  const bar = progress(world, 'fitting', total);
  try {
    own = await openScores(config, (score, problem) => {
      const known = failures.get(score) ?? { count: 0, first: problem };
      known.count += 1;
      failures.set(score, known);
    });
    const { reference, skipped } = await buildReference({
      pictures: trainingPictures(directory, {
        labels: path(options.labels),
        predictions: path(options.predictions),
        maxBytes: config.fetch.maxBytes,
      }),
      decode: (bytes) => decodeImage(bytes, { maxPixels: config.mining.maxPixels }),
      ...(embedder === undefined ? {} : { embedder }),
      own,
      modelName: name,
      modelVersion: version,
      now: world.now(),
      concurrency: 8,
      ...(scoreThreshold === undefined ? {} : { scoreThreshold }),
      onProgress: (done) => bar.update(done),
    });
    bar.end();
    await keep(config, reference, path(options.out));
    const result = {
      id: reference.id,
      modelName: name,
      modelVersion: version,
      pictures: reference.items.length,
      skipped,
      embedder: reference.embedder?.name,
      signals: Object.keys(reference.measurements),
      temperature: reference.temperature,
      novelty: reference.novelty?.figures,
      ownScoreFailures: Object.fromEntries(failures),
      out: path(options.out),
    };
    print(world, result, options.json, (r) => [
      `reference ${r.id.slice(0, 12)} of ${r.modelName} ${r.modelVersion}: ${r.pictures} pictures, ` +
        `${r.signals.length} signals${r.embedder === undefined ? '' : `, embeddings by ${r.embedder}`}`,
      ...temperatureLines(r.temperature),
      ...noveltyLines(r.novelty),
      ...Object.entries(r.ownScoreFailures).map(
        ([score, { count, first }]) =>
          `${score} failed at ${count} pictures; at the first, it ${first}`,
      ),
      ...r.skipped.map((one) => `skipped ${one.path}: ${one.why}`),
      ...(r.out === undefined ? [] : [`written to ${r.out}`]),
      `published to the ${config.store.kind === 'mongodb' ? 'MongoDB' : 'embedded'} store: ` +
        `'mine' finds it for events of this model and version`,
    ]);
  } finally {
    bar.end();
    await embedder?.close();
    await own?.close();
  }
}

/** What became of the temperature, for people. */
function temperatureLines(fit: TemperatureFit | undefined): string[] {
  if (fit === undefined) return [];
  if (fit.kind === 'fitted') {
    const { before, after } = fit.calibrationError;
    return [
      `temperature ${fit.temperature.toFixed(3)}, fitted on ${fit.labelled} labelled pictures; expected ` +
        `calibration error ${before.toFixed(4)} before, ${after.toFixed(4)} after (15 bins, cross-fitted)`,
    ];
  }
  const why = {
    'no-labels': `no label is a class of the predictions; give --labels with the model's own classes`,
    'too-few-labels': `${fit.labelled} labelled pictures whose class the model knows; it takes ${minLabelled}`,
    'no-optimum': `the likelihood has no maximum; were all ${fit.labelled} labelled pictures predicted right?`,
    'no-gain': `it made the labels of ${fit.labelled} pictures no likelier in cross-fitting`,
  };
  return [`temperature 1, not fitted: ${why[fit.why]}`];
}

function noveltyLines(figures: NoveltyModel['figures'] | undefined): string[] {
  const own = figures?.find(({ method }) => method === 'combination');
  if (own === undefined) return [];
  const area = (value: number) => (Number.isNaN(value) ? '-' : value.toFixed(2));
  return [
    `out of distribution, AUROC on held-out pictures: ${area(own.spoilt)} spoilt, ` +
      `${area(own.mixed)} mixed, ${area(own.leftOut)} of a class left out`,
  ];
}

const defaultEmbedder = 'efficientnet-lite0';

async function keep(
  config: Config,
  reference: Parameters<typeof writeReferenceFolder>[1],
  out: string | undefined,
): Promise<void> {
  if (out !== undefined) await writeReferenceFolder(out, reference);
  const stores = await openStores(config);
  try {
    await stores.references.publish(reference);
  } finally {
    await stores.close();
  }
}
