import { crc32, deflateSync } from 'node:zlib';
import type { Chance } from './chance.js';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Grey levels of a picture of noise, so that no two are alike; a dark one is below any limit. */
export function noise(chance: Chance, side: number, light: 'dark' | 'bright'): Uint8Array {
  const [lowest, levels] = light === 'dark' ? [1, 30] : [90, 150];
  return Uint8Array.from({ length: side * side }, () => lowest + chance.below(levels));
}

/** A square grey PNG, written here because sharp would take most of a large run's time. */
export function greyPng(levels: Uint8Array): Buffer {
  const side = Math.sqrt(levels.length);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // 8 bits of grey, no interlace.
  header[8] = 8;
  const rows = Buffer.alloc((side + 1) * side);
  for (let y = 0; y < side; y += 1) {
    rows.set(levels.subarray(y * side, (y + 1) * side), y * (side + 1) + 1);
  }
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The same picture as another file: a text chunk behind the header tells the two apart. */
export function marked(png: Buffer, mark: string): Buffer {
  const headerEnd = signature.length + 25;
  const text = chunk('tEXt', Buffer.from(`Comment\0${mark}`, 'latin1'));
  return Buffer.concat([png.subarray(0, headerEnd), text, png.subarray(headerEnd)]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
