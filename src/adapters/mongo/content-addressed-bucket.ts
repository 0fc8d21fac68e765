import type { AnyBulkWriteOperation, Db } from 'mongodb';
import { contentHash } from '../../image/content-hash.js';
import { storeFault } from './mongo-faults.js';
import { transact, upsert } from './transactions.js';

/**
 * GridFS with the sha256 of a file's bytes as its id, so that writing is idempotent.
 *
 * The driver's own upload stream gives each upload chunks of its own and fails half-way when
 * two uploads share an id. Here chunk n of a file is an upsert under (id, n): because the id
 * fixes the content, all writers of an id write the same chunks, in any order and any number
 * of times, and what a crashed writer left is completed by the next. The document in `files`
 * comes last and only that makes a file visible; a file that was damaged since is told by its
 * hash. Any GridFS tool can read the result.
 */
export interface ContentAddressedBucket {
  /** Resolves to the id, once a majority of the replica set has the whole file. */
  put(bytes: Uint8Array, about: FileInfo): Promise<string>;
  /** undefined where there is no whole file of this id. */
  get(id: string): Promise<FoundFile | undefined>;
  has(id: string): Promise<boolean>;
  /** All whole files. */
  files(): AsyncIterable<KeptFile>;
  /** Takes a file away, unless it was put at this time or later, were it only found there. */
  remove(id: string, unlessPutSince: number): Promise<'removed' | 'put-since' | 'unknown'>;
}

export interface KeptFile {
  readonly id: string;
  readonly bytes: number;
  /** When it was last put. Milliseconds since 1970-01-01 UTC. */
  readonly putAt: number;
}

export interface FileInfo {
  /** For people and GridFS tools; need not be unique. */
  readonly filename: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface FoundFile {
  readonly bytes: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
  /** False where the bytes are no longer those of the id. */
  readonly intact: boolean;
}

interface FileDocument extends FileInfo {
  readonly _id: string;
  readonly length: number;
  readonly chunkSize: number;
  readonly uploadDate: Date;
}

interface ChunkDocument {
  readonly files_id: string;
  readonly n: number;
  readonly data: Uint8Array;
}

/** Bytes; the size of GridFS. Never to be changed: half-finished uploads are completed by it. */
const chunkSize = 255 * 1024;
/** Chunks in flight in one request, about 8 MB. */
const chunksPerWrite = 32;

/** What is acknowledged survives the loss of the primary, and is what readers see. */
export const durable = {
  writeConcern: { w: 'majority', wtimeoutMS: 30_000 },
  readConcern: { level: 'majority' },
  readPreference: 'primary',
} as const;

/** Of the collection `<bucket>.chunks`; by the name that GridFS tools give it. */
export const chunkIndex = {
  name: 'files_id_1_n_1',
  key: { files_id: 1, n: 1 },
  unique: true,
} as const;

/**
 * `toRead`: makes nothing, not even its index.
 * @throws EdgeminerError `store.unavailable`, as every method of the bucket does.
 */
export async function openContentAddressedBucket(
  db: Db,
  name: string,
  { toRead = false }: { readonly toRead?: boolean } = {},
): Promise<ContentAddressedBucket> {
  const files = db.collection<FileDocument>(`${name}.files`, durable);
  const chunks = db.collection<ChunkDocument>(`${name}.chunks`, durable);
  if (!toRead) await guarded(() => chunks.createIndexes([chunkIndex]));

  async function find(id: string): Promise<FoundFile | undefined> {
    const file = await files.findOne({ _id: id });
    if (file === null) return undefined;
    const count = Math.ceil(file.length / file.chunkSize);
    const parts = chunks
      .find({ files_id: id, n: { $lt: count } }, { promoteBuffers: true })
      .sort({ n: 1 });
    const bytes = new Uint8Array(file.length);
    let end = 0;
    for await (const { data } of parts) {
      if (end + data.length > bytes.length)
        return { bytes, metadata: file.metadata, intact: false };
      bytes.set(data, end);
      end += data.length;
    }
    const intact = end === bytes.length && contentHash(bytes) === id;
    return { bytes, metadata: file.metadata, intact };
  }

  /** Notes that the file was put just now; false where it is not there any more. */
  async function notePut(id: string): Promise<boolean> {
    const update = { $set: { uploadDate: new Date() } };
    return (await files.updateOne({ _id: id }, update)).matchedCount === 1;
  }

  async function writeChunks(id: string, bytes: Uint8Array): Promise<void> {
    const count = Math.ceil(bytes.length / chunkSize);
    for (let first = 0; first < count; first += chunksPerWrite) {
      const writes: AnyBulkWriteOperation<ChunkDocument>[] = [];
      for (let n = first; n < Math.min(first + chunksPerWrite, count); n++) {
        const data = bytes.subarray(n * chunkSize, (n + 1) * chunkSize);
        const filter = { files_id: id, n };
        // $set, not $setOnInsert: a damaged chunk is mended, the same one is left as it is.
        writes.push({ updateOne: { filter, update: { $set: { data } }, upsert: true } });
      }
      await upsert(() => chunks.bulkWrite(writes, { ordered: false }));
    }
  }

  return {
    put: (bytes, { filename, metadata }) =>
      guarded(async () => {
        const id = contentHash(bytes);
        const known = await find(id);
        // Its time first: from then on nobody removes it, or it was gone before.
        const noted = known !== undefined && (await notePut(id));
        if (noted && known.intact) return id;
        await writeChunks(id, bytes);
        // Where another writer was first this changes nothing, but still waits for a majority.
        const file = {
          length: bytes.length,
          chunkSize,
          uploadDate: new Date(),
          filename,
          metadata,
        };
        await upsert(() => files.updateOne({ _id: id }, { $setOnInsert: file }, { upsert: true }));
        return id;
      }),
    async *files() {
      const all = files.find().project<Pick<FileDocument, '_id' | 'length' | 'uploadDate'>>({
        length: 1,
        uploadDate: 1,
      });
      try {
        for await (const { _id, length, uploadDate } of all) {
          yield { id: _id, bytes: length, putAt: uploadDate.getTime() };
        }
      } catch (error) {
        throw storeFault(error);
      }
    },
    remove: (id, unlessPutSince) =>
      guarded(() =>
        transact(db.client, async (session) => {
          const before = new Date(unlessPutSince);
          const old = { _id: id, uploadDate: { $lt: before } };
          if ((await files.deleteOne(old, { session })).deletedCount === 1) {
            await chunks.deleteMany({ files_id: id }, { session });
            return 'removed';
          }
          return (await files.findOne({ _id: id }, { session })) === null ? 'unknown' : 'put-since';
        }),
      ),
    get: (id) => guarded(() => find(id)),
    has: (id) =>
      guarded(async () => (await files.findOne({ _id: id }, { projection: { _id: 1 } })) !== null),
  };
}

/** Runs work on the store; what the driver throws becomes a fault. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeFault(error);
  }
}
