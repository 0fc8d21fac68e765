import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cropRegion } from '../../image/crop.js';
import { describePicture } from '../../image/decode.js';
import { degrade } from '../../image/degrade.js';
import { EdgeminerError } from '../../faults.js';
import { shuffled } from './random.js';

/** A camera of the demo: what it looks at, and how to take pictures of that. */
export interface Camera {
  readonly sourceId: string;
  /** The right label of what it shows. */
  readonly label: string;
  /** Pictures for the reference. */
  readonly training: readonly View[];
  /** Pictures for the stream. */
  readonly fresh: readonly View[];
}

export type View = () => Promise<Uint8Array>;

/** Photographs that the demo's production model was trained on: one camera each. */
const known = [
  'cat',
  'coffee-cup',
  'rocket',
  'astronaut',
  'harbour',
  'farmhouse',
  'sheep',
  'canyon',
];
/** What it never saw. */
const strange = [
  'brick',
  'grass',
  'gravel',
  'retina',
  'galaxies',
  'flower',
  'aeroplane',
  'cat-frames',
];

const trainingViews = 16;
const freshViews = 26;

/** Cameras on the demo's own photographs, each a scene that is seen from many angles. */
export async function demoCameras(photos: string, random: () => number): Promise<Camera[]> {
  const cameras: Camera[] = [];
  for (const name of known) {
    const bytes = await readFile(join(photos, `${name}.jpg`));
    const size = await describePicture(bytes);
    const views = Array.from({ length: trainingViews + freshViews }, () =>
      view(bytes, size, random),
    );
    cameras.push({
      sourceId: `camera-${name}`,
      label: name,
      training: views.slice(0, trainingViews),
      fresh: views.slice(trainingViews),
    });
  }
  return cameras;
}

/** Pictures of things that no camera of the demo ever showed. */
export async function strangers(
  photos: string,
  random: () => number,
  count: number,
): Promise<View[]> {
  const views: View[] = [];
  for (let n = 0; n < count; n++) {
    const bytes = await readFile(join(photos, `${strange[n % strange.length] ?? ''}.jpg`));
    views.push(view(bytes, await describePicture(bytes), random));
  }
  return views;
}

/** Part of a photograph, a little brighter or darker, as a camera sees a scene over a day. */
function view(
  bytes: Uint8Array,
  size: { width: number; height: number },
  random: () => number,
): View {
  const share = 0.6 + 0.3 * random();
  const width = Math.round(size.width * share);
  const height = Math.round(size.height * share);
  const left = Math.floor(random() * (size.width - width));
  const top = Math.floor(random() * (size.height - height));
  const quality = 82 + Math.floor(random() * 12);
  const light = 0.15 * random();
  return async () =>
    degrade(await cropRegion(bytes, { left, top, width, height, quality }), 'brightened', light);
}

/** Enough for a reference and a stream; more would only take longer. */
const mostPictures = 400;
const fewestPictures = 40;

/** A person's own pictures: a camera per folder, most pictures for the reference. */
export async function ownCameras(directory: string, random: () => number): Promise<Camera[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => {
      throw new EdgeminerError('input.not-found', `can't read the directory ${directory}`, {
        field: '--images',
        mend: 'Give a directory of JPEG, PNG or WebP pictures.',
        cause: error,
      });
    },
  );
  const files = entries
    .filter((entry) => entry.isFile() && /\.(jpe?g|png|webp|avif)$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (files.length < fewestPictures) {
    throw new EdgeminerError('input.invalid', `${directory} holds ${files.length} pictures`, {
      field: '--images',
      mend: `Give a directory with at least ${fewestPictures} JPEG, PNG or WebP pictures.`,
    });
  }
  const byFolder = new Map<string, string[]>();
  for (const file of shuffled(files, random).slice(0, mostPictures)) {
    const folder =
      file
        .slice(directory.length + 1)
        .split('/')
        .slice(0, -1)
        .join('/') || 'pictures';
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), file]);
  }
  return [...byFolder].sort().map(([folder, all]) => {
    const views = all.map(
      (file): View =>
        // By one encoder, as the spoilt ones will be: what it is that spoilt them is to be found.
        async () =>
          degrade(await readFile(file), 'brightened', 0),
    );
    const cut = Math.ceil(views.length * 0.6);
    return {
      sourceId: folder,
      label: folder,
      training: views.slice(0, cut),
      fresh: views.slice(cut),
    };
  });
}
