import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDeadLetterFile } from '../../src/adapters/directory/dead-letter-file.js';
import { openDeadLetterShelfFile } from '../../src/adapters/directory/dead-letter-shelf.js';
import { eraseLetters } from '../../src/adapters/directory/erase-letters.js';
import { runCommand } from '../cli/run-command.js';
import { EdgeminerError } from '../../src/faults.js';
import type { DeadLetter, DeadLetters } from '../../src/mine/dead-letters.js';
import type { StoredLetter } from '../../src/mine/dead-letter-shelf.js';

describe('dead letters of an erased source', () => {
  let folder: string;
  let path: string;
  let letters: DeadLetters;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-letters-'));
    await writeFile(
      join(folder, 'edgeminer.config.yaml'),
      'dataDir: .\nlog: { level: silent }\nmodels: [{ name: "*", reference: none, embedder: none }]\n',
    );
    path = join(folder, 'dead-letters.jsonl');
    letters = await openDeadLetterFile({ path, now: Date.now });
  });
  afterEach(async () => {
    await letters.close();
    await rm(folder, { recursive: true });
  });

  async function edgeminer(...args: readonly string[]): Promise<unknown> {
    const { code, result, stderr } = await runCommand([...args, '--json'], { folder });
    expect(code, stderr).toBe(0);
    return result;
  }

  function letterOf(value: string | undefined, offset = 0): DeadLetter {
    return {
      origin: { stream: 'events.jsonl', partition: 0, offset: String(offset) },
      raw:
        value === undefined
          ? undefined
          : { key: null, value: new TextEncoder().encode(value), headers: {} },
      fault: new EdgeminerError('event.invalid', 'no good'),
      attempts: 1,
    };
  }

  async function all(): Promise<StoredLetter[]> {
    const found: StoredLetter[] = [];
    for await (const letter of openDeadLetterShelfFile(path).letters()) found.push(letter);
    return found;
  }
  const offsets = async () => (await all()).map(({ position }) => position.offset);

  const erase = (source: string, ...more: readonly string[]) =>
    edgeminer('erase', '--source', source, '--by', 'cora', '--reason', 'asked', ...more);

  it('go, where the source made nothing but letters, and the others keep their numbers', async () => {
    const lost = (eventId: string, sourceId: string) =>
      JSON.stringify({
        eventId,
        sourceId,
        occurredAt: '2026-01-01T00:00:00Z',
        modelName: 'animals',
        modelVersion: '1',
        image: { uri: 'file:///not/allowed.jpg' },
      });
    const lines = [
      lost('a', 'gate-3'),
      lost('b', 'gate-4'),
      '{"sourceId": "gate-3", "image": 5}',
      '{"camera": {"name": "gate-3"}}',
      'gate-3 is not JSON',
      lost('c', 'gate-33'),
    ];
    await writeFile(join(folder, 'events.jsonl'), `${lines.join('\n')}\n`);
    const mined = await edgeminer('mine', '--source', 'jsonl:events.jsonl', '--once');
    expect(mined).toMatchObject({ rejected: 6 });
    const shelf = openDeadLetterShelfFile(path);
    const before = await all();
    await shelf.markReplayed(before.filter(({ raw }) => textOf(raw?.value).includes('"c"')));

    const left = expect.arrayContaining([
      expect.stringMatching(/^1 dead letters that can't be read and may be of this source/),
    ]) as unknown;
    const report = { erased: { 'dead letters': 2 }, left };
    const bytes = await readFile(path);
    expect(await erase('gate-3', '--dry-run')).toMatchObject(report);
    expect((await readFile(path)).equals(bytes)).toBe(true);
    expect(await erase('gate-3')).toMatchObject(report);

    const isOfGate3 = ({ raw }: StoredLetter) => /"a"|"image": 5/.test(textOf(raw?.value));
    expect(await all()).toEqual(
      before
        .filter((letter) => !isOfGate3(letter))
        .map((letter) => ({ ...letter, replayed: textOf(letter.raw?.value).includes('"c"') })),
    );
    expect((await readFile(path)).length).toBe(bytes.length);
    expect(await erase('gate-3')).toMatchObject({ erased: { 'dead letters': 0 } });
    // The file takes letters as before.
    await letters.send(letterOf('{"sourceId": "gate-5"}'));
    expect((await all()).at(-1)?.position.offset).toBe('6');
  });

  it('go while a worker appends, and none of the others is lost or broken', async () => {
    const sent: Promise<void>[] = [];
    let erased = 0;
    const isOdd = ({ origin }: StoredLetter) =>
      Number(origin.offset) % 2 === 1 ? 'erase' : 'keep';
    for (let round = 0; round < 20; round++) {
      for (let n = 0; n < 20; n++) {
        const offset = round * 20 + n;
        const filling = 'x'.repeat((offset * 7919) % 90_000);
        sent.push(letters.send(letterOf(`${offset} ${filling}`, offset)));
      }
      erased += (await eraseLetters(path, isOdd, { dryRun: false })).erased;
    }
    await Promise.all(sent);
    erased += (await eraseLetters(path, isOdd, { dryRun: false })).erased;
    expect(erased).toBe(200);
    const found = await all();
    expect(found.map(({ origin }) => Number(origin.offset)).toSorted((a, b) => a - b)).toEqual(
      [...Array(200).keys()].map((n) => 2 * n),
    );
    for (const { origin, raw, position } of found) {
      expect(position.offset).toBe(origin.offset);
      expect(textOf(raw?.value).length).toBe(
        `${origin.offset} `.length + ((Number(origin.offset) * 7919) % 90_000),
      );
    }
  });

  it('leave nothing of a line that was cut off or half overwritten, and what is not whole yet', async () => {
    await letters.send(letterOf('{"one": 1}', 0));
    const whole = await readFile(path, 'utf8');
    const half = ` ${whole.slice(1)}`;
    await appendFile(path, `${whole.slice(0, 40)}secret\n${half}{"later":"letter"}\n{"not whole`);
    await letters.close();
    const judge = () => 'keep' as const;
    expect(await eraseLetters(path, judge, { dryRun: false })).toEqual({ erased: 0, unsure: 1 });
    const text = await readFile(path, 'utf8');
    expect(text.startsWith(whole)).toBe(true);
    expect(text.slice(whole.length)).toMatch(/^ +\n +\n\{"later":"letter"\}\n\{"not whole$/);
    expect(await offsets()).toEqual(['0']);
  });

  it('are none where there is no file, nor where nothing was kept of a record', async () => {
    await letters.send(letterOf(undefined));
    expect(await erase('gate-3')).toMatchObject({ erased: { 'dead letters': 0 } });
    expect(await offsets()).toEqual(['0']);
    await rm(path);
    expect(await erase('gate-3')).toMatchObject({ erased: { 'dead letters': 0 } });
  });
});

function textOf(value: Uint8Array | null | undefined): string {
  return value === null || value === undefined ? '' : Buffer.from(value).toString();
}
