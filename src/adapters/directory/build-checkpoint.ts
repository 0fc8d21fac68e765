import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { EdgeminerError } from '../../faults.js';
import { imageContentTypes } from '../../image/image-store.js';
import type { EmbedderModel, Inference } from '../../score/embedder.js';
import type { MeasuredPicture, MeasuredPictures } from '../../score/measured-pictures.js';
import { signalNames } from '../../score/signal.js';
import { diskFault, systemCode } from './durable-write.js';

/** What measurements follow from besides a picture's bytes; those of another kind are not used. */
export interface CheckpointKey {
  readonly edgeminer: string;
  /** Of the scorers (measured-pictures.ts). */
  readonly measuring: string;
  /** Of the scores of one's own (own/measure-own.ts); undefined where there are none. */
  readonly own: string | undefined;
  readonly embedder: EmbedderModel | undefined;
}

export interface BuildCheckpoint extends MeasuredPictures {
  /** Pictures that an earlier build had measured. */
  readonly before: number;
  /** Why what lay here could not be gone on with; undefined where it could, or nothing did. */
  readonly anew: string | undefined;
  /** Idempotent; what was kept stays. */
  close(): Promise<void>;
  /** Closes, and removes what was kept. */
  remove(): Promise<void>;
}

/**
 * The file `measured.bin`: a line of JSON that says what the measurements belong to, then a
 * record per picture: length and CRC-32 (little-endian, 32 bits each) of the rest, sha256 of the
 * picture (32 bytes), embedding and logits (float32 of this machine), measurements and form (JSON). Records
 * are only ever added; what follows the last whole one was cut off with the process, and goes.
 */
const fileName = 'measured.bin';
const lockName = 'in-use-by';
const frameHead = 8;
const hashLength = 32;
/** Longer ones are no records. */
const longestRecord = 1 << 24;
const readAtOnce = 1 << 22;

const headSchema = z.strictObject({
  format: z.literal(2),
  edgeminer: z.string(),
  measuring: z.string(),
  own: z.string().nullable(),
  byteOrder: z.string(),
  embedder: z
    .strictObject({
      name: z.string(),
      sha256: z.string(),
      dimensions: z.number(),
      classes: z.number(),
    })
    .nullable(),
});
type Head = z.output<typeof headSchema>;
const measurementsSchema = z.strictObject({
  pixels: z.partialRecord(z.enum(signalNames), z.number()),
  own: z.record(z.string(), z.union([z.number(), z.literal('failed')])),
  format: z.strictObject({
    coloured: z.boolean(),
    facts: z.strictObject({
      width: z.number(),
      height: z.number(),
      container: z.enum(imageContentTypes),
      colourMode: z.string(),
      bitsPerChannel: z.number(),
      chromaSubsampling: z.string(),
      scan: z.enum(['sequential', 'progressive']),
      orientation: z.number(),
      colourProfile: z.string(),
      compression: z.string(),
      camera: z.string(),
      software: z.string(),
    }),
  }),
});

/**
 * What a build has measured so far, in a folder of its own, so that the next one goes on from
 * there. One process at a time.
 * @throws EdgeminerError `input.invalid` where another process builds there, `store.unavailable`
 * where the folder can't be used.
 */
export async function openBuildCheckpoint(
  folder: string,
  key: CheckpointKey,
): Promise<BuildCheckpoint> {
  const head = headOf(key);
  const widths = { embedding: head.embedder?.dimensions ?? 0, logits: head.embedder?.classes ?? 0 };
  const path = join(folder, fileName);
  const offsets: number[] = [];
  const places = new Map<string, number>();
  let end = 0;
  let anew: string | undefined;
  let file: FileHandle;
  try {
    await mkdir(folder, { recursive: true });
    await takeLock(folder);
    file = await openOrMake(path);
    const found = await readHead(file);
    anew = found === undefined ? undefined : differenceOf(found.head, head);
    if (found === undefined || anew !== undefined) {
      const line = Buffer.from(`${JSON.stringify(head)}\n`);
      await file.truncate(0);
      await file.write(line, 0, line.length, 0);
      end = line.length;
    } else {
      end = await scan(file, found.length, (offset, payload) => {
        places.set(payload.subarray(0, hashLength).toString('hex'), offsets.push(offset) - 1);
      });
      await file.truncate(end);
    }
  } catch (error) {
    throw diskFault(error, folder);
  }
  const before = offsets.length;
  let closing: Promise<void> | undefined;

  /** Where the records of these places lie, one behind the other. */
  async function readSpan(first: number, last: number): Promise<Buffer> {
    const start = offsets[first] ?? end;
    return readFully(file, start, (offsets[last + 1] ?? end) - start).catch((error: unknown) => {
      throw diskFault(error, path);
    });
  }

  const checkpoint: BuildCheckpoint = {
    before,
    anew,
    placeOf: (sha256) => places.get(sha256),
    async keep(sha256, measured) {
      const known = places.get(sha256);
      if (known !== undefined) return known;
      const record = recordOf(sha256, measured);
      try {
        await file.write(record, 0, record.length, end);
      } catch (error) {
        throw diskFault(error, path);
      }
      const place = offsets.push(end) - 1;
      places.set(sha256, place);
      end += record.length;
      return place;
    },
    async read(place) {
      if (offsets[place] === undefined) throw new RangeError(`nothing is kept at place ${place}`);
      return measuredFrom(await readSpan(place, place), widths);
    },
    embeddings(rows) {
      const dimensions = widths.embedding;
      return {
        rows: rows.length,
        dimensions,
        async readInto(to, from, until) {
          for (let row = from; row < until;) {
            const first = rows[row] ?? -1;
            let count = 1;
            while (row + count < until && rows[row + count] === first + count) count += 1;
            const span = await readSpan(first, first + count - 1);
            const spanStart = offsets[first] ?? 0;
            for (let at = 0; at < count; at += 1) {
              const start = (offsets[first + at] ?? 0) - spanStart + frameHead + hashLength;
              to.set(floats(span, start, dimensions), (row + at - from) * dimensions);
            }
            row += count;
          }
        },
      };
    },
    close: () =>
      (closing ??= (async () => {
        await file.close();
        await rm(join(folder, lockName), { force: true });
      })()),
    async remove() {
      await checkpoint.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return checkpoint;
}

function headOf({ edgeminer, measuring, own, embedder }: CheckpointKey): Head {
  return {
    format: 2,
    edgeminer,
    measuring,
    own: own ?? null,
    byteOrder: endianness(),
    embedder:
      embedder === undefined
        ? null
        : {
            name: embedder.name,
            sha256: embedder.sha256,
            dimensions: embedder.dimensions,
            classes: embedder.classes?.length ?? 0,
          },
  };
}

function differenceOf(found: Head | undefined, wanted: Head): string | undefined {
  if (found === undefined) return 'it is not readable';
  const was = found.embedder;
  const is = wanted.embedder;
  if (was?.name !== is?.name)
    return `the embedder was ${was?.name ?? 'none'}, not ${is?.name ?? 'none'}`;
  if (was?.sha256 !== is?.sha256) return `the model file of ${is?.name ?? ''} is another one`;
  if (JSON.stringify(was) !== JSON.stringify(is)) return 'the model has other outputs';
  if (found.edgeminer !== wanted.edgeminer)
    return `edgeminer ${found.edgeminer} made it, and this is ${wanted.edgeminer}`;
  if (found.measuring !== wanted.measuring) return 'this edgeminer measures otherwise';
  if (found.own !== wanted.own) return 'the scores of your own were others';
  return found.byteOrder === wanted.byteOrder ? undefined : 'another kind of machine made it';
}

function recordOf(sha256: string, { pixels, format, inference, own }: MeasuredPicture): Buffer {
  const payload = Buffer.concat([
    Buffer.from(sha256, 'hex'),
    bytesOf(inference?.embedding),
    bytesOf(inference?.logits),
    Buffer.from(JSON.stringify({ pixels, format, own })),
  ]);
  const head = Buffer.alloc(frameHead);
  head.writeUInt32LE(payload.length, 0);
  head.writeUInt32LE(crc32(payload), 4);
  return Buffer.concat([head, payload]);
}

function bytesOf(values: Float32Array | undefined): Uint8Array {
  if (values === undefined) return new Uint8Array(0);
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function measuredFrom(
  record: Buffer,
  widths: { readonly embedding: number; readonly logits: number },
): MeasuredPicture {
  const start = frameHead + hashLength;
  const embedding = floats(record, start, widths.embedding);
  const logits = floats(record, start + 4 * widths.embedding, widths.logits);
  const json = record.toString('utf8', start + 4 * (widths.embedding + widths.logits));
  const inference: Inference | undefined =
    widths.embedding === 0 ? undefined : { embedding, ...(widths.logits === 0 ? {} : { logits }) };
  const { pixels, format, own } = measurementsSchema.parse(JSON.parse(json));
  return { pixels, format, inference, own };
}

/** A copy: records do not lie at multiples of four. */
function floats(from: Buffer, start: number, count: number): Float32Array {
  const values = new Float32Array(count);
  bytesOf(values).set(from.subarray(start, start + 4 * count));
  return values;
}

/** Another process that still runs keeps it; one that was killed does not. */
async function takeLock(folder: string): Promise<void> {
  const path = join(folder, lockName);
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
    const owner = Number(await readFile(path, 'utf8').catch(() => '0'));
    if (owner !== process.pid && isRunning(owner)) {
      throw new EdgeminerError(
        'input.invalid',
        `process ${owner} builds a reference in ${folder}`,
        {
          field: folder,
          mend: `Wait for it. If process ${owner} is another program, remove ${path}.`,
        },
      );
    }
    await rm(path, { force: true });
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

async function openOrMake(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return open(path, 'w+');
  }
}

/** Undefined for an empty file; `head` is undefined where the first line is none of ours. */
async function readHead(
  file: FileHandle,
): Promise<{ readonly head: Head | undefined; readonly length: number } | undefined> {
  const { size } = await file.stat();
  if (size === 0) return undefined;
  const start = await readFully(file, 0, Math.min(size, 4096));
  const length = start.indexOf('\n') + 1;
  try {
    const head = headSchema.parse(JSON.parse(start.toString('utf8', 0, length)));
    return { head, length };
  } catch {
    return { head: undefined, length };
  }
}

/** Every whole record from `start` on; gives where the last one ends. */
async function scan(
  file: FileHandle,
  start: number,
  onRecord: (offset: number, payload: Buffer) => void,
): Promise<number> {
  const { size } = await file.stat();
  let block: Buffer = Buffer.alloc(0);
  let blockAt = start;
  /** Undefined where the file ends before. */
  const take = async (at: number, length: number): Promise<Buffer | undefined> => {
    if (at + length > size) return undefined;
    if (at + length > blockAt + block.length) {
      block = await readFully(file, at, Math.min(size - at, Math.max(length, readAtOnce)));
      blockAt = at;
    }
    return block.subarray(at - blockAt, at - blockAt + length);
  };
  for (let at = start; ;) {
    const head = await take(at, frameHead);
    if (head === undefined) return at;
    const length = head.readUInt32LE(0);
    const checksum = head.readUInt32LE(4);
    if (length < hashLength || length > longestRecord) return at;
    const payload = await take(at + frameHead, length);
    if (payload === undefined || crc32(payload) !== checksum) return at;
    onRecord(at, payload);
    at += frameHead + length;
  }
}

async function readFully(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(buffer, done, length - done, start + done);
    if (bytesRead === 0) throw new Error(`the file ends ${length - done} bytes too early`);
    done += bytesRead;
  }
  return buffer;
}
