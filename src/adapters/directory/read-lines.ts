import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { EdgeminerError, messageOf } from '../../faults.js';
import { systemCode } from './durable-write.js';

/** A line of a file. Its bytes are without the line feed; `undefined` where it was too long. */
export interface Line {
  /** From 0. */
  readonly number: number;
  readonly bytes: Uint8Array | undefined;
}

const lineFeed = 0x0a;
const byteOrderMark = [0xef, 0xbb, 0xbf] as const;

/**
 * Splits a stream of bytes into lines, holding no more than one line and one chunk. A line of
 * more than `maxBytes` is passed over without being kept. A byte order mark is left out.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array | string>,
  maxBytes: number,
): AsyncGenerator<Line, void> {
  let number = 0;
  let parts: Uint8Array[] = [];
  let length = 0;

  const keep = (part: Uint8Array): void => {
    length += part.length;
    if (length > maxBytes) parts = [];
    else if (part.length > 0) parts.push(part);
  };
  const take = (): Line => {
    const bytes = length > maxBytes ? undefined : join(parts, length);
    const line = { number, bytes: number === 0 ? withoutMark(bytes) : bytes };
    number += 1;
    parts = [];
    length = 0;
    return line;
  };

  for await (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    let start = 0;
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
      keep(bytes.subarray(start, end));
      yield take();
      start = end + 1;
    }
    keep(bytes.subarray(start));
  }
  if (length > 0) yield take();
}

/** True for a line of spaces, tabs and carriage returns only. */
export function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/**
 * Every line of a JSON-lines file that isn't blank, parsed, with its number from 1 as editors
 * count.
 * @throws EdgeminerError `input.not-found`, or `input.invalid` that names the line.
 */
export async function* readJsonLines(
  file: string,
  maxLineBytes: number,
): AsyncGenerator<{ readonly line: number; readonly value: unknown }, void> {
  await requireFile(file);
  for await (const { number, bytes } of splitLines(createReadStream(file), maxLineBytes)) {
    const line = number + 1;
    if (bytes === undefined) {
      throw lineFault(file, line, '', `has more than ${maxLineBytes} bytes`);
    }
    if (isBlank(bytes)) continue;
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch (error) {
      throw lineFault(file, line, '', `is not JSON: ${messageOf(error)}`);
    }
    yield { line, value };
  }
}

/** @throws EdgeminerError `input.not-found` where there is no such file, or it is a folder. */
export async function requireFile(file: string): Promise<void> {
  let problem: string | undefined;
  let cause: unknown;
  try {
    if ((await stat(file)).isDirectory()) problem = 'is a directory, not a file';
  } catch (error) {
    cause = error;
    problem = systemCode(error) === 'ENOENT' ? 'is not there' : messageOf(error);
  }
  if (problem === undefined) return;
  throw new EdgeminerError('input.not-found', `${file} ${problem}`, {
    field: file,
    mend: 'Name a file that is there and that this user may read.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A fault in one line of a file that a person wrote: it names file, line and field. */
export function lineFault(
  file: string,
  line: number,
  field: string,
  what: string,
  /** What the line should hold instead. */
  instead?: string,
): EdgeminerError {
  const where = field === '' ? `line ${line}` : `line ${line}, ${field}`;
  return new EdgeminerError('input.invalid', `${file}, ${where}: ${what}`, {
    field: field === '' ? `line ${line}` : field,
    mend: `Mend this line, or take it out.${instead === undefined ? '' : ` ${instead}`}`,
  });
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = parts;
  // A copy in any case: a part is a view on a chunk that the stream may use again.
  if (parts.length === 1 && only !== undefined) return Uint8Array.from(only);
  const joined = new Uint8Array(length);
  let end = 0;
  for (const part of parts) {
    joined.set(part, end);
    end += part.length;
  }
  return joined;
}

function withoutMark(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes !== undefined && byteOrderMark.every((byte, index) => bytes[index] === byte)
    ? bytes.subarray(byteOrderMark.length)
    : bytes;
}
