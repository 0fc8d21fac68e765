import { afterEach, expect, it } from 'vitest';
import { EdgeminerError } from '../../src/faults.js';
import type { DeadLetterShelf, StoredLetter } from '../../src/mine/dead-letter-shelf.js';
import type { DeadLetter, DeadLetters } from '../../src/mine/dead-letters.js';

export interface ShelfUnderTest {
  readonly letters: DeadLetters;
  readonly shelf: DeadLetterShelf;
  close(): Promise<void>;
}

/** The obligations of DeadLetterShelf, beside the DeadLetters that fill it. */
export function deadLetterShelfSuite(open: () => Promise<ShelfUnderTest>): void {
  let opened: ShelfUnderTest | undefined;
  afterEach(async () => {
    await opened?.letters.close();
    await opened?.shelf.close();
    await opened?.close();
    opened = undefined;
  });

  const letter = (n: number, more: Partial<DeadLetter> = {}): DeadLetter => ({
    origin: { stream: 'inference.events', partition: n % 2, offset: String(100 + n) },
    raw: {
      key: n % 3 === 0 ? null : Buffer.from(`key-${n}`),
      value: Buffer.from([0, n, 255, 10, 13, 34]),
      headers: { trace: Buffer.from(`t-${n}`) },
    },
    fault: new EdgeminerError('event.invalid', `problem ${n}`, { field: `field.${n}` }),
    attempts: n + 1,
    ...more,
  });

  async function all(shelf: DeadLetterShelf): Promise<StoredLetter[]> {
    const found: StoredLetter[] = [];
    for await (const one of shelf.letters()) found.push(one);
    return found;
  }

  it('gives letters back in their order, each record byte for byte, as often as asked', async () => {
    opened = await open();
    const { letters, shelf } = opened;
    expect(await all(shelf)).toEqual([]);
    const sent = [0, 1, 2, 3, 4].map((n) => letter(n));
    const before = Date.now() - 60_000;
    for (const one of sent) await letters.send(one);
    const found = await all(shelf);
    expect(found).toHaveLength(sent.length);
    found.forEach((one, n) => {
      const { origin, raw, attempts } = letter(n);
      expect(one).toMatchObject({
        origin,
        code: 'event.invalid',
        message: `problem ${n}`,
        field: `field.${n}`,
        attempts,
        omittedBytes: undefined,
        replays: 0,
        replayed: false,
      });
      const plain = (bytes: Uint8Array | null | undefined) =>
        bytes == null ? null : Buffer.from(bytes).toString('hex');
      expect(plain(one.raw?.key)).toBe(plain(raw?.key));
      expect(plain(one.raw?.value)).toBe(plain(raw?.value));
      expect(Object.keys(one.raw?.headers ?? {})).toEqual(['trace']);
      expect(plain(one.raw?.headers['trace'])).toBe(plain(raw?.headers['trace']));
      expect(one.writtenAt).toBeGreaterThan(before);
    });
    const positions = found.map(({ position }) => `${position.partition}:${position.offset}`);
    expect(new Set(positions).size).toBe(sent.length);
    expect(await all(shelf)).toEqual(found);
  });

  it('remembers what was replayed, and shows no more letters for it', async () => {
    opened = await open();
    const { letters, shelf } = opened;
    for (const n of [0, 1, 2]) await letters.send(letter(n));
    const [first, , third] = await all(shelf);
    if (first === undefined || third === undefined) throw new Error('letters are missing');
    await shelf.markReplayed([first, third]);
    await shelf.markReplayed([third]);
    await shelf.markReplayed([]);
    await letters.send(letter(3));
    expect((await all(shelf)).map(({ replayed }) => replayed)).toEqual([true, false, true, false]);
  });

  it('reads how often a record was replayed before', async () => {
    opened = await open();
    const { raw } = letter(1);
    const headers = {
      'edgeminer.replays': Buffer.from('2'),
      'edgeminer.replay-of': Buffer.from('0:7'),
    };
    await opened.letters.send(
      letter(1, { raw: { key: null, value: raw?.value ?? null, headers } }),
    );
    expect(await all(opened.shelf)).toMatchObject([{ replays: 2, raw: { headers: {} } }]);
  });

  it('gives only what was there when it was asked, whatever comes meanwhile', async () => {
    opened = await open();
    const { letters, shelf } = opened;
    for (const n of [0, 1, 2]) await letters.send(letter(n));
    const found: string[] = [];
    for await (const { message, position } of shelf.letters()) {
      found.push(message);
      // As a worker does that refuses again what is replayed from here.
      if (found.length < 20) await letters.send(letter(100 + Number(position.offset)));
    }
    expect(found).toEqual(['problem 0', 'problem 1', 'problem 2']);
    expect(await all(shelf)).toHaveLength(6);
  });
}
