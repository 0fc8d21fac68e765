import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../../config/load-config.js';
import { EdgeminerError } from '../../faults.js';
import { annotatorId } from '../../ids.js';
import type { LabelSet } from '../../label/label.js';
import { describeInvalidated, labelSetChanges } from '../../label/label-set-changes.js';
import { labelSetKey } from '../../label/label-set.js';
import { outdatedLabels } from '../../queue/outdated-labels.js';
import type { OutdatedLabel } from '../../queue/outdated-labels.js';
import { supervisorDeskAt } from '../at-desk.js';
import { examplePictures } from '../example-pictures.js';
import { labelSetLines } from '../label-set-lines.js';
import type { Stores } from '../open-stores.js';
import { print, table } from '../output.js';
import { changedUnderItsVersion, recordLabelSets } from '../record-label-sets.js';
import { configFor, withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import { withStores } from '../with-stores.js';
import type { World } from '../world.js';

export function labelSetCommand(parent: Command, world: World): void {
  const group = parent
    .command('label-set')
    .description('what labels may say: versions, changes, and labels that no longer fit');

  withGlobalOptions(
    group
      .command('show')
      .description('show a label set as annotators get it; without a name, list all')
      .argument('[name]', 'of the configuration, or name@version that labels were made against'),
    'edgeminer label-set show animals@2',
  ).action((name: string | undefined, options: GlobalOptions) => show(world, name, options));

  withGlobalOptions(
    group
      .command('check')
      .description('find missing example pictures, and sets that changed under their version'),
    'edgeminer label-set check',
  ).action((options: GlobalOptions) => check(world, options));

  withGlobalOptions(
    group
      .command('diff')
      .description('what changed, and which labels each change invalidates')
      .argument('<name>', 'of the configuration')
      .option(
        '--from <version>',
        'a version, or a configuration file (default: the version before)',
      ),
    'edgeminer label-set diff animals --from 2',
  ).action((name: string, options: DiffOptions) => diff(world, name, options));

  withGlobalOptions(
    group
      .command('invalidated')
      .description('list labelled tasks whose label no longer fits, and why')
      .argument('<name>', 'of the configuration')
      .option('--requeue', 'send them round again')
      .option('--by <name>', 'who says so; with --requeue')
      .option('--reason <text>', 'why; it stays in the audit trail, so name nobody'),
    'edgeminer label-set invalidated animals --requeue --by ada --reason "wolf was added"',
  ).action((name: string, options: InvalidatedOptions) => invalidated(world, name, options));
}

interface DiffOptions extends GlobalOptions {
  readonly from?: string;
}

interface InvalidatedOptions extends GlobalOptions {
  readonly requeue?: boolean;
  readonly by?: string;
  readonly reason?: string;
}

function show(world: World, name: string | undefined, options: GlobalOptions): Promise<void> {
  return withStores(world, options, async (config, stores) => {
    if (name !== undefined) {
      const labelSet = await named(config, stores, name);
      print(world, labelSet, options.json, labelSetLines);
      return;
    }
    const earlier = await stores.labelSets.list();
    const rows = Object.values(config.labelSets).map((labelSet) => ({
      name: labelSet.name,
      version: labelSet.version,
      kind: labelSet.kind,
      classes: labelSet.classes.length,
      remembered: earlier
        .filter((one) => one.labelSet.name === labelSet.name)
        .map((one) => one.labelSet.version),
    }));
    print(world, rows, options.json, (all) =>
      table([
        ['name', 'version', 'kind', 'classes', 'remembered versions'],
        ...all.map((row) => [
          row.name,
          row.version,
          row.kind,
          row.classes,
          row.remembered.join(', ') || 'none',
        ]),
      ]),
    );
  });
}

function check(world: World, options: GlobalOptions): Promise<void> {
  return withStores(world, options, async (config, stores) => {
    const pictureOf = examplePictures(config, stores);
    const problems: {
      readonly labelSet: string;
      readonly problem: string;
      readonly mend: string;
    }[] = [];
    for (const labelSet of Object.values(config.labelSets)) {
      const key = labelSetKey(labelSet);
      const answer = await stores.labelSets.record(labelSet, world.now());
      if (answer.kind === 'differs') {
        const { message, mend = '' } = changedUnderItsVersion(answer.recorded, labelSet);
        problems.push({ labelSet: key, problem: message, mend });
      }
      for (const note of labelSet.notes ?? []) {
        for (const example of note.examples) {
          if ((await pictureOf(example)) !== undefined) continue;
          const problem = `the example ${example} of '${note.class}' is not there, or is no picture`;
          const mend =
            'Name a JPEG, PNG, WebP or AVIF file, or the id of a task that has its image.';
          problems.push({ labelSet: key, problem, mend });
        }
      }
    }
    const checked = Object.values(config.labelSets).map(labelSetKey);
    print(world, { checked, problems }, options.json, (result) => [
      ...result.problems.flatMap((one) => [
        `${one.labelSet}: ${one.problem}`,
        `  what to do: ${one.mend}`,
      ]),
      `${result.checked.length} label sets checked, ${result.problems.length} problems`,
    ]);
    const [first] = problems;
    if (first === undefined) return;
    throw new EdgeminerError('config.invalid', `${problems.length} problems with label sets`, {
      field: `labelSets.${first.labelSet}`,
      mend: 'The lines above say what to do.',
    });
  });
}

function diff(world: World, name: string, options: DiffOptions): Promise<void> {
  return withStores(world, options, async (config, stores) => {
    const after = configured(config, name);
    const before = await earlierOne(world, { stores, after, from: options.from });
    const changes = labelSetChanges(before, after);
    const result = { from: labelSetKey(before), to: labelSetKey(after), changes };
    print(world, result, options.json, ({ from, to }) => [
      `from ${from} to ${to}:`,
      ...(changes.length === 0 ? ['nothing changed'] : []),
      ...changes.map(
        ({ what, invalidates }) => `${what} Invalidates ${describeInvalidated(invalidates)}.`,
      ),
    ]);
  });
}

interface Earlier {
  readonly stores: Stores;
  readonly after: LabelSet;
  readonly from: string | undefined;
}

async function earlierOne(world: World, { stores, after, from }: Earlier): Promise<LabelSet> {
  if (from === undefined) {
    const all = await stores.labelSets.list(after.name);
    const before = all.find(({ labelSet }) => labelSet.version < after.version);
    if (before !== undefined) return before.labelSet;
    throw new EdgeminerError(
      'label-set.not-found',
      `no version of '${after.name}' before ${after.version} is remembered`,
      { field: '--from', mend: 'Name a version that is, or a configuration file.' },
    );
  }
  if (/^\d+$/.test(from)) return recorded(stores, after.name, versionIn(from));
  const file = resolve(world.workingDirectory, from);
  if (!existsSync(file)) {
    throw new EdgeminerError('input.not-found', `${from} is neither a version nor a file`, {
      field: '--from',
      mend: 'Name a version such as 2, or the path of a configuration file.',
    });
  }
  return configured(await configFor(world, { config: file }), after.name);
}

function invalidated(world: World, name: string, options: InvalidatedOptions): Promise<void> {
  const again = orderOf(options);
  return withStores(world, options, async (config, stores) => {
    const labelSet = configured(config, name);
    // Otherwise tasks would go round for a change that nobody gets to see.
    await recordLabelSets(config, stores.labelSets, world.now());
    const found: OutdatedLabel[] = [];
    for await (const one of outdatedLabels(stores.queue, labelSet, world.now())) found.push(one);
    const supervisor = supervisorDeskAt(world, config, stores);
    const results = [];
    for (const { task, madeAgainst, problems } of found) {
      const order = again && (await supervisor.requeue({ ...again, taskId: task.id }));
      if (order?.kind === 'refused') throw order.fault;
      results.push({ task: task.id, madeAgainst, problems, requeued: order?.kind === 'done' });
    }
    print(world, { labelSet: labelSetKey(labelSet), tasks: results }, options.json, (result) => [
      ...result.tasks.map(
        (one) =>
          `${one.task} (${one.madeAgainst}${one.requeued ? ', queued again' : ''}): ` +
          one.problems.map(({ field, problem }) => `${field} ${problem}`).join('; '),
      ),
      `${result.tasks.length} labels don't fit ${result.labelSet}` +
        (again === undefined && result.tasks.length > 0
          ? '; --requeue sends them round again'
          : ''),
    ]);
  });
}

function orderOf({ requeue, by, reason }: InvalidatedOptions) {
  if (requeue !== true) return undefined;
  if (by !== undefined && reason !== undefined) return { by: annotatorId(by), reason };
  throw new EdgeminerError('input.invalid', '--requeue needs --by and --reason', {
    field: by === undefined ? '--by' : '--reason',
    mend: 'Say who sends the tasks round again, and why; it stays in the audit trail.',
  });
}

/** `animals` as it is now, or `animals@2` as it was. */
async function named(config: Config, stores: Stores, name: string): Promise<LabelSet> {
  const at = name.lastIndexOf('@');
  if (Object.hasOwn(config.labelSets, name) || at < 1) return configured(config, name);
  return recorded(stores, name.slice(0, at), versionIn(name.slice(at + 1)));
}

function configured({ labelSets: known }: Config, name: string): LabelSet {
  const labelSet = Object.hasOwn(known, name) ? known[name] : undefined;
  if (labelSet !== undefined) return labelSet;
  const names = Object.keys(known);
  throw new EdgeminerError('label-set.not-found', `there is no label set '${name}'`, {
    field: 'name',
    mend:
      names.length === 0
        ? 'Define one under labelSets.'
        : `Use one of those under labelSets: ${names.join(', ')}.`,
  });
}

async function recorded({ labelSets: store }: Stores, name: string, version: number) {
  const labelSet = await store.find(name, version);
  if (labelSet !== undefined) return labelSet;
  const versions = (await store.list(name)).map((one) => one.labelSet.version);
  throw new EdgeminerError(
    'label-set.not-found',
    `version ${version} of '${name}' is not remembered`,
    {
      field: 'version',
      mend:
        versions.length === 0
          ? 'A version is remembered when labels are first taken against it.'
          : `These are: ${versions.join(', ')}.`,
    },
  );
}

function versionIn(text: string): number {
  const version = Number(text);
  if (Number.isSafeInteger(version) && version >= 1) return version;
  throw new EdgeminerError('input.invalid', `'${text}' is not a version`, {
    field: 'version',
    mend: 'Give a whole number from 1 on, such as 2 in animals@2.',
  });
}
