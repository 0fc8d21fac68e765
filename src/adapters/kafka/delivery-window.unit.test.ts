import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeliveryWindow } from './delivery-window.js';
import type { HandedOut, OpenBatch } from './delivery-window.js';

interface TestRecord {
  readonly batch: number;
  readonly position: number;
  readonly bytes: number;
}

const limits = { maxCount: 4, maxBytes: 100 };

/** What the test knows of a batch. */
interface Expected {
  readonly open: OpenBatch;
  readonly size: number;
  readonly acknowledged: Set<number>;
  handed: number;
  prefix: number;
  revoked: boolean;
}

type Step =
  | { readonly kind: 'open'; readonly sizes: readonly number[] }
  | { readonly kind: 'next' }
  | { readonly kind: 'acknowledge'; readonly which: number }
  | { readonly kind: 'revoke'; readonly which: number }
  | { readonly kind: 'revoke-all' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('open' as const),
    sizes: fc.array(fc.integer({ min: 0, max: 130 }), { maxLength: 6 }),
  }),
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('next' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('acknowledge' as const), which: fc.nat() }),
  },
  fc.record({ kind: fc.constant('revoke' as const), which: fc.nat() }),
  fc.record({ kind: fc.constant('revoke-all' as const) }),
);

function pick<T>(from: readonly T[], which: number): T | undefined {
  return from[which % Math.max(1, from.length)];
}

function records(batch: number, sizes: readonly number[]): TestRecord[] {
  return sizes.map((bytes, position) => ({ batch, position, bytes }));
}

describe('DeliveryWindow', () => {
  it('keeps order, limits, prefixes and revocation, whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const window = new DeliveryWindow<TestRecord>(limits);
        const batches: Expected[] = [];
        const out: HandedOut<TestRecord>[] = [];
        let settled = 0;
        const isOpen = (handed: HandedOut<TestRecord>) => {
          const batch = batches[handed.record.batch];
          return batch !== undefined && !batch.revoked
            ? !batch.acknowledged.has(handed.record.position)
            : false;
        };
        const revoke = (batch: Expected) => {
          if (batch.acknowledged.size < batch.size) batch.revoked = true;
        };

        for (const each of steps) {
          switch (each.kind) {
            case 'open': {
              const index = batches.length;
              const open = window.openBatch(records(index, each.sizes), (last) => {
                const batch = batches[index];
                if (batch === undefined) throw new Error('unknown batch');
                expect(last.position).toBeGreaterThanOrEqual(batch.prefix);
                batch.prefix = last.position + 1;
              });
              void open.settled.then(() => (settled += 1));
              batches.push({
                open,
                size: each.sizes.length,
                acknowledged: new Set(),
                handed: 0,
                prefix: 0,
                revoked: each.sizes.length === 0,
              });
              break;
            }
            case 'next': {
              const asked = new AbortController();
              const asking = window.next(asked.signal);
              await new Promise(setImmediate);
              asked.abort();
              const handed = await asking;
              if (handed === undefined) break;
              const batch = batches[handed.record.batch];
              if (batch === undefined) throw new Error('unknown batch');
              expect(batch.revoked).toBe(false);
              expect(handed.record.position).toBe(batch.handed);
              batch.handed += 1;
              out.push(handed);
              const held = out.filter(isOpen);
              expect(held.length).toBeLessThanOrEqual(limits.maxCount);
              if (held.length > 1) {
                const bytes = held.reduce((sum, { record }) => sum + record.bytes, 0);
                expect(bytes).toBeLessThanOrEqual(limits.maxBytes);
              }
              break;
            }
            case 'acknowledge': {
              const handed = pick(out, each.which);
              if (handed === undefined) break;
              if (isOpen(handed)) {
                batches[handed.record.batch]?.acknowledged.add(handed.record.position);
              }
              handed.acknowledge();
              break;
            }
            case 'revoke': {
              const batch = pick(batches, each.which);
              if (batch === undefined) break;
              revoke(batch);
              batch.open.revoke();
              break;
            }
            case 'revoke-all':
              batches.forEach(revoke);
              window.revokeAll();
              break;
          }
          for (const { acknowledged, prefix } of batches) {
            let run = 0;
            while (acknowledged.has(run)) run += 1;
            expect(prefix).toBe(run);
          }
          for (const handed of out) {
            expect(handed.revoked).toBe(batches[handed.record.batch]?.revoked);
          }
        }
        await new Promise(setImmediate);
        expect(settled).toBe(
          batches.filter((b) => b.revoked || b.acknowledged.size === b.size).length,
        );
      }),
      { numRuns: 200 },
    );
  });

  it('takes from the open batches in turn', async () => {
    const window = new DeliveryWindow<TestRecord>(limits);
    window.openBatch(records(0, [1, 1, 1]), () => undefined);
    window.openBatch(records(1, [1]), () => undefined);
    const never = new AbortController().signal;
    const order: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      const handed = await window.next(never);
      order.push(`${handed?.record.batch ?? '-'}/${handed?.record.position ?? '-'}`);
    }
    expect(order).toEqual(['0/0', '1/0', '0/1', '0/2']);
  });

  it('gives the fault that it ended with to whoever asks, and settles what comes after', async () => {
    const window = new DeliveryWindow<TestRecord>(limits);
    const asked = window.next(new AbortController().signal);
    window.end(new Error('no such topic'));
    await expect(asked).rejects.toThrow('no such topic');
    await window.openBatch(records(0, [1]), () => undefined).settled;
  });
});
