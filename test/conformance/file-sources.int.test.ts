import { mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDirectorySource } from '../../src/adapters/directory/directory-source.js';
import { openJsonLinesSource } from '../../src/adapters/directory/jsonl-source.js';
import type { EventSource } from '../../src/event/event-source.js';
import { writeJsonEvent } from '../../src/event/json-event.js';
import { modelName, modelVersion } from '../../src/ids.js';
import { eventSourceSuite } from './event-source.js';
import type { InputRecord } from './event-source.js';

describe('JSON-lines file as an event source', () => {
  eventSourceSuite({
    open: async (records) => {
      const file = join(await temporaryFolder(), 'events.jsonl');
      await writeFile(file, jsonLines(records));
      return openJsonLinesSource({ file });
    },
    finite: true,
    carries: 'whole events',
    raw: true,
  });
});

describe('standard input as an event source', () => {
  eventSourceSuite({
    open: (records) =>
      openJsonLinesSource({ file: '-', input: Readable.from(cut(jsonLines(records), 1000)) }),
    finite: true,
    carries: 'whole events',
    raw: true,
  });

  it('ends soon after its signal aborts, though nothing more comes in', async () => {
    const input = new Readable({ read: () => undefined });
    const source = await openJsonLinesSource({ file: '-', input });
    const stop = new AbortController();
    const seen = drain(source, stop);
    input.push('{"half a line');
    stop.abort();
    expect(await seen).toBe(0);
    await source.close();
  });
});

describe('directory of pictures as an event source', () => {
  eventSourceSuite({
    open: async (records) => {
      const directory = await temporaryFolder();
      for (const [index, record] of records.entries()) {
        const path = join(directory, `${String(index).padStart(6, '0')}.jpg`);
        if (record.kind === 'broken') await symlink('nowhere', path);
        else if (record.event.image.kind === 'inline') {
          await writeFile(path, record.event.image.bytes);
        }
      }
      return openPictures(directory);
    },
    finite: true,
    carries: 'images',
    raw: false,
  });

  it('takes its time from the file', async () => {
    const directory = await temporaryFolder();
    const path = join(directory, 'a.png');
    await writeFile(path, 'a');
    await utimes(path, 1_700_000_000.25, 1_700_000_000.25);
    const source = await openPictures(directory);
    for await (const delivery of source.deliveries(new AbortController().signal)) {
      expect(await delivery.read()).toMatchObject({
        kind: 'event',
        event: { eventId: 'a.png', occurredAt: 1_700_000_000_250, sourceId: 'directory' },
      });
    }
    await source.close();
  });
});

function openPictures(directory: string): Promise<EventSource> {
  const model = { modelName: modelName('shop'), modelVersion: modelVersion('1.0') };
  return openDirectorySource({ directory, ...model });
}

function jsonLines(records: readonly InputRecord[]): string {
  const lines = records.map((record) =>
    record.kind === 'broken' ? '{"eventId": "half' : JSON.stringify(writeJsonEvent(record.event)),
  );
  // Blank lines are no records, and the last line may end without a line feed.
  return lines.join('\n \r\n');
}

function cut(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text);
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

async function drain(source: EventSource, stop: AbortController): Promise<number> {
  const deliveries = source.deliveries(stop.signal)[Symbol.asyncIterator]();
  let seen = 0;
  while ((await deliveries.next()).done !== true) seen += 1;
  return seen;
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeminer-source-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}
