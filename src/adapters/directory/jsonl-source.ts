import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Delivery, EventSource, Reading } from '../../event/event-source.js';
import { noContext } from '../../event/event-map.js';
import { readOwnFormat } from '../../event/event-reader.js';
import type { EventReader } from '../../event/event-reader.js';
import { readJson } from '../../event/json-event.js';
import { EdgeminerError, messageOf } from '../../faults.js';
import { isBlank, requireFile, splitLines } from './read-lines.js';
import type { Line } from './read-lines.js';

export interface JsonLinesOptions {
  /** Path of the file, or `-` for `input`. */
  readonly file: string;
  /** What `-` stands for; the process's standard input unless told. It can be read once. */
  readonly input?: Readable;
  /** A longer line is an `event.too-large` reading; 64 MiB unless told. */
  readonly maxLineBytes?: number;
  /** What a line means; edgeminer's own format unless told. */
  readonly reader?: EventReader;
}

/** Bytes: an image of 32 MiB in base64, with room for the rest of its event. */
const defaultMaxLineBytes = 64 * 1024 * 1024;

/**
 * Events from a JSON-lines file or a stream, one per line; the offset is the line's number from
 * 0 and blank lines are passed over. What was acknowledged is not remembered: a second run
 * starts at the first line.
 * @throws EdgeminerError `input.not-found` where there is no such file.
 */
export async function openJsonLinesSource(options: JsonLinesOptions): Promise<EventSource> {
  const { file, input = process.stdin, reader = readOwnFormat } = options;
  const { maxLineBytes = defaultMaxLineBytes } = options;
  if (file !== '-') await requireFile(file);
  const closing = new AbortController();

  async function* deliveries(signal: AbortSignal): AsyncGenerator<Delivery, void> {
    const stopped = (): boolean => signal.aborted || closing.signal.aborted;
    if (stopped()) return;
    const stream = file === '-' ? input : createReadStream(file);
    const stop = (): void => void stream.destroy();
    signal.addEventListener('abort', stop, { once: true });
    closing.signal.addEventListener('abort', stop, { once: true });
    let next = 0;
    try {
      for await (const line of splitLines(stream, maxLineBytes)) {
        if (stopped()) return;
        next = line.number + 1;
        if (line.bytes !== undefined && isBlank(line.bytes)) continue;
        yield deliveryOf(file, line, maxLineBytes, reader);
      }
    } catch (error) {
      // Destroying the stream is how it is stopped.
      if (stopped()) return;
      throw unreadableFile(file, next, error);
    } finally {
      signal.removeEventListener('abort', stop);
      closing.signal.removeEventListener('abort', stop);
      stream.destroy();
    }
  }

  return {
    deliveries,
    backlog: () => [],
    async close() {
      closing.abort();
    },
  };
}

function deliveryOf(
  file: string,
  { number, bytes }: Line,
  maxLineBytes: number,
  reader: EventReader,
): Delivery {
  return {
    origin: { stream: file, partition: 0, offset: String(number) },
    raw: bytes === undefined ? undefined : { key: null, value: bytes, headers: {} },
    revoked: false,
    async read(): Promise<Reading> {
      if (bytes === undefined) return tooLong(number, maxLineBytes);
      const json = readJson(bytes);
      return json.kind === 'json' ? reader(json.value, noContext) : json;
    },
    acknowledge() {
      // A file is read from its start each time; nothing is to be remembered.
    },
  };
}

function tooLong(number: number, maxLineBytes: number): Reading {
  const message = `line ${number + 1} has more than ${maxLineBytes} bytes`;
  const mend = 'Send the image as a reference, or shrink it.';
  return { kind: 'unreadable', fault: new EdgeminerError('event.too-large', message, { mend }) };
}

function unreadableFile(file: string, line: number, cause: unknown): EdgeminerError {
  const message = `${file} can't be read beyond line ${line}: ${messageOf(cause)}`;
  const mend = 'Check the disk or the program that writes it, then run again from the start.';
  return new EdgeminerError('input.not-found', message, { cause, field: file, mend });
}
