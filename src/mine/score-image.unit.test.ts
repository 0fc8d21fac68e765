import { expect, it } from 'vitest';
import { factsOf } from '../../test/fixtures/formats.js';
import { sharpScene } from '../../test/fixtures/planes.js';
import { eventId, modelName, modelVersion, sourceId } from '../ids.js';
import { buildReference } from '../score/build-reference.js';
import { calibrationOf } from '../score/calibrate.js';
import type { Reference } from '../score/reference.js';
import { signalNames } from '../score/signal.js';
import type { FlagRules } from '../score/signal.js';
import { scoreImage } from './score-image.js';
import type { ServedModel } from './served-models.js';

const formatSignals = new Set<string>(
  signalNames.filter((name) => name.startsWith('unusual-') || name === 'rotated'),
);
const flags = Object.fromEntries(
  signalNames.map((name) => [
    name,
    formatSignals.has(name) ? { kind: 'false-alarms', rate: 0.05 } : { kind: 'off' },
  ]),
) as FlagRules;

const decoded = (seed: number, container: 'image/jpeg' | 'image/png' = 'image/jpeg') => ({
  width: 40,
  height: 30,
  contentType: container,
  format: factsOf({ width: 40, height: 30, container }),
  plane: sharpScene(40, 30, seed),
});

const { reference } = await buildReference({
  pictures: (async function* () {
    for (let n = 0; n < 30; n += 1) yield { path: `${n}.jpg`, bytes: Uint8Array.of(n) };
  })(),
  decode: async ([seed = 0]) => decoded(seed),
  modelName: modelName('shop'),
  modelVersion: modelVersion('1'),
  now: 0,
  concurrency: 2,
});

const event = {
  eventId: eventId('1'),
  occurredAt: 0,
  modelName: modelName('shop'),
  modelVersion: modelVersion('1'),
  sourceId: sourceId('cam'),
  image: { kind: 'inline', bytes: Uint8Array.of(1) },
  predictions: { kind: 'none' },
  tags: {},
} as const;

function served(by: Reference): ServedModel {
  return {
    policy: {
      name: 'p',
      flags,
      minFlags: 1,
      weights: { confidence: 1, quality: 1, format: 1, novelty: 1 },
      controlSample: 0,
    },
    labelSet: undefined,
    embedder: undefined,
    reference: {
      reference: by,
      calibration: calibrationOf(by),
      index: undefined,
      labels: new Set(),
    },
  };
}

it('compares a picture’s format with the reference’s', async () => {
  const image = { bytes: Uint8Array.of(1), decoded: decoded(1, 'image/png') };
  const { scores } = await scoreImage(event, image, served(reference), undefined);
  expect(scores.absent).toEqual([]);
  expect(scores.signals.filter(({ flagged }) => flagged)).toMatchObject([
    { name: 'unusual-encoding', calibrated: true },
  ]);
});

it('says what is missing: an older reference’s formats, or an image that nobody read', async () => {
  const { formats, ...older } = reference;
  expect(formats?.pictures).toBe(30);
  const image = { bytes: Uint8Array.of(1), decoded: decoded(1) };
  const before = await scoreImage(event, image, served(older), undefined);
  expect(before.scores.signals).toEqual([]);
  expect(new Set(before.scores.absent.map(({ why }) => why))).toEqual(
    new Set(['no-formats-in-reference']),
  );
  const unread = await scoreImage(event, undefined, served(reference), undefined);
  expect(unread.scores.absent.map(({ why }) => why)).toEqual(Array(5).fill('image-not-read'));
});
