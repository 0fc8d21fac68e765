import { blend } from '../src/image/blend.js';
import { degrade } from '../src/image/degrade.js';
import { sharp } from '../src/image/sharp.js';

/** Noise, double exposures and degraded copies. */
export async function made(
  ordinary: readonly Uint8Array[],
  size: readonly [number, number],
): Promise<[string, readonly Uint8Array[]][]> {
  const mixed = ordinary.map((bytes, at) =>
    blend(bytes, ordinary[(at + 7) % ordinary.length] ?? bytes, 0.5),
  );
  const kinds = [
    'dark',
    'over-exposed',
    'low-contrast',
    'blurred',
    'noisy',
    'recompressed',
    'resized',
  ] as const;
  const degraded = kinds.flatMap((kind) => ordinary.map((bytes) => degrade(bytes, kind, 0.7)));
  return [
    ['noise', await Promise.all(Array.from({ length: 60 }, (_, at) => noise(at, size)))],
    ['mixed', await Promise.all(mixed)],
    ['degraded', await Promise.all(degraded)],
  ];
}

/** Pictures with nothing wrong but their light, by what is wrong and how much (0 to 1). */
export async function badlyLit(
  ordinary: readonly Uint8Array[],
): Promise<[string, readonly Uint8Array[]][]> {
  const sets: [string, readonly Uint8Array[]][] = [];
  for (const kind of ['dark', 'over-exposed', 'low-contrast'] as const) {
    for (const strength of [0.5, 0.7]) {
      const spoilt = await Promise.all(ordinary.map((bytes) => degrade(bytes, kind, strength)));
      sets.push([`${kind} ${strength}`, spoilt]);
    }
  }
  return sets;
}

/** Independent pixels, or patches of colour of some size. */
async function noise(seed: number, [width, height]: readonly [number, number]) {
  const cells = {
    width: Math.ceil(width / (1 + (seed % 12))),
    height: Math.ceil(height / (1 + (seed % 12))),
  };
  let state = seed + 1;
  const rgb = Uint8Array.from({ length: cells.width * cells.height * 3 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state % 256;
  });
  const picture = sharp(rgb, { raw: { ...cells, channels: 3 } });
  return new Uint8Array(
    await picture
      .resize(width, height, { fit: 'fill', kernel: 'cubic' })
      .jpeg({ quality: 92 })
      .toBuffer(),
  );
}
