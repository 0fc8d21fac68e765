import { sharp } from '../src/image/sharp.js';
import { seeded } from '../test/fixtures/planes.js';

/** What a folder's photographs would be like from elsewhere, as JPEG. */
export interface PhotographKind {
  readonly name: string;
  readonly of: (photo: Uint8Array, seed: number) => Promise<Uint8Array>;
}

export const photographKinds: readonly PhotographKind[] = [
  {
    // Less than a half of each side, enlarged: softer, and of fewer things.
    name: 'crops of them',
    async of(photo, seed) {
      const random = seeded(seed);
      const { width, height } = await sharp(photo).metadata();
      const part = { width: Math.floor(width / 2.2), height: Math.floor(height / 2.2) };
      const left = Math.floor(random() * (width - part.width));
      const top = Math.floor(random() * (height - part.height));
      return written(
        sharp(photo)
          .extract({ left, top, ...part })
          .resize({ width: 480 }),
        88,
      );
    },
  },
  {
    // Every one with its own exposure, contrast and quality, as of many phones.
    name: 'other exposures',
    of(photo, seed) {
      const random = seeded(seed);
      const contrast = 0.75 + 0.4 * random();
      const brightness = 128 * (1 - contrast) * (0.5 + random());
      const gamma = 1 + random();
      const quality = 60 + Math.floor(35 * random());
      return written(sharp(photo).linear(contrast, brightness).gamma(gamma), quality);
    },
  },
  {
    name: 'small and soft',
    of(photo, seed) {
      const random = seeded(seed);
      return written(
        sharp(photo)
          .resize({ width: 320 })
          .blur(0.4 + random())
          .linear(0.85, 10),
        75,
      );
    },
  },
];

async function written(picture: ReturnType<typeof sharp>, quality: number): Promise<Uint8Array> {
  return new Uint8Array(await picture.jpeg({ quality }).toBuffer());
}
