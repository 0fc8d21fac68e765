import { createReadStream } from 'node:fs';
import { appendFile, readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import type { RawRecord } from '../../event/event-source.js';
import { replayOfHeader, replaysHeader } from '../../mine/dead-letter-shelf.js';
import type { DeadLetterShelf, StoredLetter } from '../../mine/dead-letter-shelf.js';
import { diskFault, systemCode } from './durable-write.js';
import { isBlank, splitLines } from './read-lines.js';

/** An image of 32 MiB in base64, in the base64 of its letter. */
export const maxLineBytes = 128 * 1024 * 1024;

const base64 = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));

const letterLine = z.object({
  at: z.number().optional(),
  origin: z.object({ stream: z.string(), partition: z.number(), offset: z.string() }),
  code: z.string(),
  message: z.string(),
  field: z.string().optional(),
  attempts: z.number(),
  key: base64.nullable(),
  value: base64.nullable(),
  headers: z.record(z.string(), base64),
});

/**
 * The file of dead letters; a letter's offset is its line, from 0. A line that a crash cut off is
 * passed over. What was replayed stands beside it, in `<file>.replayed`, one line number each.
 */
export function openDeadLetterShelfFile(path: string): DeadLetterShelf {
  const remembered = `${path}.replayed`;

  async function* letters(): AsyncGenerator<StoredLetter> {
    const replayed = new Set((await textOf(remembered)).split('\n'));
    try {
      // Not what is added meanwhile: a record that is replayed may come back.
      const { size } = await stat(path);
      const stream = createReadStream(path, { end: Math.max(0, size - 1) });
      for await (const { number, bytes } of splitLines(stream, maxLineBytes)) {
        const letter =
          bytes === undefined || isBlank(bytes) ? undefined : parseLetter(bytes, number);
        if (letter !== undefined) {
          yield { ...letter, replayed: replayed.has(letter.position.offset) };
        }
      }
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw diskFault(error, path);
    }
  }

  return {
    letters,
    async markReplayed(marked) {
      if (marked.length === 0) return;
      const lines = marked.map(({ position }) => `${position.offset}\n`).join('');
      try {
        await appendFile(remembered, lines, { flush: true });
      } catch (error) {
        throw diskFault(error, remembered);
      }
    },
    async close() {
      // Nothing is held between two calls.
    },
  };
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '';
    throw diskFault(error, path);
  }
}

/** Undefined for what is no letter. Whether it was replayed stands elsewhere. */
export function parseLetter(
  bytes: Uint8Array,
  line: number,
): Omit<StoredLetter, 'replayed'> | undefined {
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
  const parsed = letterLine.safeParse(content);
  if (!parsed.success) return undefined;
  const { at, origin, code, message, field, attempts, key, value, headers } = parsed.data;
  const { [replaysHeader]: replays } = headers;
  const rest = Object.fromEntries(
    Object.entries(headers).filter(([name]) => name !== replaysHeader && name !== replayOfHeader),
  );
  const raw: RawRecord | undefined =
    key === null && value === null ? undefined : { key, value, headers: rest };
  return {
    position: { partition: 0, offset: String(line) },
    writtenAt: at,
    origin,
    code,
    message,
    field,
    attempts,
    raw,
    omittedBytes: undefined,
    replays: replays === undefined ? 0 : Number(Buffer.from(replays).toString()),
  };
}
