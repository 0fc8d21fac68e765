import { join, resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { openBuildCheckpoint } from '../../adapters/directory/build-checkpoint.js';
import type { BuildCheckpoint } from '../../adapters/directory/build-checkpoint.js';
import {
  referencePlaceName,
  refuseForeignFolder,
  writeReferenceFolder,
} from '../../adapters/directory/directory-reference-store.js';
import { openTrainingPictures } from '../../adapters/directory/pictures.js';
import { openEmbedder } from '../../adapters/onnx/onnx-embedder.js';
import type { Config } from '../../config/load-config.js';
import { decodeImage } from '../../image/decode.js';
import { modelName, modelVersion } from '../../ids.js';
import { findEntry } from '../../mine/model-directory.js';
import { minLabelled } from '../../score/confidence/fit-temperature.js';
import type { TemperatureFit } from '../../score/confidence/fit-temperature.js';
import { remarksOn } from '../../score/reference-remarks.js';
import type { ReferenceRemark } from '../../score/reference-remarks.js';
import type { NoveltyModel } from '../../score/novelty/novelty-model.js';
import { buildReference } from '../../score/build-reference.js';
import type { SkippedPicture } from '../../score/build-reference.js';
import { measuringFingerprint } from '../../score/measured-pictures.js';
import { keptScoresFingerprint } from '../../score/own/measure-own.js';
import type { BuildProgress } from '../../score/training-pictures.js';
import { share } from '../arguments.js';
import { inferenceOptions } from '../inference-options.js';
import { openScores } from '../open-scores.js';
import type { OpenScores } from '../open-scores.js';
import { openStores } from '../open-stores.js';
import { print, progress } from '../output.js';
import type { Progress } from '../output.js';
import { configFor, withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import { warnOf } from '../survey-lines.js';
import type { World } from '../world.js';

interface BuildOptions extends GlobalOptions {
  readonly images: string;
  readonly labels?: string;
  readonly predictions?: string;
  readonly modelName: string;
  readonly modelVersion: string;
  readonly out?: string;
  readonly maxBroken: number;
  readonly sources?: 'by-folder';
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
      .addOption(
        new Option(
          '--sources <how>',
          'which source took a picture: by-folder, the first folder of its path ' +
            '(or sourceId in --predictions)',
        ).choices(['by-folder']),
      )
      .option('--out <dir>', 'also write the reference folder here')
      .option('--max-broken <share>', 'pictures that may be unreadable, 0 to 1', share, 0.1),
    'edgeminer reference build --images ./training --model-name shop --model-version 1.0',
  ).action((options: BuildOptions) => build(world, options));
}

async function build(world: World, options: BuildOptions): Promise<void> {
  const config = await configFor(world, options);
  const directory = resolve(world.workingDirectory, options.images);
  const path = (file: string | undefined) =>
    file === undefined ? undefined : resolve(world.workingDirectory, file);
  const { survey, embeddings, pictures } = await openTrainingPictures(directory, {
    labels: path(options.labels),
    predictions: path(options.predictions),
    sourcesByFolder: options.sources === 'by-folder',
    maxBytes: config.fetch.maxBytes,
  });
  warnOf(world, survey);
  if (embeddings > 0)
    world.stderr.write(
      `warning: ${embeddings} lines of --predictions bring an embedding, which a reference does not take: it ` +
        'embeds its pictures itself, and only embeddings by the same model are comparable with it\n',
    );
  const name = modelName(options.modelName);
  const version = modelVersion(options.modelVersion);
  const settings = findEntry(config.models, name, version);
  const embedderName = settings?.embedder ?? defaultEmbedder;
  const scoreThreshold = settings?.detection.scoreThreshold;
  const embedder =
    embedderName === 'none'
      ? undefined
      : await openEmbedder({ ...inferenceOptions(config), name: embedderName });
  const shown = buildProgress(world);
  const failures = new Map<string, { count: number; readonly first: string }>();
  let own: OpenScores | undefined;
  let checkpoint: BuildCheckpoint | undefined;
  try {
    const out = path(options.out);
    if (out !== undefined) await refuseForeignFolder(out);
    own = await openScores(config, (score, problem) => {
      const known = failures.get(score) ?? { count: 0, first: problem };
      known.count += 1;
      failures.set(score, known);
    });
    checkpoint = await openBuildCheckpoint(
      out === undefined
        ? join(config.dataDir, 'building', referencePlaceName(name, version))
        : `${out}.building`,
      {
        edgeminer: world.version,
        measuring: measuringFingerprint(),
        own: keptScoresFingerprint(own.scorers),
        embedder: embedder?.model,
      },
    );
    sayWhereItStarts(world, checkpoint);
    const { reference, skipped } = await buildReference({
      pictures,
      total: survey.pictures,
      decode: (bytes) => decodeImage(bytes, { maxPixels: config.mining.maxPixels }),
      ...(embedder === undefined ? {} : { embedder }),
      measured: checkpoint,
      own,
      modelName: name,
      modelVersion: version,
      now: world.now(),
      concurrency: 8,
      ...(scoreThreshold === undefined ? {} : { scoreThreshold }),
      maxGapMs: config.mining.frames.maxGapSeconds * 1000,
      mostBroken: options.maxBroken,
      ending: world.ending,
      onProgress: shown.update,
    });
    shown.end();
    await keep(config, reference, out);
    await checkpoint.remove();
    const result = {
      id: reference.id,
      modelName: name,
      modelVersion: version,
      pictures: reference.items.length,
      skipped,
      passedOver: survey.passedOver,
      unmatched: survey.unmatched,
      sources: sourcesOf(reference.items),
      embedder: reference.embedder?.name,
      signals: Object.keys(reference.measurements),
      temperature: reference.temperature,
      novelty: reference.novelty?.figures,
      ownScoreFailures: Object.fromEntries(failures),
      remarks: remarksOn(reference, usualRate, own.scorers),
      out,
    };
    print(world, result, options.json, (r) => [
      `reference ${r.id.slice(0, 12)} of ${r.modelName} ${r.modelVersion}: ${r.pictures} pictures, ` +
        `${r.signals.length} signals${r.embedder === undefined ? '' : `, embeddings by ${r.embedder}`}`,
      ...sourceLines(r.sources),
      ...temperatureLines(r.temperature, options.labels !== undefined),
      ...noveltyLines(r.novelty),
      ...Object.entries(r.ownScoreFailures).map(
        ([score, { count, first }]) =>
          `${score} failed at ${counted(count)}; at the first, it ${first}`,
      ),
      ...r.remarks.map((remark) => remarkLine(remark, r.pictures)),
      ...skippedLines(r.skipped),
      ...(r.out === undefined ? [] : [`written to ${r.out}`]),
      `published to the ${config.store.kind === 'mongodb' ? 'MongoDB' : 'embedded'} store: ` +
        `'mine' finds it for events of this model and version`,
    ]);
  } finally {
    shown.end();
    await checkpoint?.close();
    await embedder?.close();
    await own?.close();
  }
}

const stepNames: Readonly<Record<BuildProgress['step'], string>> = {
  pictures: 'measuring',
  'turned-copies': 'turning pictures',
  neighbours: 'finding neighbours (per cent)',
  'spoilt-copies': 'embedding spoilt copies',
  novelty: 'weighing what tells novelty',
};

/** A bar or lines of its own for each step; the later ones are named as they begin. */
function buildProgress(world: World): {
  readonly update: (progress: BuildProgress) => void;
  readonly end: () => void;
} {
  let step: BuildProgress['step'] | undefined;
  let bar: Progress | undefined;
  return {
    update({ step: next, done, total }) {
      if (next !== step) {
        bar?.end();
        step = next;
        const isBar = world.stderr.isTTY === true && total !== undefined;
        if (next !== 'pictures' && !isBar) world.stderr.write(`${stepNames[next]}\n`);
        bar = progress(world, stepNames[next], total);
      }
      bar?.update(done);
    },
    end: () => bar?.end(),
  };
}

function sayWhereItStarts(world: World, { before, anew }: BuildCheckpoint): void {
  if (anew !== undefined)
    world.stderr.write(`starts anew: an earlier build was not ended, but ${anew}\n`);
  else if (before > 0)
    world.stderr.write(`goes on with ${counted(before)} that an earlier build had measured\n`);
}

const counted = (count: number): string => `${count} ${count === 1 ? 'picture' : 'pictures'}`;

interface SourceCount {
  readonly sourceId: string;
  readonly pictures: number;
}

function sourcesOf(items: readonly { readonly sourceId?: string }[]): SourceCount[] {
  const counts = new Map<string, number>();
  for (const { sourceId } of items) {
    if (sourceId !== undefined) counts.set(sourceId, (counts.get(sourceId) ?? 0) + 1);
  }
  return [...counts].map(([sourceId, pictures]) => ({ sourceId, pictures }));
}

/** At a rate of 1 %, as by default, a source needs so many pictures to be held against its own. */
const enoughOfSource = 99;

function sourceLines(sources: readonly SourceCount[]): string[] {
  if (sources.length === 0) return [];
  const own = sources.filter(({ pictures }) => pictures >= enoughOfSource).length;
  return [
    `${sources.length} sources; ${own} have the ${enoughOfSource} pictures it takes to be held ` +
      'against their own at 1 % false alarms, the others are held against all',
  ];
}

/** False alarms that are asked for by default. */
const usualRate = 0.01;

function remarkLine(remark: ReferenceRemark, pictures: number): string {
  if (remark.kind === 'can-not-flag') {
    const share = `${(100 * remark.atEnd).toFixed(0)} %`;
    return (
      `${remark.signal} can't be flagged at 1 % false alarms: ${share} of the pictures are as unusual as ` +
      'can be; give it a rule of its own to use it'
    );
  }
  if (remark.kind === 'few-pictures') {
    return (
      `with ${pictures} pictures a rate of 1 % can only be estimated; from ${remark.enough} on the pictures ` +
      'themselves tell it'
    );
  }
  const { signals } = remark;
  const named =
    signals.length > mostNamed
      ? `${signals.length} signals of light and quality`
      : signals.join(', ');
  return (
    `${remark.pictures} of ${pictures} pictures are beyond limits that few photographs pass, so that only the ` +
    `pictures themselves tell what is ordinary in ${named}: the more of them, the more is found`
  );
}

const mostNamed = 3;
const mostSkippedLines = 20;

function skippedLines(skipped: readonly SkippedPicture[]): string[] {
  const more = skipped.length - mostSkippedLines;
  return [
    ...(skipped.length === 0 ? [] : [`${counted(skipped.length)} could not be read:`]),
    ...skipped.slice(0, mostSkippedLines).map((one) => `skipped ${one.path}: ${one.why}`),
    ...(more > 0 ? [`and ${more} more; --json names all of them`] : []),
  ];
}

/** What became of the temperature, for people. */
function temperatureLines(fit: TemperatureFit | undefined, hasLabels: boolean): string[] {
  if (fit === undefined) return [];
  if (fit.kind === 'fitted') {
    const { before, after } = fit.calibrationError;
    return [
      `temperature ${fit.temperature.toFixed(3)}, fitted on ${fit.labelled} labelled pictures; expected ` +
        `calibration error ${before.toFixed(4)} before, ${after.toFixed(4)} after (15 bins, cross-fitted)`,
    ];
  }
  const why = {
    'no-labels': hasLabels
      ? `no label is a class of the predictions; give --labels with the model's own classes`
      : 'that takes --labels, with the classes of the predictions',
    'too-few-labels': `${fit.labelled} labelled pictures whose class the model knows; it takes ${minLabelled}`,
    'no-optimum': `the likelihood has no maximum; were all ${fit.labelled} labelled pictures predicted right?`,
    'no-gain':
      `in cross-fitting it made the labels of ${fit.labelled} pictures no likelier, or the ` +
      'calibration error no smaller',
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
