import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EdgeminerError } from '../../faults.js';
import type { DeadLetter, DeadLetters } from '../../mine/dead-letters.js';
import { diskFault, flushFolder, makeFolderDurably } from './durable-write.js';

interface Waiting {
  readonly line: string;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

/**
 * Dead letters appended to a JSON-lines file: `{ version, at, origin, code, message, field?,
 * attempts, key, value, headers }`, with key, value and headers in base64. Letters that are
 * sent at the same time share a flush. One process writes a file; a line that was cut off by a
 * crash was never acknowledged, and stands alone.
 * @throws EdgeminerError `store.unavailable`, as `send` does.
 */
export async function openDeadLetterFile(options: {
  path: string;
  /** Milliseconds since 1970-01-01 UTC. */
  now: () => number;
}): Promise<DeadLetters> {
  const { path, now } = options;
  const file = await openForAppending(path);
  let endsInsideLine = await lacksLineFeed(file);
  let waiting: Waiting[] = [];
  let writing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        const lines = batch.map(({ line }) => line).join('');
        const start = endsInsideLine ? '\n' : '';
        // Until the write is known to be whole, the next one starts a line of its own.
        endsInsideLine = true;
        await file.appendFile(start + lines);
        endsInsideLine = false;
        await file.datasync();
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(diskFault(error, path));
      }
    }
    writing = undefined;
  }

  return {
    send(letter) {
      if (closing !== undefined) {
        return Promise.reject(new EdgeminerError('store.unavailable', `${path} is closed`));
      }
      return new Promise((done, failed) => {
        waiting.push({ line: `${JSON.stringify(lineOf(letter, now()))}\n`, done, failed });
        writing ??= writeAll();
      });
    },
    close() {
      closing ??= (async () => {
        await writing;
        await file.close();
      })();
      return closing;
    },
  };
}

function lineOf({ origin, raw, fault, attempts }: DeadLetter, at: number): object {
  const headers = Object.entries(raw?.headers ?? {}).map(([name, bytes]) => [name, base64(bytes)]);
  return {
    version: 1,
    at,
    origin,
    code: fault.code,
    message: fault.message,
    ...(fault.field === undefined ? {} : { field: fault.field }),
    attempts,
    key: base64(raw?.key ?? null),
    value: base64(raw?.value ?? null),
    headers: Object.fromEntries(headers) as Record<string, string>,
  };
}

function base64(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('base64');
}

async function openForAppending(path: string): Promise<FileHandle> {
  try {
    await makeFolderDurably(dirname(path));
    const file = await open(path, 'a+');
    await flushFolder(dirname(path));
    return file;
  } catch (error) {
    throw diskFault(error, path);
  }
}

async function lacksLineFeed(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== 0x0a;
}
