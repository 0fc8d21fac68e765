/**
 * What the scores of format find:
 *
 *   npm run bench:format -- --images DIR [--falseAlarms 0.01] [--write]
 *
 * The folder's photographs are split in two halves, all of them written by one encoder first, so that
 * each change below is the only one: alike, and then in many sizes, qualities and scans. Each half is a reference for the other one, whose pictures are
 * judged as they are (false alarms) and with their format changed (recall), by the policy that the
 * false-alarm rate is shared among all signals of format, light and quality.
 */
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';
import type { JpegOptions } from 'sharp';
import { openEmbedder } from '../src/adapters/onnx/onnx-embedder.js';
import { table } from '../src/cli/output.js';
import { modelName, modelVersion } from '../src/ids.js';
import { contentHash } from '../src/image/content-hash.js';
import { decodeImage } from '../src/image/decode.js';
import { sharp } from '../src/image/sharp.js';
import { buildReference } from '../src/score/build-reference.js';
import { calibrationOf } from '../src/score/calibrate.js';
import type { Calibration } from '../src/score/calibrate.js';
import { isColoured } from '../src/score/format/is-coloured.js';
import type { PictureFormat } from '../src/score/format/format-profile.js';
import { turnOf } from '../src/score/format/second-look.js';
import { TurnGathering } from '../src/score/format/turn-gathering.js';
import type { TurnFinding, TurnModel } from '../src/score/format/turn-model.js';
import { measureFormats } from '../src/score/measure-formats.js';
import type { Reference } from '../src/score/reference.js';
import { scorers } from '../src/score/registry.js';
import { scoreEvent } from '../src/score/score-event.js';
import { signalNames } from '../src/score/signal.js';
import type { FlagRules, Signal } from '../src/score/signal.js';
import { benchPictures } from './pictures.js';
import { writeBetweenMarks } from './write-between-marks.js';

const { values: options } = parseArgs({
  options: {
    images: { type: 'string' },
    falseAlarms: { type: 'string', default: '0.01' },
    write: { type: 'boolean', default: false },
  },
});
if (options.images === undefined) throw new Error('Give --images DIR, a folder of photographs.');
const rate = Number(options.falseAlarms);
const limits = { maxPixels: 50_000_000 };
const looked = new Map(scorers.map(({ name, looksAt }) => [name, looksAt]));
const flags = Object.fromEntries(
  signalNames.map((name) => [
    name,
    ['pixels', 'format'].includes(looked.get(name) ?? '')
      ? { kind: 'false-alarms', rate, together: true }
      : { kind: 'off' },
  ]),
) as FlagRules;

type Picture = ReturnType<typeof sharp>;

/** How a picture is written where nothing is changed. */
interface Written {
  readonly quality: number;
  readonly progressive: boolean;
  readonly camera: string | undefined;
}
type Change = (
  picture: Picture,
  own: Written & { readonly width: number; readonly height: number },
) => Picture;

function asJpeg(
  picture: Picture,
  { quality, progressive, camera }: Written,
  other: JpegOptions = {},
): Picture {
  const named = camera === undefined ? picture : picture.withExif({ IFD0: { Model: camera } });
  return named.jpeg({ quality, progressive, chromaSubsampling: '4:2:0', ...other });
}

const turned =
  (degrees: number): Change =>
  (picture, own) =>
    asJpeg(picture.rotate(degrees), own);

const changes: readonly (readonly [name: string, change: Change])[] = [
  ['half the size', (picture, own) => asJpeg(picture.resize(Math.round(own.width / 2)), own)],
  ['twice the size', (picture, own) => asJpeg(picture.resize(2 * own.width), own)],
  ['thumbnails of 96', (picture, own) => asJpeg(picture.resize(96, 96, { fit: 'inside' }), own)],
  [
    'stretched square',
    (picture, { width, height, ...own }) => {
      const side = Math.round(Math.sqrt(width * height));
      return asJpeg(picture.resize(side, side, { fit: 'fill' }), own);
    },
  ],
  [
    'a third cut off',
    (picture, { width, height, ...own }) =>
      asJpeg(picture.resize(Math.round((2 * width) / 3), height), own),
  ],
  ['grey file', (picture, own) => asJpeg(picture.toColourspace('b-w'), own)],
  ['grey in three channels', (picture, own) => asJpeg(picture.greyscale(), own)],
  ['CMYK', (picture, own) => asJpeg(picture.toColourspace('cmyk'), own)],
  ['PNG', (picture) => picture.png()],
  ['PNG of 16 bits', (picture) => picture.toColourspace('rgb16').png()],
  ['PNG with a palette', (picture) => picture.png({ palette: true })],
  ['PNG with transparency', (picture) => picture.ensureAlpha(0.9).png()],
  ['WebP', (picture) => picture.webp({ quality: 90 })],
  ['AVIF', (picture) => picture.avif({ effort: 2 })],
  ['subsampling 4:4:4', (picture, own) => asJpeg(picture, own, { chromaSubsampling: '4:4:4' })],
  ['the other scan', (picture, own) => asJpeg(picture, own, { progressive: !own.progressive })],
  ['quality 60', (picture, own) => asJpeg(picture, own, { quality: 60 })],
  ['another encoder', (picture, own) => asJpeg(picture, own, { quantisationTable: 3 })],
  ['another camera in EXIF', (picture, own) => asJpeg(picture, { ...own, camera: 'Other 5' })],
  [
    'software named in EXIF',
    (picture, own) => asJpeg(picture.withExif({ IFD0: { Software: 'Editor 2' } }), own),
  ],
  ['wide-gamut profile', (picture, own) => asJpeg(picture.withIccProfile('p3'), own)],
  [
    'turned, with its tag',
    (picture, own) =>
      // sharp writes the tag along with a colour profile.
      asJpeg(picture.rotate(270).withMetadata({ orientation: 6 }), own),
  ],
  ['turned by 90, no tag', turned(90)],
  ['turned by 270, no tag', turned(270)],
  ['turned by 180, no tag', turned(180)],
];

interface Judge {
  readonly turns: TurnModel | undefined;
  readonly reference: Reference;
  readonly calibration: Calibration;
}

/** As `reference build` makes it, but for the novelty, which is not asked for here. */
async function judgeBy(photos: readonly Uint8Array[]): Promise<Judge> {
  const turns = new TurnGathering();
  const forms: PictureFormat[] = [];
  const { reference } = await buildReference({
    pictures: (async function* () {
      for (const [n, bytes] of photos.entries()) yield { path: `${n}.jpg`, bytes };
    })(),
    decode: (bytes) => decodeImage(bytes, limits),
    modelName: modelName('bench'),
    modelVersion: modelVersion('1'),
    now: 0,
    concurrency: 8,
  });
  for (const [row, bytes] of photos.entries()) {
    const { plane, format: facts } = await decodeImage(bytes, limits);
    turns.offer(contentHash(bytes), row, plane);
    forms.push({ facts, coloured: isColoured(plane) });
  }
  const turned = await turns.fit(embedder, 8);
  const { columns } = measureFormats(forms, turned);
  const judge = { ...reference, measurements: { ...reference.measurements, ...columns } };
  return { reference: judge, turns: turned?.model, calibration: calibrationOf(judge) };
}

interface Found {
  readonly flagged: readonly Signal[];
  /** It was looked at twice. */
  readonly looked: boolean;
}

/** `byLooks`: whether the picture looks turned is asked too; it takes an inference or two. */
async function judged(
  bytes: Uint8Array,
  { reference, turns, calibration }: Judge,
  byLooks: boolean,
): Promise<Found> {
  const { plane, format: facts } = await decodeImage(bytes, limits);
  const { formats } = reference;
  let turn: TurnFinding | undefined;
  if (byLooks && turns !== undefined) {
    const { embedding } = await embedder.infer(plane);
    turn = await turnOf(plane, embedding, turns, embedder);
  }
  const { signals } = scoreEvent(
    {
      plane,
      predictions: { kind: 'none' },
      predictionsBy: 'producer',
      neighbours: 'no-reference',
      format: { facts, coloured: isColoured(plane) },
      formats,
      turn,
    },
    calibration,
    flags,
  );
  return {
    flagged: signals.filter(({ flagged, family }) => flagged && family === 'format'),
    looked: turn !== undefined,
  };
}

/** What is changed leaves a picture as upright as it was, but for these. */
const orientations = new Set([
  'as they are',
  ...changes.flatMap(([name]) => (name.startsWith('turned') ? [name] : [])),
]);
const limit = pLimit(4);

/** All alike, or as from many: other sizes, qualities, scans and cameras, by the picture's number. */
const references: Readonly<Record<string, (at: number) => Written & { readonly scale: number }>> = {
  uniform: () => ({ quality: 90, progressive: false, camera: undefined, scale: 1 }),
  mixed: (at) => ({
    quality: [75, 85, 90, 95][(at >> 1) % 4] ?? 90,
    progressive: (at >> 1) % 5 === 0,
    camera: [undefined, undefined, 'A 1', 'B 2'][(at >> 2) % 4],
    scale: 0.5 + (((at >> 1) * 0.618) % 1),
  }),
};

async function rowsOf(writtenAs: (at: number) => Written & { readonly scale: number }) {
  const change = async (bytes: Uint8Array, at: number, how: Change) => {
    const { width, height } = await sharp(bytes).metadata();
    return new Uint8Array(await how(sharp(bytes), { ...writtenAs(at), width, height }).toBuffer());
  };
  // Without loss, so that all that follows is encoded once.
  const plain = await Promise.all(
    originals.map((bytes, at) =>
      limit(() =>
        change(bytes, at, (picture, { width }) =>
          picture.resize(Math.round(width * writtenAs(at).scale)).png(),
        ),
      ),
    ),
  );
  const photos = await Promise.all(
    plain.map((bytes, at) =>
      limit(() => change(bytes, at, (picture, own) => asJpeg(picture, own))),
    ),
  );
  const halves = [0, 1].map((half) => photos.filter((_photo, at) => at % 2 === half));
  const judges: Judge[] = [];
  for (const half of halves) judges.push(await judgeBy(half));
  const rows: { name: string; share: number; by: string; looked: number; words?: string }[] = [];
  const all: readonly (readonly [string, Change])[] = [['as they are', asJpeg], ...changes];
  for (const [name, how] of all) {
    const found = await Promise.all(
      plain.map((bytes, at) =>
        limit(async () => {
          const judge = judges[1 - (at % 2)];
          if (judge === undefined) throw new Error('there are two halves');
          return judged(await change(bytes, at, how), judge, orientations.has(name));
        }),
      ),
    );
    const counts = new Map<string, number>();
    for (const flag of found.flatMap(({ flagged }) => flagged)) {
      counts.set(flag.name, (counts.get(flag.name) ?? 0) + 1);
    }
    const most = [...counts].sort(([, a], [, b]) => b - a);
    const row = {
      name,
      share: found.filter(({ flagged }) => flagged.length > 0).length / found.length,
      by: most.map(([flag, count]) => `${flag} ${count}`).join(', '),
      looked: found.filter(({ looked }) => looked).length / found.length,
    };
    const words = found.flatMap(({ flagged }) => flagged)[0]?.explanation;
    rows.push(words === undefined ? row : { ...row, words });
    process.stderr.write(
      `${name}  ${row.share.toFixed(2)}  ${row.by}  (${row.looked.toFixed(2)})\n`,
    );
  }
  return rows;
}

const originals = await benchPictures(options.images, Number.POSITIVE_INFINITY);
const embedder = await openEmbedder({
  modelsDir: new URL('../models', import.meta.url).pathname,
  name: 'efficientnet-lite0',
});
try {
  const lines = [
    `${originals.length} photographs; each half judged by the other as its reference; false alarms asked: ${rate * 100} % of all signals of format, light and quality.`,
  ];
  for (const [name, writtenAs] of Object.entries(references)) {
    const rows = await rowsOf(writtenAs);
    lines.push(
      '',
      `Against a ${name} reference:`,
      '',
      ...table([
        ['changed', 'flagged', 'by'],
        ...rows.map(({ name: changed, share, by }) => [changed, share.toFixed(2), by]),
      ]),
      '',
      `Turned copies were looked at of ${(100 * (rows[0]?.looked ?? 0)).toFixed(0)} % of the pictures as they are.`,
    );
    for (const { name: changed, words } of rows) {
      if (words !== undefined) process.stderr.write(`${changed}: ${words}\n`);
    }
  }
  process.stdout.write(`${lines.join('\n')}\n`);
  if (options.write) await writeBetweenMarks('docs/scores.md', 'bench:format', lines);
} finally {
  await embedder.close();
}
