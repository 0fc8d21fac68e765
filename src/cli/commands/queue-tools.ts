import type { Command } from 'commander';
import { Argument } from 'commander';
import { openCvat } from '../../adapters/tools/cvat.js';
import { openLabelStudio } from '../../adapters/tools/label-studio.js';
import type { Config } from '../../config/load-config.js';
import { EdgeminerError } from '../../faults.js';
import { annotatorId } from '../../ids.js';
import { leaseFilter } from '../../queue/lease-filter.js';
import type { FilterFields } from '../../queue/lease-filter.js';
import type { DeskLease } from '../../queue/label-desk.js';
import type { AnnotationTool } from '../../queue/tools/annotation-tool.js';
import type { AnswerProblem, TakenAnswers } from '../../queue/tools/take-answers.js';
import { createToolDesk } from '../../queue/tools/tool-desk.js';
import type { ToolDesk } from '../../queue/tools/tool-desk.js';
import { wholeNumber } from '../arguments.js';
import { atDesk } from '../at-desk.js';
import type { Desk } from '../at-desk.js';
import { labelSetsInUse } from '../open-models.js';
import { print } from '../output.js';
import { withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import { filtered } from '../task-filter.js';
import { importToolFile, writeToolBatch } from '../tool-files.js';
import type { pullFormats, ToolFormat } from '../tool-files.js';
import type { World } from '../world.js';

const toolNames = ['label-studio', 'cvat'] as const;
type ToolName = (typeof toolNames)[number];

export interface PullOptions {
  readonly annotator: string;
  readonly out: string;
  readonly format: (typeof pullFormats)[number];
  readonly pictures: 'files' | 'inline' | 'url';
  readonly pictureUrl?: string;
}

export interface ImportOptions {
  readonly format: (typeof pullFormats)[number];
  readonly allDone?: boolean;
}

/** `queue push` and `queue sync`. */
export function toolCommands(queue: Command, world: World): void {
  withGlobalOptions(
    filtered(
      queue
        .command('push')
        .description('lease tasks for Label Studio or CVAT, and show them there')
        .addArgument(toolArgument()),
    ).option('--limit <n>', 'most tasks to place', wholeNumber(1), 100),
    'edgeminer queue push label-studio --limit 200 --reason blur',
  ).action((tool: ToolName, options: FilterFields & GlobalOptions & { limit: number }) =>
    atTool(world, options, tool, async (desk) => {
      const pushed = await desk.push({ limit: options.limit, filter: leaseFilter(options) });
      print(world, pushed, options.json, ({ placed, there, unlabelled, lost }) => [
        `${placed} tasks placed, ${there} there already`,
        ...(unlabelled === 0 ? [] : [`${unlabelled} given back: their models have no label set`]),
        ...lost.map((task) => `task ${task} given back: its picture is not in the image store`),
      ]);
    }),
  );

  withGlobalOptions(
    queue
      .command('sync')
      .description('renew what Label Studio or CVAT holds, and take in what is finished there')
      .addArgument(toolArgument()),
    'edgeminer queue sync label-studio',
  ).action((tool: ToolName, options: GlobalOptions) =>
    atTool(world, options, tool, async (desk) => {
      const synced = await desk.sync();
      print(world, synced, options.json, (result) => [
        `${result.held} tasks held on`,
        ...takenLines(result),
      ]);
      failWhereRefused(synced);
    }),
  );
}

function toolArgument(): Argument {
  return new Argument('<tool>', 'the tool').choices(toolNames);
}

/** A batch as files for another tool. What can't be written is given back. */
export async function pullAs(
  world: World,
  { stores, desk, labelSetFor }: Desk,
  leased: DeskLease,
  options: PullOptions & GlobalOptions,
): Promise<void> {
  const annotator = annotatorId(options.annotator);
  const format: ToolFormat = options.format === 'cvat' ? 'cvat' : 'label-studio';
  const giveBack = (tasks: Parameters<typeof desk.release>[2]) =>
    desk.release(leased.batchId, annotator, tasks);
  let written;
  try {
    if (options.pictures === 'url' && options.pictureUrl === undefined) {
      throw new EdgeminerError('input.invalid', 'the address of the API is missing', {
        field: '--picture-url',
        mend: 'Give it as annotators reach it: --picture-url https://edgeminer.example.com',
      });
    }
    written = await writeToolBatch(world, { ...options, format }, leased, {
      images: stores.images,
      labelSetFor,
    });
  } catch (error) {
    await giveBack('all');
    throw error;
  }
  if (written.left.length > 0) await giveBack(written.left);
  print(world, written, options.json, (batch) =>
    leased.tasks.length === 0
      ? ['no tasks: nothing that matches is free']
      : [
          `batch ${batch.batchId}: ${batch.tasks} tasks in ${batch.directory}, yours until ${batch.expiresAt}`,
          ...batch.files.map((file) => `  ${file}`),
          ...batch.left.map(
            (task) => `task ${task} given back: it has no label set, or its picture is gone`,
          ),
          `label them, export, then: edgeminer queue import FILE --format ${format}`,
        ],
  );
}

/** What another tool exported. */
export async function importFile(
  world: World,
  { config, labelling, desk, labelSetFor }: Desk,
  path: string,
  options: ImportOptions & GlobalOptions,
): Promise<void> {
  const taken = await importToolFile(
    world,
    {
      path,
      format: options.format === 'cvat' ? 'cvat' : 'label-studio',
      allDone: options.allDone ?? false,
    },
    {
      desk,
      // Finds trials of gold tasks too, which were pulled among the others.
      reader: labelling.reader,
      labelSetFor,
      under: 'as-sent',
      annotatorOf: (person) => {
        const name = nameOf(config, person);
        return name === undefined ? undefined : annotatorId(name);
      },
      now: world.now,
    },
  );
  print(world, taken, options.json, takenLines);
  failWhereRefused({ ...taken, refused: [...taken.refused, ...taken.late] });
}

function takenLines(taken: TakenAnswers): readonly string[] {
  const { labelled, skipped, left, known, late, refused, dropped } = taken;
  const line = ({ where, message, mend }: AnswerProblem) =>
    `${where}: ${message}${mend === undefined ? '' : ` (${mend})`}`;
  return [
    `${labelled} labelled, ${skipped} skipped, ${left} left for later, ${known} taken before, ${late.length} too late, ${refused.length} refused`,
    ...[...late, ...refused].map(line),
    ...dropped.map(({ where, what }) => `${where}: ${what} is not kept`),
  ];
}

function failWhereRefused({ refused }: Pick<TakenAnswers, 'refused'>): void {
  if (refused.length === 0) return;
  throw new EdgeminerError('label.invalid', `${refused.length} answers were not taken`, {
    field: refused[0]?.where ?? '',
    mend: 'Mend those and try again; what was taken in stays.',
  });
}

async function atTool(
  world: World,
  options: GlobalOptions,
  name: ToolName,
  work: (desk: ToolDesk) => Promise<void>,
): Promise<void> {
  await atDesk(world, options, async ({ config, stores, labelling, desk, labelSetFor }) => {
    const { tool, annotator, leaseSeconds } = openTool(config, name);
    const holder = annotatorId(annotator);
    try {
      await work(
        createToolDesk({
          tool,
          holder,
          desk,
          // What people in the tool may see, trials of gold tasks among it.
          reader: labelling.readerFor(holder),
          images: stores.images,
          labelSetFor,
          labelSets: labelSetsInUse(config),
          annotatorOf: (person) => annotatorId(nameOf(config, person) ?? person),
          leaseSeconds,
          maxBatch: config.queue.maxBatch,
          now: world.now,
        }),
      );
    } finally {
      await tool.close();
    }
  });
}

/** Who a tool's person is here, where the settings say. */
function nameOf({ tools }: Config, person: string): string | undefined {
  return Object.hasOwn(tools.annotators, person) ? tools.annotators[person] : undefined;
}

interface OpenTool {
  readonly tool: AnnotationTool;
  /** The name under which it holds tasks. */
  readonly annotator: string;
  readonly leaseSeconds: number;
}

function openTool({ tools }: Config, name: ToolName): OpenTool {
  const { labelStudio, cvat } = tools;
  if (name === 'label-studio' && labelStudio !== undefined) {
    const { url, token, project, pictures, pictureUrl = '' } = labelStudio;
    const tool = openLabelStudio({
      url,
      token,
      project,
      pictures: pictures === 'url' ? { kind: 'url', base: pictureUrl } : { kind: pictures },
      timeoutMs: labelStudio.timeoutSeconds * 1000,
    });
    return { ...labelStudio, tool };
  }
  if (name === 'cvat' && cvat !== undefined) {
    const { url, token, username = '', password = '', organization, project } = cvat;
    const tool = openCvat({
      url,
      access:
        token === undefined ? { kind: 'password', username, password } : { kind: 'token', token },
      organization,
      project,
      picturesPerJob: cvat.picturesPerJob,
      timeoutMs: cvat.timeoutSeconds * 1000,
    });
    return { ...cvat, tool };
  }
  const section = name === 'cvat' ? 'tools.cvat' : 'tools.labelStudio';
  throw new EdgeminerError('config.invalid', `the settings do not say where ${name} is`, {
    field: section,
    mend: `Set ${section}, as docs/tools.md shows.`,
  });
}
