import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sharp } from '../src/image/sharp.js';
import { contentTypeOf } from '../src/image/content-type.js';

const size = { width: 500, height: 375 };
const photos = new URL('../demo/photos/', import.meta.url).pathname;

/** The pictures of a folder as they are, or views of the demo's photographs, 500 x 375 JPEG. */
export async function benchPictures(
  directory: string | undefined,
  count: number,
): Promise<readonly Uint8Array[]> {
  const files = await picturesIn(directory ?? photos);
  if (directory !== undefined) return files.slice(0, count);
  const views: Uint8Array[] = [];
  for (let n = 0; views.length < count; n += 1) {
    const file = files[n % files.length];
    if (file !== undefined) views.push(await view(file, Math.floor(n / files.length)));
  }
  return views;
}

/** Another part of the photograph for every n. */
async function view(photo: Uint8Array, n: number): Promise<Uint8Array> {
  const { width, height } = await sharp(photo).metadata();
  const share = 0.5 + 0.4 * fraction(n * 0.618);
  const side = Math.min(width / size.width, height / size.height) * share;
  const cut = { width: Math.floor(size.width * side), height: Math.floor(size.height * side) };
  const jpeg = await sharp(photo)
    .extract({
      ...cut,
      left: Math.floor((width - cut.width) * fraction(n * 0.377)),
      top: Math.floor((height - cut.height) * fraction(n * 0.731)),
    })
    .resize(size.width, size.height)
    .jpeg({ quality: 90 })
    .toBuffer();
  return new Uint8Array(jpeg);
}

function fraction(value: number): number {
  return value - Math.floor(value);
}

async function picturesIn(directory: string): Promise<Uint8Array[]> {
  const names = (await readdir(directory, { recursive: true })).sort();
  const found: Uint8Array[] = [];
  for (const name of names) {
    const bytes = await readFile(join(directory, name)).catch(() => new Uint8Array());
    if (contentTypeOf(bytes) !== undefined) found.push(new Uint8Array(bytes));
  }
  if (found.length === 0) throw new Error(`There are no pictures in ${directory}.`);
  return found;
}
