/**
 * What the scores of light and quality find, and how fast:
 *
 *   npm run bench:quality -- --images DIR [--falseAlarms 0.01] [--peers PYTHON] [--write]
 *
 * The folder's photographs are split in two halves. Each half is a reference for the other one,
 * whose pictures are judged as they are (false alarms) and spoilt in fourteen ways at three
 * strengths (recall), by the policy that the false-alarm rate is shared among all signals of
 * light and quality. With --peers, a Python that has cleanvision installed, CleanVision judges
 * the same files at its default thresholds. Then all pictures as they are and at the middle strength
 * lie in one folder, which both work through as processes of their own, for speed and peak memory;
 * and edgeminer through a quarter of it, to show whether memory grows. At last the photographs are
 * made into other kinds (photograph-kinds.ts), each with a reference of its own, for no limit was
 * chosen on those.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import pLimit from 'p-limit';
import { z } from 'zod';
import { table } from '../src/cli/output.js';
import { modelName, modelVersion } from '../src/ids.js';
import { decodeImage } from '../src/image/decode.js';
import { buildReference } from '../src/score/build-reference.js';
import { calibrationOf } from '../src/score/calibrate.js';
import type { Calibration } from '../src/score/calibrate.js';
import { scorers } from '../src/score/registry.js';
import { scoreEvent } from '../src/score/score-event.js';
import { signalNames } from '../src/score/signal.js';
import type { FlagRules, SignalName } from '../src/score/signal.js';
import { benchPictures } from './pictures.js';
import { photographKinds } from './photograph-kinds.js';
import { pixelsOf, spoilers } from './spoilt-photographs.js';
import { writeBetweenMarks } from './write-between-marks.js';

const { values: options } = parseArgs({
  options: {
    images: { type: 'string' },
    falseAlarms: { type: 'string', default: '0.01' },
    peers: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
if (options.images === undefined) throw new Error('Give --images DIR, a folder of photographs.');
const rate = Number(options.falseAlarms);
const strengths = ['low', 'middle', 'high'] as const;
const pixelSignals = new Set<SignalName>(
  scorers.filter(({ looksAt }) => looksAt === 'pixels').map(({ name }) => name),
);
const flags = Object.fromEntries(
  signalNames.map((name) => [
    name,
    pixelSignals.has(name) ? { kind: 'false-alarms', rate, together: true } : { kind: 'off' },
  ]),
) as FlagRules;
const say = (line: string) => process.stderr.write(`${line}\n`);

async function calibrated(photos: readonly Uint8Array[]): Promise<Calibration> {
  const { reference } = await buildReference({
    pictures: (async function* () {
      for (const [n, bytes] of photos.entries()) yield { path: `${n}.jpg`, bytes };
    })(),
    decode: (bytes) => decodeImage(bytes, { maxPixels: 50_000_000 }),
    modelName: modelName('bench'),
    modelVersion: modelVersion('1'),
    now: 0,
    concurrency: 8,
    onProgress: () => undefined,
  });
  return calibrationOf(reference);
}

async function flagsOf(bytes: Uint8Array, calibration: Calibration): Promise<SignalName[]> {
  const { plane } = await decodeImage(bytes, { maxPixels: 50_000_000 });
  const { signals } = scoreEvent(
    { plane, predictions: { kind: 'none' }, predictionsBy: 'producer', neighbours: 'no-reference' },
    calibration,
    flags,
  );
  return signals.filter(({ flagged }) => flagged).map(({ name }) => name);
}

/** A set of pictures, each with the calibration of the half that it is not in. */
interface Judged {
  readonly name: string;
  readonly strength: string;
  readonly pictures: readonly { bytes: Uint8Array; calibration: Calibration }[];
}

const photos = await benchPictures(options.images, Number.POSITIVE_INFINITY);

/** The photographs as they are and spoilt, each to be judged by the half that it is not in. */
async function* sets(
  whole: readonly Uint8Array[],
  levels: readonly (typeof strengths)[number][],
): AsyncGenerator<Judged> {
  const halves = [0, 1].map((half) => whole.filter((_photo, at) => at % 2 === half));
  const calibrations = await Promise.all(halves.map(calibrated));
  const ofOther = (at: number) => {
    const calibration = calibrations[1 - (at % 2)];
    if (calibration === undefined) throw new Error('there are two halves');
    return calibration;
  };
  const clean = whole.map((bytes, at) => ({ bytes, calibration: ofOther(at) }));
  yield { name: 'as they are', strength: '', pictures: clean };
  const limit = pLimit(4);
  for (const { name, strengths: amounts, spoil } of spoilers) {
    for (const level of levels) {
      const amount = amounts[strengths.indexOf(level)] ?? amounts[1];
      const pictures = await Promise.all(
        whole.map((bytes, at) =>
          limit(async () => {
            const spoilt = await spoil(await pixelsOf(bytes), amount, at);
            return { bytes: spoilt, calibration: ofOther(at) };
          }),
        ),
      );
      yield { name, strength: level, pictures };
    }
  }
}

function judge(pictures: Judged['pictures']): Promise<SignalName[][]> {
  const limit = pLimit(8);
  return Promise.all(
    pictures.map(({ bytes, calibration }) => limit(() => flagsOf(bytes, calibration))),
  );
}

function shareFlagged(judged: readonly SignalName[][]): number {
  return judged.filter((names) => names.length > 0).length / judged.length;
}

/** Ways to spoil that any camera has; the others show against the reference of one camera. */
const asked = new Set([
  'underexposed, factor',
  'underexposed, gamma',
  'over-exposed',
  'low contrast',
  'defocus',
  'motion blur',
  'noise',
  'covered lens',
  'half covered',
  'compression',
]);

/** What share of a set was flagged; `way` is how it was spoilt. */
interface Flagged {
  readonly way: string;
  readonly strength: string;
  readonly share: number;
}

/** Of one kind of photographs: false alarms, and recall at the middle strength. */
function kindRow(name: string, sets: readonly Flagged[]): string[] {
  const ordinary = sets.find(({ strength }) => strength === '')?.share ?? Number.NaN;
  const spoilt = sets.filter(({ way, strength }) => strength === 'middle' && asked.has(way));
  const mean = spoilt.reduce((sum, { share }) => sum + share, 0) / spoilt.length;
  const worst = spoilt.toSorted((a, b) => a.share - b.share).slice(0, 3);
  return [
    name,
    ordinary.toFixed(2),
    mean.toFixed(2),
    worst.map(({ way, share }) => `${way} ${share.toFixed(2)}`).join('; '),
  ];
}

async function kindRows(): Promise<string[][]> {
  const kinds: string[][] = [];
  for (const { name, of } of photographKinds) {
    const limit = pLimit(4);
    const kind = await Promise.all(photos.map((photo, at) => limit(() => of(photo, at + 1))));
    const found: Flagged[] = [];
    for await (const { name: way, strength, pictures } of sets(kind, ['middle'])) {
      found.push({ way, strength, share: shareFlagged(await judge(pictures)) });
    }
    kinds.push(kindRow(name, found));
    say(kinds.at(-1)?.join('  ') ?? '');
  }
  return kinds;
}

const folderAnswer = z.object({ flagged: z.number(), seconds: z.number(), peakKiB: z.number() });

async function inFolder<T>(
  pictures: readonly Uint8Array[],
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeminer-quality-'));
  try {
    for (const [at, bytes] of pictures.entries()) await writeFile(join(folder, `${at}.jpg`), bytes);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What a program says of a folder, in one line of JSON. */
async function answerOf(program: string, args: readonly string[]) {
  const { stdout } = await promisify(execFile)(program, [...args]);
  return folderAnswer.parse(JSON.parse(stdout));
}

const pathOf = (file: string) => new URL(file, import.meta.url).pathname;
const peer = (python: string, folder: string) =>
  answerOf(python, [pathOf('../scripts/cleanvision_run.py'), folder]);
const ours = (folder: string) =>
  answerOf(process.execPath, [...process.execArgv, pathOf('quality-folder.ts'), folder]);

const rows: string[][] = [];
const timed: Uint8Array[] = [];
const asTheyAre: Flagged[] = [];
for await (const { name, strength, pictures } of sets(photos, strengths)) {
  const judged = await judge(pictures);
  if (strength !== 'low' && strength !== 'high') timed.push(...pictures.map(({ bytes }) => bytes));
  const found = shareFlagged(judged);
  asTheyAre.push({ way: name, strength, share: found });
  const counts = new Map<SignalName, number>();
  for (const names of judged) {
    for (const flag of names) counts.set(flag, (counts.get(flag) ?? 0) + 1);
  }
  const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, 3);
  const row = [name, strength, found.toFixed(2)];
  if (options.peers !== undefined) {
    const { peers } = options;
    const all = pictures.map(({ bytes }) => bytes);
    const theirs = await inFolder(all, (folder) => peer(peers, folder));
    row.push((theirs.flagged / pictures.length).toFixed(2));
  }
  row.push(most.map(([flag, count]) => `${flag} ${count}`).join(', '));
  rows.push(row);
  say(row.join('  '));
}
const peers = options.peers === undefined ? [] : ['CleanVision'];
const quarter = timed.filter((_picture, at) => at % 4 === 0);
const inQuarter = await inFolder(quarter, ours);
const { mine, theirs } = await inFolder(timed, async (folder) => ({
  mine: await ours(folder),
  theirs: options.peers === undefined ? undefined : await peer(options.peers, folder),
}));
const perSecond = ({ seconds }: { seconds: number }) => timed.length / seconds;
const mebibytes = ({ peakKiB }: { peakKiB: number }) => `${(peakKiB / 1024).toFixed(0)} MiB`;
const kinds = [kindRow('as they are', asTheyAre), ...(await kindRows())];
const lines = [
  `${photos.length} photographs; each half judged by the other as its reference; false alarms asked: ${rate * 100} % of all.`,
  '',
  ...table([['spoilt by', 'strength', 'flagged', ...peers, 'by'], ...rows]),
  '',
  ...table([
    [`${timed.length} pictures`, 'per second', 'peak memory'],
    [
      'decoding and all scores of light and quality',
      perSecond(mine).toFixed(0),
      `${mebibytes(mine)}; of a quarter of them ${mebibytes(inQuarter)}`,
    ],
    ...(theirs === undefined
      ? []
      : [['CleanVision, two processes', perSecond(theirs).toFixed(0), mebibytes(theirs)]]),
  ]),
  ...(theirs === undefined
    ? []
    : ['', `Ratio of the speeds: ${(perSecond(mine) / perSecond(theirs)).toFixed(1)}.`]),
  '',
  'Kinds of photographs, each half judged by the other, at the middle strength:',
  '',
  ...table([['kind', 'as they are', 'spoilt in ten ways, mean', 'found least'], ...kinds]),
];
process.stdout.write(`${lines.join('\n')}\n`);
if (options.write) await writeBetweenMarks('docs/scores.md', 'bench:quality', lines);
