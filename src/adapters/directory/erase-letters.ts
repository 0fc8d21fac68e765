import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { StoredLetter } from '../../mine/dead-letter-shelf.js';
import { maxLineBytes, parseLetter } from './dead-letter-shelf.js';
import { diskFault, systemCode } from './durable-write.js';
import { isBlank } from './read-lines.js';

/** `unsure` stays, and is counted. */
export type LetterVerdict = 'erase' | 'keep' | 'unsure';

export interface LetterErasure {
  readonly erased: number;
  /** Kept, though they may be what was asked for: a person has to look. */
  readonly unsure: number;
}

interface Range {
  /** Of the first byte in the file. */
  readonly start: number;
  /** Without the line feed. */
  readonly length: number;
}

const lineFeed = 0x0a;
const space = 0x20;
const spaces = Buffer.alloc(64 * 1024, space);

/**
 * Overwrites letters of the file of dead letters with spaces, in place. Nothing moves: a worker may
 * append meanwhile, letters keep their numbers, and what stands in `<file>.replayed` stays true. What
 * a crash cut off was never acknowledged, and is overwritten too, for it may be of anybody. A letter
 * that is appended meanwhile is left for the next run. Safe to repeat, also after it was broken off.
 * @throws EdgeminerError `store.unavailable`
 */
export async function eraseLetters(
  path: string,
  judge: (letter: StoredLetter) => LetterVerdict,
  { dryRun }: { readonly dryRun: boolean },
): Promise<LetterErasure> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, dryRun ? 'r' : 'r+');
    const found: Range[] = [];
    let erased = 0;
    let unsure = 0;
    let number = 0;
    for await (const range of wholeLines(file)) {
      const content = await contentOf(file, range, number++);
      if (content === 'remains') found.push(range);
      if (typeof content === 'string') {
        unsure += content === 'unreadable' ? 1 : 0;
        continue;
      }
      const verdict = judge(content);
      if (verdict === 'unsure') unsure += 1;
      if (verdict !== 'erase') continue;
      erased += 1;
      found.push(range);
    }
    if (!dryRun && found.length > 0) await blank(file, found);
    return { erased, unsure };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { erased: 0, unsure: 0 };
    throw diskFault(error, path);
  } finally {
    await file?.close();
  }
}

/** The lines that are whole now. */
async function* wholeLines(file: FileHandle): AsyncGenerator<Range, void> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(1024 * 1024);
  let start = 0;
  for (let at = 0; at < size;) {
    const wanted = Math.min(buffer.length, size - at);
    const { bytesRead } = await file.read(buffer, 0, wanted, at);
    if (bytesRead === 0) return;
    const chunk = buffer.subarray(0, bytesRead);
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, end + 1)) {
      yield { start, length: at + end - start };
      start = at + end + 1;
    }
    at += bytesRead;
  }
}

async function contentOf(
  file: FileHandle,
  { start, length }: Range,
  number: number,
): Promise<StoredLetter | 'blank' | 'remains' | 'unreadable'> {
  if (length > maxLineBytes) return 'unreadable';
  const bytes = Buffer.alloc(length);
  for (let filled = 0; filled < length;) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, start + filled);
    if (bytesRead === 0) return 'unreadable';
    filled += bytesRead;
  }
  if (isBlank(bytes)) return 'blank';
  const letter = parseLetter(bytes, number);
  if (letter !== undefined) return { ...letter, replayed: false };
  return isJson(bytes) ? 'unreadable' : 'remains';
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}

/** First one byte of each, so that a line which is half overwritten is never taken for a letter. */
async function blank(file: FileHandle, ranges: readonly Range[]): Promise<void> {
  for (const { start } of ranges) await file.write(spaces, 0, 1, start);
  await file.datasync();
  for (const { start, length } of ranges) {
    for (let done = 0; done < length;) {
      const { bytesWritten } = await file.write(
        spaces,
        0,
        Math.min(spaces.length, length - done),
        start + done,
      );
      done += bytesWritten;
    }
  }
  await file.datasync();
}
