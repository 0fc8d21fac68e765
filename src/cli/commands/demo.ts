import { readFile, writeFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { EdgeminerError } from '../../faults.js';
import { labelBatch } from '../demo/label-as-a-person.js';
import { prepare } from '../demo/prepare.js';
import { seededRandom } from '../demo/random.js';
import { reportPage } from '../demo/report.js';
import { demoCameras, ownCameras, strangers } from '../demo/scene.js';
import type { StreamPicture } from '../demo/stream.js';
import { judge, readDecisions } from '../demo/verdict.js';
import type { Verdict } from '../demo/verdict.js';
import { demoModel, makeWorkspace } from '../demo/workspace.js';
import type { Workspace } from '../demo/workspace.js';
import { progress, table } from '../output.js';
import { withGlobalOptions } from '../settings.js';
import type { World } from '../world.js';

interface DemoOptions {
  readonly images?: string;
  readonly json?: boolean;
}

/** Runs another edgeminer command line in this process; resolves to its exit code. */
export type RunCommand = (argv: readonly string[], world: World) => Promise<number>;

const strangersShown = 16;

export function demoCommand(run: RunCommand) {
  return (parent: Command, world: World): void => {
    withGlobalOptions(
      parent
        .command('demo')
        .description('run the whole path on real photographs, with no server and no set-up')
        .option('--images <dir>', 'use your own pictures instead'),
      'edgeminer demo --images ~/Pictures',
    ).action((options: DemoOptions) => demo(world, options, run));
  };
}

async function demo(world: World, options: DemoOptions, run: RunCommand): Promise<void> {
  const say = (...lines: string[]) => {
    if (options.json !== true) world.stdout.write(lines.map((line) => `${line}\n`).join(''));
  };
  const random = seededRandom('edgeminer demo');
  const photos = join(world.packageRoot, 'demo', 'photos');
  const own =
    options.images === undefined ? undefined : resolve(world.workingDirectory, options.images);
  const cameras =
    own === undefined ? await demoCameras(photos, random) : await ownCameras(own, random);
  const strange = await strangers(photos, random, strangersShown);
  const workspace = await makeWorkspace(
    world.workingDirectory,
    cameras.map((camera) => camera.label),
  );

  say(
    own === undefined
      ? `${cameras.length} cameras send pictures. Some are spoilt, some show what the model never saw, some come twice.`
      : `Pictures of ${own}: most make the reference, the others stream in, some of them spoilt on the way.`,
    '',
  );
  const views = cameras.reduce(
    (sum, { training, fresh }) => sum + training.length + fresh.length,
    0,
  );
  const bar = progress(world, 'making pictures', views + strange.length);
  const pictures = await prepare({
    workspace,
    cameras,
    strange,
    random,
    modelsDir: join(world.packageRoot, 'models'),
    withProductionModel: own === undefined,
    onPicture: (made) => bar.update(made),
  }).finally(() => bar.end());

  const shell = commandShell(world, workspace, run, say);
  await shell([
    'reference',
    'build',
    '--images',
    workspace.training,
    '--model-name',
    demoModel.name,
    '--model-version',
    demoModel.version,
    '--predictions',
    workspace.trainingPredictions,
    '--out',
    workspace.reference,
  ]);
  const mined = minedSummary.parse(
    await shell([
      'mine',
      '--source',
      `directory:${workspace.stream}`,
      '--predictions',
      workspace.streamPredictions,
      '--model-name',
      demoModel.name,
      '--model-version',
      demoModel.version,
      '--decisions',
      workspace.decisions,
      '--once',
    ]),
  );
  await labelEverything(workspace, pictures, shell);
  await shell(['curate', 'snapshot', '--name', 'demo']);
  for (const format of ['coco', 'imagefolder']) {
    await shell([
      'curate',
      'export',
      '--format',
      format,
      '--out',
      join(workspace.root, 'export', format),
    ]);
  }

  const decisions = readDecisions(await readFile(workspace.decisions, 'utf8'));
  const verdict = judge(pictures, decisions);
  const page = await reportPage({ pictures, decisions, verdict, streamFolder: workspace.stream });
  await writeFile(workspace.report, page);
  if (options.json === true) {
    world.stdout.write(
      `${JSON.stringify({ ...verdict, imagesPerSecond: mined.imagesPerSecond, report: workspace.report })}\n`,
    );
  }
  say(...verdictLines(verdict, mined.imagesPerSecond), '', ...nextLines(world, workspace));
}

const minedSummary = z.object({ imagesPerSecond: z.number() });
const pulled = z.object({ tasks: z.number() });

type Shell = (argv: readonly string[]) => Promise<unknown>;

/** Shows each command as a person would type it, runs it, and hands back its result. */
function commandShell(
  world: World,
  workspace: Workspace,
  run: RunCommand,
  say: (...lines: string[]) => void,
): Shell {
  return async (argv) => {
    say(`$ edgeminer ${argv.map((word) => word.replaceAll(workspace.root, '.')).join(' ')}`);
    const stdout = new PassThrough();
    const chunks: Buffer[] = [];
    stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    let result: unknown;
    // The demo means its own settings, whatever this shell's environment says.
    const inner = { ...world, stdout, environment: {}, onResult: (r: unknown) => (result = r) };
    const code = await run([...argv, '--config', workspace.config], inner);
    const text = Buffer.concat(chunks).toString('utf8').trimEnd();
    say(...text.split('\n').map((line) => `  ${line.replaceAll(workspace.root, '.')}`), '');
    if (code === 0) return result;
    throw new EdgeminerError(
      'input.invalid',
      `this step of the demo failed: ${argv.slice(0, 2).join(' ')}`,
      {
        mend: 'The reason is printed above.',
      },
    );
  };
}

/** Pulls batches and labels them, as annotators would, until nothing is left. */
async function labelEverything(
  workspace: Workspace,
  pictures: readonly StreamPicture[],
  shell: Shell,
): Promise<void> {
  const labels = new Map(pictures.map((picture) => [picture.file, picture.label]));
  for (let batch = 1; ; batch++) {
    const out = join(workspace.root, 'batches', String(batch));
    const { tasks } = pulled.parse(
      await shell(['queue', 'pull', '--annotator', 'demo', '--limit', '100', '--out', out]),
    );
    if (tasks === 0) return;
    await labelBatch(out, (eventId) => labels.get(eventId));
    await shell(['queue', 'import', out]);
  }
}

function verdictLines(verdict: Verdict, imagesPerSecond: number): string[] {
  const share = (part: number, whole: number) =>
    whole === 0 ? '-' : `${Math.round((100 * part) / whole)} %`;
  return [
    ...table([
      ['what it really is', 'in the stream', 'found', 'recall', 'right reason'],
      ...verdict.rows.map((row) => [
        row.truth,
        row.inStream,
        row.found,
        row.truth === 'ordinary' ? '-' : share(row.found, row.inStream),
        row.truth === 'ordinary' ? '-' : share(row.rightly, row.inStream),
      ]),
    ]),
    '',
    `precision ${verdict.precision.toFixed(2)}, recall ${verdict.recall.toFixed(2)}, ${imagesPerSecond.toFixed(1)} images per second`,
  ];
}

function nextLines(world: World, workspace: Workspace): string[] {
  const shown = (path: string) => relative(world.workingDirectory, path);
  const config = shown(workspace.config);
  return [
    `Look at what was found, and why: open ${shown(workspace.report)}`,
    '',
    'What to type next:',
    `  npx edgeminer queue stats --config ${config}`,
    `  npx edgeminer serve --config ${config}        # HTTP API on http://127.0.0.1:8080/docs`,
    '  npm run demo -- --images DIR                  # the same on your own pictures',
    '  npx edgeminer reference build --help          # then mine your own stream',
  ];
}
