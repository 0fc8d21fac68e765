/**
 * Part of bench:calibration: cameras whose pictures always look different, held against all of the
 * reference and against their own.
 */
import { table } from '../src/cli/output.js';
import type { DecodedImage, PixelPlane } from '../src/image/decoded-image.js';
import { calibrationOf } from '../src/score/calibrate.js';
import { scoreEvent } from '../src/score/score-event.js';
import { signalNames } from '../src/score/signal.js';
import type { FlagRules } from '../src/score/signal.js';
import { factsOf } from '../test/fixtures/formats.js';
import { referenceOf } from './reference-of.js';

interface Camera {
  readonly sourceId: string;
  readonly level: (value: number, channel: number) => number;
}

const cameras: readonly Camera[] = [
  { sourceId: 'as they are', level: (value) => value },
  { sourceId: 'always darker', level: (value) => 0.45 * value },
  { sourceId: 'always flat', level: (value) => 0.5 * value + 70 },
  { sourceId: 'always warm', level: (value, channel) => value * ([1, 0.9, 0.65][channel] ?? 1) },
];
const rates = [0.01, 0.05] as const;

/** A quarter of the pictures for each camera: two thirds make the reference, the others are held out. */
export async function reportBySource(planes: readonly PixelPlane[]): Promise<string[]> {
  const taken = cameras.map((camera, at) =>
    planes
      .filter((_, picture) => picture % cameras.length === at)
      .map((plane) => seenBy(camera, plane)),
  );
  const size = Math.floor((2 / 3) * Math.min(...taken.map(({ length }) => length)));
  const training = cameras.flatMap(({ sourceId }, at) =>
    (taken[at] ?? []).slice(0, size).map((plane, n) => ({
      sourceId,
      path: `${sourceId}/${n}`,
      decoded: decodedOf(plane),
    })),
  );
  const calibration = calibrationOf(await referenceOf(training));
  const flagged = (pictures: readonly PixelPlane[], sourceId: string | undefined, rate: number) => {
    const rule = { kind: 'false-alarms', rate, together: true } as const;
    const rules = Object.fromEntries(signalNames.map((name) => [name, rule])) as FlagRules;
    const own = calibration.forSource(sourceId);
    const found = pictures.filter((plane) =>
      scoreEvent(
        {
          plane,
          predictions: { kind: 'none' },
          predictionsBy: 'embedder',
          neighbours: 'no-reference',
        },
        own,
        rules,
      ).signals.some((signal) => signal.flagged),
    );
    return `${((100 * found.length) / pictures.length).toFixed(2)} %`;
  };
  const rows = cameras.map(({ sourceId }, at) => {
    const heldOut = (taken[at] ?? []).slice(size);
    return [
      sourceId,
      ...rates.flatMap((rate) => [
        flagged(heldOut, undefined, rate),
        flagged(heldOut, sourceId, rate),
      ]),
    ];
  });
  const darker = cameras[1];
  const first = cameras[0];
  const darkened =
    darker === undefined ? [] : (taken[0] ?? []).slice(size).map((plane) => seenBy(darker, plane));
  const lost =
    first === undefined
      ? []
      : [
          'as they are, one day darker',
          ...rates.flatMap((rate) => [
            flagged(darkened, undefined, rate),
            flagged(darkened, first.sourceId, rate),
          ]),
        ];
  return [
    `Four cameras with ${size} pictures each in the reference and ${(taken[0]?.length ?? 0) - size} held out; ` +
      'any signal of light and quality, the rate shared:',
    '',
    ...table([
      [
        'a camera’s pictures are',
        ...rates.flatMap((rate) => [`${100 * rate} %: by all`, 'by its own']),
      ],
      ...rows,
      lost,
    ]),
  ];
}

function decodedOf(plane: PixelPlane): DecodedImage {
  const { width, height } = plane;
  const format = factsOf({ width, height, container: 'image/png' });
  return { width, height, contentType: 'image/png', format, plane };
}

function seenBy({ level }: Camera, { width, height, rgb }: PixelPlane): PixelPlane {
  return {
    width,
    height,
    rgb: Uint8Array.from(rgb, (value, at) => Math.round(level(value, at % 3))),
  };
}
