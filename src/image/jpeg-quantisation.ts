import { createHash } from 'node:crypto';
import { jpegSegments } from './jpeg-segments.js';

/**
 * How a JPEG was quantised: 'quality 85' where its luma table is the standard's (ITU-T T.81, table
 * K.1) on the scale of the Independent JPEG Group's library, which most encoders share; else
 * 'own tables 1a2b3c4d', by a hash of all tables: cameras and other encoders have their own.
 */
export function jpegQuantisation(bytes: Uint8Array): string {
  const tables = quantisationTables(bytes);
  const luma = tables[0];
  if (luma === undefined) return 'no tables';
  const quality = luma.length === 64 ? qualityByTable().get(luma.join(' ')) : undefined;
  if (quality !== undefined) return `quality ${quality}`;
  const hash = createHash('sha256');
  for (const table of tables) hash.update(table);
  return `own tables ${hash.digest('hex').slice(0, 8)}`;
}

/** The bytes of each table before the first scan, in the order of the file; at most four. */
function quantisationTables(bytes: Uint8Array): readonly Uint8Array[] {
  const tables: Uint8Array[] = [];
  for (const { marker, content, end } of jpegSegments(bytes).segments) {
    if (marker !== 0xdb) continue;
    for (let table = content; table < end && tables.length < 4;) {
      const size = (bytes[table] ?? 0) >> 4 === 0 ? 64 : 128;
      tables.push(bytes.subarray(table + 1, table + 1 + size));
      table += 1 + size;
    }
  }
  return tables;
}

/** Table K.1 in zigzag order. */
const standardLuma = [
  16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37,
  29, 40, 58, 51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
  95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
];

let known: ReadonlyMap<string, number> | undefined;

function qualityByTable(): ReadonlyMap<string, number> {
  if (known !== undefined) return known;
  const qualities = new Map<string, number>();
  for (let quality = 1; quality <= 100; quality += 1) {
    const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
    const scaled = standardLuma.map((step) =>
      Math.min(255, Math.max(1, Math.floor((step * scale + 50) / 100))),
    );
    qualities.set(scaled.join(' '), quality);
  }
  known = qualities;
  return known;
}
