import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { Pack } from 'tar-stream';

/** A file of an archive; `path` has forward slashes. */
export interface TarFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * A tar archive (POSIX ustar, pax for long names) of the files, read one at a time, as fast as
 * the archive is. All carry `modifiedAt` (milliseconds since 1970-01-01 UTC), so the same files
 * make the same bytes. If reading them fails the stream is destroyed with that error, and
 * `onFailure` hears of it; if nobody reads on, the iteration of the files is ended.
 */
export function tarOf(
  files: AsyncIterable<TarFile>,
  modifiedAt: number,
  onFailure: (error: unknown) => void,
): Readable {
  const archive = pack();
  fill(archive, files, new Date(modifiedAt)).catch((error: unknown) => {
    if (!archive.destroyed) onFailure(error);
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return Readable.from(archive, { objectMode: false });
}

async function fill(archive: Pack, files: AsyncIterable<TarFile>, mtime: Date): Promise<void> {
  for await (const { path, bytes } of files) {
    await new Promise<void>((resolve, reject) => {
      archive.entry({ name: path, mtime, mode: 0o644 }, bytes, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }
  archive.finalize();
}
