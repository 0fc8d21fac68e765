import type { DecodedImage } from '../src/image/decoded-image.js';
import { modelName, modelVersion } from '../src/ids.js';
import { buildReference } from '../src/score/build-reference.js';
import type { Reference } from '../src/score/reference.js';

export interface ReferencePicture {
  readonly path: string;
  readonly sourceId?: string;
  readonly decoded: DecodedImage;
}

/** A reference of pictures that are decoded already, without an embedder; its items in their order. */
export async function referenceOf(pictures: readonly ReferencePicture[]): Promise<Reference> {
  const { reference } = await buildReference({
    pictures: (async function* () {
      for (const [n, { path, sourceId }] of pictures.entries()) {
        // The bytes of a picture are its place in the list.
        const bytes = new Uint8Array(Uint32Array.of(n).buffer);
        yield { path, bytes, ...(sourceId === undefined ? {} : { sourceId }) };
      }
    })(),
    decode: (bytes) => {
      const picture = pictures[new Uint32Array(bytes.slice().buffer)[0] ?? 0];
      if (picture === undefined) throw new Error('there is no such picture');
      return Promise.resolve(picture.decoded);
    },
    modelName: modelName('bench'),
    modelVersion: modelVersion('1'),
    now: 0,
    concurrency: 8,
  });
  return reference;
}
