import { join, resolve } from 'node:path';
import {
  checkModelName,
  manifestWith,
  readable,
  writtenEntry,
} from '../../adapters/onnx/edit-manifest.js';
import { inspectModel } from '../../adapters/onnx/inspect-model.js';
import { readManifest, readManifestText } from '../../adapters/onnx/manifest.js';
import type { WrittenEntry } from '../../adapters/onnx/manifest-schema.js';
import type { Draft, Point } from '../../adapters/onnx/entry-draft.js';
import { checkFileOf, encodeEmbeddings } from '../../adapters/onnx/stored-embeddings.js';
import { tryModel } from '../../adapters/onnx/try-model.js';
import type { Trial } from '../../adapters/onnx/try-model.js';
import type { Config } from '../../config/load-config.js';
import { EdgeminerError } from '../../faults.js';
import { inferenceOptions } from '../inference-options.js';
import { print, table } from '../output.js';
import { configFor } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import type { World } from '../world.js';
import { openDialogue } from './dialogue.js';
import type { Dialogue } from './dialogue.js';
import { copyBeside, leaveInPlace, writeAll } from './place-files.js';
import type { NewFile, Placement } from './place-files.js';
import { settleEntry } from './settle.js';
import { toldBy } from './told.js';
import type { ToldOptions } from './told.js';

export interface AddOptions extends GlobalOptions, ToldOptions {
  readonly copy?: boolean;
  readonly replace?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** Longer lists of classes get a file of their own. */
const classesInline = 20;

export async function addModel(world: World, file: string, options: AddOptions): Promise<void> {
  const config = await configFor(world, options);
  const { workingDirectory } = world;
  const told = await toldBy(options, workingDirectory);
  const run = { ...inferenceOptions(config), quiet: true };
  const entries = await entryNames(config.modelsDir);
  const found = await inspectModel(resolve(workingDirectory, file), file, run);
  // Somebody who wants no questions gets none.
  const dialogue = options.yes === true || options.json === true ? undefined : openDialogue(world);
  try {
    const { draft, points } = await settleEntry(found, {
      ...{ told, dialogue, directory: workingDirectory },
      checkName: (name) => {
        checkModelName(name);
        if (options.replace !== true) refuseSecond(config, name, entries);
      },
    });
    const { name } = draft;
    const trial = await tryModel(run, found, draft);
    const placement =
      options.copy === true
        ? await copyBeside(config.modelsDir, name, found.files)
        : leaveInPlace(config.modelsDir, found.files);
    const { entry, files } = entryToWrite(config.modelsDir, draft, trial, placement);
    const edited = await manifestWith(config.modelsDir, name, entry);
    const result = {
      name,
      manifest: edited.path,
      written: options.dryRun !== true,
      points,
      entry,
      notes: [...trial.notes, ...advice(world, config, edited.existed, entries.has(name))],
      millisecondsPerPicture: round(trial.checked.milliseconds, 2),
    };
    // Seen before it is confirmed; elsewhere it is part of the result.
    if (dialogue !== undefined) proposalLines(result).forEach((line) => dialogue.say(line));
    if (dialogue !== undefined && options.dryRun !== true) await confirm(dialogue, edited.path);
    if (options.dryRun !== true) {
      await writeAll([
        ...placement.copies,
        ...files,
        { path: edited.path, bytes: Buffer.from(edited.text) },
      ]);
    }
    print(world, result, options.json, () => [
      ...(dialogue === undefined ? proposalLines(result) : []),
      ...outcomeLines(result),
    ]);
  } finally {
    dialogue?.close();
  }
}

interface AddResult {
  readonly name: string;
  readonly manifest: string;
  readonly written: boolean;
  readonly points: readonly Point[];
  readonly entry: WrittenEntry;
  readonly notes: readonly string[];
  readonly millisecondsPerPicture: number;
}

/** The entry with its files' names, and the files that go with it. */
function entryToWrite(
  modelsDir: string,
  { name, classes }: Draft,
  { entry, checked }: Trial,
  { file }: Placement,
): { readonly entry: WrittenEntry; readonly files: readonly NewFile[] } {
  const check = checkFileOf(name);
  const files: NewFile[] = [
    { path: join(modelsDir, check), bytes: encodeEmbeddings(checked.embeddings) },
  ];
  const classesFile = `${name}.classes.json`;
  const long = classes !== undefined && classes.length > classesInline;
  if (long) {
    const text = `${JSON.stringify(classes, undefined, 2)}\n`;
    files.push({ path: join(modelsDir, classesFile), bytes: Buffer.from(text) });
  }
  const whole = { ...entry, file, check, ...(long ? { classes: classesFile } : {}) };
  return { entry: writtenEntry(whole), files };
}

async function entryNames(modelsDir: string): Promise<ReadonlySet<string>> {
  const text = await readManifestText(modelsDir);
  if (text === undefined) return new Set();
  return new Set(Object.keys((await readManifest(modelsDir)).models));
}

function refuseSecond({ modelsDir }: Config, name: string, entries: ReadonlySet<string>): void {
  if (!entries.has(name)) return;
  throw new EdgeminerError(
    'input.invalid',
    `${join(modelsDir, 'manifest.json')} has an entry "${name}" already`,
    {
      field: '--name',
      mend: 'Give another name with --name, or --replace to put this one in its place.',
    },
  );
}

function advice(world: World, config: Config, existed: boolean, replaced: boolean): string[] {
  const packaged = resolve(world.packageRoot, 'models') === resolve(config.modelsDir);
  const installed = /[\\/]node_modules[\\/]/.test(config.modelsDir);
  return [
    ...(packaged && installed
      ? [
          `${config.modelsDir} belongs to the package, and an update of it replaces the folder: ` +
            'copy it elsewhere and set modelsDir (or EDGEMINER_MODELS_DIR)',
        ]
      : []),
    ...(existed
      ? []
      : [
          'this manifest is new: the model that comes with edgeminer is not in it, unless you add it',
        ]),
    ...(replaced
      ? ['references built with the entry before do not fit any more: build them again']
      : []),
  ];
}

async function confirm(dialogue: Dialogue, path: string): Promise<void> {
  const answer = await dialogue.ask(`Write it to ${path}? (yes, no)`, 'yes');
  if (/^y(es)?$/i.test(answer)) return;
  throw new EdgeminerError('input.invalid', 'not confirmed; nothing was written', {
    field: 'terminal',
    mend: 'Run it again with the flags that you want changed.',
  });
}

function proposalLines({ points, entry, notes, millisecondsPerPicture }: AddResult): string[] {
  const { dimensions } = entry.outputs.embedding;
  const by = { told: 'told', file: 'from the file', guess: 'GUESSED' };
  return [
    ...table(
      points.map(({ topic, value, by: from, why }) => [
        `  ${topic}`,
        value,
        from === 'told' ? by.told : `${by[from]}: ${why}`,
      ]),
    ),
    '',
    readable(entry),
    '',
    `tried on ten pictures: ${dimensions} finite values each, different for each picture, ` +
      `${millisecondsPerPicture} ms a picture`,
    ...notes.map((note) => `note: ${note}`),
  ];
}

function outcomeLines({ name, manifest, written }: AddResult): string[] {
  if (!written) return [`nothing was written (--dry-run); it would go to ${manifest}`];
  return [
    `added ${name} to ${manifest}`,
    `use it: models: [{ name: NAME, embedder: ${name} }] in edgeminer.config.yaml, then`,
    '  edgeminer reference build --images DIR --model-name NAME --model-version VERSION',
  ];
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
