import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { CuratedSet } from '../../curate/curated-set.js';
import { curate } from '../../curate/curation.js';
import { exportCuratedSet, exportFormats } from '../../curate/export.js';
import type { ExportFormat } from '../../curate/export.js';
import type { Reason } from '../../decision/decision.js';
import { EdgeminerError } from '../../faults.js';
import { modelName } from '../../ids.js';
import { findCuratedSet } from '../../curate/find-curated-set.js';
import { reasonArgument } from '../arguments.js';
import { openEdgeCasePublisher } from '../open-kafka.js';
import { splitPlan } from '../split-plan.js';
import { closeAll, openStores } from '../open-stores.js';
import { print, progress, table } from '../output.js';
import { configFor, loggerFor, withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import type { World } from '../world.js';

interface SnapshotOptions extends GlobalOptions {
  readonly name: string;
  readonly model?: string;
  readonly reason?: Reason;
}

interface ExportOptions extends GlobalOptions {
  readonly version: string;
  readonly format: ExportFormat;
  readonly out: string;
}

export function curateCommand(parent: Command, world: World): void {
  const group = parent.command('curate').description('curated sets: what retraining consumes');

  withGlobalOptions(
    group
      .command('snapshot')
      .description('freeze all labelled tasks into an immutable curated set')
      .requiredOption('--name <name>', 'what the set is for')
      .option('--model <name>', 'only tasks of this model')
      .option('--reason <reason>', 'only tasks queued for this', reasonArgument),
    'edgeminer curate snapshot --name week-47',
  ).action((options: SnapshotOptions) => takeSnapshot(world, options));

  withGlobalOptions(
    group.command('list').description('curated sets, newest first'),
    'edgeminer curate list',
  ).action(async (options: GlobalOptions) => {
    const stores = await openStores(await configFor(world, options));
    try {
      print(world, await stores.curatedSets.list(), options.json, (sets) =>
        sets.length === 0
          ? ['no curated sets yet: edgeminer curate snapshot --name NAME makes one']
          : table([
              ['version', 'name', 'items', 'made'],
              ...sets.map((set) => [
                set.version.slice(0, 12),
                set.name,
                set.items,
                new Date(set.createdAt).toISOString(),
              ]),
            ]),
      );
    } finally {
      await stores.close();
    }
  });

  withGlobalOptions(
    group
      .command('export')
      .description('write a curated set to a folder')
      .option(
        '--version <version>',
        'version, or its first 12 digits; `latest` is the newest',
        'latest',
      )
      .addOption(
        new Option('--format <format>', 'layout').choices(exportFormats).makeOptionMandatory(),
      )
      .requiredOption('--out <dir>', 'folder to write to; it must be empty or not there'),
    'edgeminer curate export --version latest --format coco --out ./edge-cases',
  ).action((options: ExportOptions) => exportSet(world, options));
}

async function takeSnapshot(world: World, options: SnapshotOptions): Promise<void> {
  const config = await configFor(world, options);
  const stores = await openStores(config);
  const publisher = openEdgeCasePublisher(world, config, loggerFor(config));
  try {
    const { set, outcome, published } = await curate(
      {
        reader: stores.queue,
        sets: stores.curatedSets,
        images: stores.images,
        ...(publisher === undefined ? {} : { publisher }),
        now: world.now,
      },
      {
        name: options.name,
        split: splitPlan(config),
        filter: {
          ...(options.model === undefined ? {} : { modelName: modelName(options.model) }),
          ...(options.reason === undefined ? {} : { reason: options.reason }),
        },
      },
    );
    const result = { ...summaryOf(set), outcome, published };
    print(world, result, options.json, (r) => [
      outcome === 'published'
        ? `curated set ${r.version.slice(0, 12)} '${r.name}': ${r.items} items ` +
          `(train ${r.splits.train}, validation ${r.splits.validation}, test ${r.splits.test})`
        : `nothing new since curated set ${r.version.slice(0, 12)}: it holds the same ${r.items} items`,
      ...(publisher === undefined
        ? []
        : [`${r.published} records published to ${config.kafka?.topics.curated ?? ''}`]),
    ]);
  } finally {
    await closeAll(publisher === undefined ? [stores] : [publisher, stores]);
  }
}

async function exportSet(world: World, options: ExportOptions): Promise<void> {
  const config = await configFor(world, options);
  const out = resolve(world.workingDirectory, options.out);
  await refuseFilled(out, options.out);
  const stores = await openStores(config);
  try {
    const set = await findCuratedSet(stores.curatedSets, options.version);
    const bar = progress(world, 'exporting', set.items.length);
    let files = 0;
    for await (const file of exportCuratedSet(set, stores.images, options.format)) {
      const path = join(out, file.path);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, file.bytes);
      files += 1;
      bar.update(Math.min(files, set.items.length));
    }
    bar.end();
    const result = { ...summaryOf(set), format: options.format, out, files };
    print(world, result, options.json, (r) => [
      `${r.items} items of curated set ${r.version.slice(0, 12)} as ${r.format}: ${r.files} files in ${r.out}`,
    ]);
  } finally {
    await stores.close();
  }
}

function summaryOf(set: CuratedSet) {
  const count = (split: string) => set.items.filter((item) => item.split === split).length;
  return {
    version: set.version,
    name: set.name,
    items: set.items.length,
    splits: { train: count('train'), validation: count('validation'), test: count('test') },
  };
}

/** A half-old export would train on what is no longer in the set. */
async function refuseFilled(out: string, written: string): Promise<void> {
  const entries = await readdir(out).catch(() => []);
  if (entries.length === 0) return;
  throw new EdgeminerError('input.invalid', `${written} is not empty`, {
    field: '--out',
    mend: 'Name a new folder, or empty this one.',
  });
}
