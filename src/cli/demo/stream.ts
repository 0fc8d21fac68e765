import { blend } from '../../image/blend.js';
import { degrade } from '../../image/degrade.js';
import { shuffled } from './random.js';
import type { Camera, View } from './scene.js';

/** What a picture of the demo's stream really is. */
export const truths = [
  'ordinary',
  'dark',
  'over-exposed',
  'blurred',
  'low-confidence',
  'out-of-distribution',
  'duplicate',
] as const;
export type Truth = (typeof truths)[number];

export interface StreamPicture {
  /** File name in the stream's folder; the event id. */
  readonly file: string;
  readonly sourceId: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly occurredAt: number;
  readonly truth: Truth;
  /** The right label. */
  readonly label: string;
  readonly bytes: Uint8Array;
}

/** The label of what belongs to no class. */
export const otherLabel = 'other';

interface Planned {
  readonly truth: Truth;
  readonly camera: Camera;
  readonly make: View;
  readonly label: string;
}

/** One picture every two minutes, from a fixed day, so that each run is the same. */
const firstPictureAt = Date.UTC(2026, 0, 5, 8);
const secondsBetween = 120;

/**
 * Plans and makes the stream: ordinary pictures of every camera, and among them pictures that
 * were spoilt, that show something unknown, or that come a second time.
 */
export async function* makeStream(
  cameras: readonly Camera[],
  strange: readonly View[],
  random: () => number,
): AsyncGenerator<StreamPicture> {
  const planned = plan(cameras, strange, random);
  let place = 0;
  const made: { readonly picture: StreamPicture; readonly camera: Camera }[] = [];
  for (const { truth, camera, make, label } of planned) {
    const picture = {
      file: `${String(place).padStart(4, '0')}.jpg`,
      sourceId: camera.sourceId,
      occurredAt: firstPictureAt + place * secondsBetween * 1000,
      truth,
      label,
      bytes: await make(),
    };
    made.push({ picture, camera });
    place += 1;
    yield picture;
  }
  // A camera that sends a picture twice, shrunk and recompressed on the way.
  const spoilt = made.filter(({ picture }) => repeatable.has(picture.truth));
  for (const { picture } of shuffled(spoilt, random).slice(0, Math.ceil(spoilt.length / 5))) {
    yield {
      ...picture,
      file: `${String(place).padStart(4, '0')}.jpg`,
      occurredAt: firstPictureAt + place * secondsBetween * 1000,
      truth: 'duplicate',
      bytes: await degrade(await degrade(picture.bytes, 'resized', 0.25), 'recompressed', 0.3),
    };
    place += 1;
  }
}

/** Those that make a task of their own, so that a copy of them has one to repeat. */
const repeatable: ReadonlySet<Truth> = new Set([
  'dark',
  'over-exposed',
  'blurred',
  'out-of-distribution',
]);

/** Of each camera's fresh pictures, one in twelve goes to each way of spoiling. */
const spoiltShare = 1 / 12;

function plan(
  cameras: readonly Camera[],
  strange: readonly View[],
  random: () => number,
): Planned[] {
  const planned: Planned[] = [];
  const pool = cameras.flatMap((camera) =>
    shuffled(camera.fresh, random).map((view) => ({ camera, view })),
  );
  const each = Math.max(3, Math.round(pool.length * spoiltShare));
  const rest = shuffled(pool, random);
  const take = (truth: Truth, spoil: (view: View, camera: Camera) => View) => {
    for (const { camera, view } of rest.splice(0, each)) {
      planned.push({ truth, camera, make: spoil(view, camera), label: camera.label });
    }
  };
  take('dark', (view) => async () => degrade(await view(), 'dark', 0.55));
  take('over-exposed', (view) => async () => degrade(await view(), 'over-exposed', 0.45));
  take('blurred', (view) => async () => degrade(await view(), 'blurred', 0.6));
  if (cameras.length > 1) {
    take('low-confidence', (view, camera) => {
      const others = cameras.filter((other) => other !== camera);
      const other = others[Math.floor(random() * others.length)];
      const second = other?.fresh[Math.floor(random() * other.fresh.length)] ?? view;
      return async () => blend(await view(), await second(), 0.5);
    });
  }
  strange.forEach((make, n) => {
    const camera = cameras[n % cameras.length];
    if (camera !== undefined)
      planned.push({ truth: 'out-of-distribution', camera, make, label: otherLabel });
  });
  for (const { camera, view } of rest) {
    planned.push({ truth: 'ordinary', camera, make: view, label: camera.label });
  }
  return shuffled(planned, random);
}
