import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { isBlank, requireFile, splitLines } from '../adapters/directory/read-lines.js';
import type { Config } from '../config/load-config.js';
import type { RecordContext } from '../event/event-map.js';
import type { Delivery, EventSource } from '../event/event-source.js';
import { EdgeminerError } from '../faults.js';
import type { Logger } from '../telemetry/logger.js';
import { inEvents } from './event-format.js';
import { openEventDecoder } from './open-kafka.js';
import type { World } from './world.js';

/** Bytes of a line, or of a file that is one record. */
const mostBytes = 64 * 1024 * 1024;

interface Sample {
  /** From 1: its line, or its place in a list. */
  readonly number: number;
  /** Undefined where it is too long. */
  readonly value: Uint8Array | undefined;
}

/**
 * Sample records as a source of events, read as a worker would: JSON lines, one JSON document or a
 * list of them, or one record in the schema registry's wire format. `-` is standard input, JSON
 * lines. What a record has beside its content comes from `context`.
 * @throws EdgeminerError `input.not-found` where there is no such file
 */
export async function openSamples(
  world: World,
  file: string,
  { config, logger, context }: { config: Config; logger: Logger; context: RecordContext },
): Promise<EventSource> {
  if (file !== '-') await requireFile(file);
  const decoder = openEventDecoder(config);
  const headers = Object.fromEntries(
    Object.entries(context.headers).map(([name, text]) => [name, Buffer.from(text)]),
  );
  const key = context.key === undefined ? null : Buffer.from(context.key);

  async function* deliveries(signal: AbortSignal): AsyncGenerator<Delivery, void> {
    for await (const { number, value } of samplesOf(world, file)) {
      if (signal.aborted) return;
      yield {
        origin: { stream: file, partition: 0, offset: String(number) },
        raw: value === undefined ? undefined : { key, value, headers },
        revoked: false,
        read: async () =>
          value === undefined
            ? { kind: 'unreadable', fault: tooLong(number) }
            : decoder.decode(Buffer.from(value), context),
        acknowledge: () => undefined,
      };
    }
  }
  return inEvents({ deliveries, backlog: () => [], close: async () => undefined }, config, logger);
}

async function* samplesOf(world: World, file: string): AsyncGenerator<Sample, void> {
  const whole = file === '-' ? undefined : await wholeRecords(file);
  if (whole !== undefined) {
    yield* whole.map((value, index) => ({ number: index + 1, value }));
    return;
  }
  const stream = file === '-' ? world.stdin : createReadStream(file);
  for await (const { number, bytes } of splitLines(stream, mostBytes)) {
    if (bytes === undefined || !isBlank(bytes)) yield { number: number + 1, value: bytes };
  }
}

/** The records of a file that is no JSON lines; undefined for one that is. */
async function wholeRecords(file: string): Promise<readonly Uint8Array[] | undefined> {
  const { size } = await stat(file);
  if (size > mostBytes) return undefined;
  const bytes = await readFile(file);
  if (bytes[0] === 0) return [bytes];
  let content: unknown;
  try {
    content = JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(content)) return [bytes];
  return content.map((record: unknown) => Buffer.from(JSON.stringify(record)));
}

function tooLong(number: number): EdgeminerError {
  return new EdgeminerError(
    'event.too-large',
    `record ${number} has more than ${mostBytes} bytes`,
    {
      field: 'image.bytes',
      mend: 'Send the image as a reference, or shrink it.',
    },
  );
}
