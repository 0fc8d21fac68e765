import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeliveryWindow } from './delivery-window.js';
import type { HandedOut } from './delivery-window.js';
import type { Fetched } from './partition-ledger.js';

interface TestRecord extends Fetched {
  readonly partition: number;
  readonly offset: number;
}

const limits = { maxCount: 4, maxBytes: 100 };
const partitions = [0, 1, 2];
const never = new AbortController().signal;

/** What the test knows of one partition since the last revocation. */
interface Expected {
  fetched: number;
  handed: number;
  readonly acknowledged: Set<number>;
}

type Step =
  | { readonly kind: 'add'; readonly partition: number; readonly sizes: readonly number[] }
  | { readonly kind: 'next' }
  | { readonly kind: 'acknowledge'; readonly which: number }
  | { readonly kind: 'revoke' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('add' as const),
    partition: fc.constantFrom(...partitions),
    sizes: fc.array(fc.integer({ min: 0, max: 130 }), { maxLength: 6 }),
  }),
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('next' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('acknowledge' as const), which: fc.nat() }),
  },
  fc.record({ kind: fc.constant('revoke' as const) }),
);

function open(now: () => number = () => 0): DeliveryWindow<TestRecord> {
  return new DeliveryWindow<TestRecord>({ limits, now });
}

function records(partition: number, from: number, sizes: readonly number[]): TestRecord[] {
  return sizes.map((bytes, index) => ({
    partition,
    offset: from + index,
    next: BigInt(from + index + 1),
    bytes,
  }));
}

async function take(window: DeliveryWindow<TestRecord>): Promise<HandedOut<TestRecord>> {
  const handed = await window.next(never);
  if (handed === undefined) throw new Error('nothing was handed out');
  return handed;
}

async function takeIfThere(
  window: DeliveryWindow<TestRecord>,
): Promise<HandedOut<TestRecord> | undefined> {
  const asked = new AbortController();
  const asking = window.next(asked.signal);
  await new Promise(setImmediate);
  asked.abort();
  return asking;
}

describe('DeliveryWindow', () => {
  it('keeps order, limits and books, whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const window = open();
        let books = new Map<number, Expected>();
        const out: { handed: HandedOut<TestRecord>; of: Expected }[] = [];
        const isOut = ({ handed, of }: (typeof out)[number]) =>
          books.get(handed.record.partition) === of && !of.acknowledged.has(handed.record.offset);

        for (const each of steps) {
          switch (each.kind) {
            case 'add': {
              if (each.sizes.length === 0) break;
              const book = books.get(each.partition) ?? {
                fetched: 0,
                handed: 0,
                acknowledged: new Set<number>(),
              };
              books.set(each.partition, book);
              window.add(each.partition, records(each.partition, book.fetched, each.sizes));
              book.fetched += each.sizes.length;
              break;
            }
            case 'next': {
              const handed = await takeIfThere(window);
              if (handed === undefined) {
                const waits = [...books.values()].some((book) => book.handed < book.fetched);
                if (waits) expect(out.some(isOut)).toBe(true);
                break;
              }
              const book = books.get(handed.record.partition);
              if (book === undefined) throw new Error('of a revoked partition');
              expect(handed.record.offset).toBe(book.handed);
              book.handed += 1;
              out.push({ handed, of: book });
              const held = out.filter(isOut);
              expect(held.length).toBeLessThanOrEqual(limits.maxCount);
              if (held.length > 1) {
                const bytes = held.reduce((sum, one) => sum + one.handed.record.bytes, 0);
                expect(bytes).toBeLessThanOrEqual(limits.maxBytes);
              }
              break;
            }
            case 'acknowledge': {
              const one = out[each.which % Math.max(1, out.length)];
              if (one === undefined) break;
              if (isOut(one)) one.of.acknowledged.add(one.handed.record.offset);
              one.handed.acknowledge();
              break;
            }
            case 'revoke':
              books = new Map();
              window.revokeAll();
              break;
          }
          const settled = new Map(
            window.standings().map((standing) => [standing.partition, standing.settled]),
          );
          expect([...settled.keys()].sort()).toEqual([...books.keys()].sort());
          for (const [partition, { acknowledged }] of books) {
            let run = 0;
            while (acknowledged.has(run)) run += 1;
            expect(settled.get(partition)).toBe(run === 0 ? undefined : BigInt(run));
          }
          for (const { handed, of } of out) {
            expect(handed.isRevoked()).toBe(books.get(handed.record.partition) !== of);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('takes from the partitions in turn', async () => {
    const window = open();
    window.add(0, records(0, 0, [1, 1, 1]));
    window.add(1, records(1, 0, [1]));
    const order: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      const { record } = await take(window);
      order.push(`${record.partition}/${record.offset}`);
    }
    expect(order).toEqual(['0/0', '1/0', '0/1', '0/2']);
  });

  it('goes on past a record that takes long, to a limit, and never counts past it', async () => {
    let now = 0;
    const window = open(() => now);
    const [first] = [await (window.add(0, records(0, 0, [1])), take(window))];
    window.add(1, records(1, 0, [1]));
    let fetched = 1;
    for (let n = 0; n < 9_999; n += 1) {
      if (n % 1000 === 0) {
        window.add(0, records(0, fetched, Array<number>(1000).fill(0)));
        fetched += 1000;
      }
      (await take(window)).acknowledge();
    }
    now = 60_000;
    // One of partition 1, and all but one of what may be out beyond the first of partition 0.
    (await take(window)).acknowledge();
    expect(await takeIfThere(window)).toBeUndefined();
    const about = () => window.standings().find(({ partition }) => partition === 0);
    expect(about()).toEqual({ partition: 0, settled: undefined, oldestMs: 60_000, held: true });
    first.acknowledge();
    expect(about()).toEqual({ partition: 0, settled: 10_000n, oldestMs: 0, held: false });
    expect((await take(window)).record.offset).toBe(10_000);
  });

  it('is hungry until enough waits to be handed out, however much is out', async () => {
    const window = open();
    const hungrier = () => window.hungrier(never).then(() => window.hungry);
    expect(window.hungry).toBe(true);
    window.add(0, records(0, 0, [0, 4 * 1024 * 1024, 0]));
    expect(window.hungry).toBe(false);
    const turn = hungrier();
    (await take(window)).acknowledge();
    expect(window.hungry).toBe(false);
    (await take(window)).acknowledge();
    expect(await turn).toBe(true);

    window.add(0, records(0, 3, Array<number>(5000).fill(0)));
    expect(window.hungry).toBe(false);
    const revoked = hungrier();
    window.revokeAll();
    expect(await revoked).toBe(true);
  });

  it('gives the fault that it ended with to whoever asks, and takes nothing after', async () => {
    const window = open();
    const asked = window.next(never);
    window.end(new Error('no such topic'));
    await expect(asked).rejects.toThrow('no such topic');
    window.add(0, records(0, 0, [1]));
    await expect(window.next(never)).rejects.toThrow('no such topic');
    expect(window.standings()).toEqual([]);
  });
});
