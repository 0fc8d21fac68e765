import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Delivery, EventSource } from '../event/event-source.js';
import { kserveTypes } from '../event/kserve.js';
import { EdgeminerError } from '../faults.js';
import { pairRequestsWithResponses } from './pair-requests.js';

const limits = { maxCount: 6, maxBytes: 10_000, maxAgeMs: 1000 };

interface Sent {
  readonly id: number;
  readonly role: 'request' | 'response';
  revoked: boolean;
  acknowledged: boolean;
}

function deliveryOf(sent: Sent): Delivery {
  const value = Buffer.from(
    JSON.stringify({
      id: `id-${sent.id}`,
      type: kserveTypes[sent.role],
      source: 's',
      data: sent.role === 'request' ? { instances: [{}, {}] } : { predictions: [{}, {}] },
    }),
  );
  return {
    origin: { stream: 's', partition: 0, offset: '0' },
    raw: { key: null, value, headers: {} },
    get revoked() {
      return sent.revoked;
    },
    read: () => Promise.reject(new Error('read by nobody')),
    acknowledge: () => (sent.acknowledged = true),
  };
}

/** A source that gives what it is told to give. */
function pushSource() {
  const waiting: Delivery[] = [];
  let wake: (() => void) | undefined;
  let ended = false;
  const source: EventSource = {
    async *deliveries() {
      for (;;) {
        const next = waiting.shift();
        if (next !== undefined) yield next;
        else if (ended) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    backlog: () => [],
    close: async () => undefined,
  };
  const tell = () => {
    wake?.();
    wake = undefined;
  };
  return {
    source,
    push: (delivery: Delivery) => {
      waiting.push(delivery);
      tell();
    },
    end: () => {
      ended = true;
      tell();
    },
  };
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      id: fc.nat({ max: 7 }),
      role: fc.constantFrom('request' as const, 'response' as const),
    }),
  },
  fc.record({ kind: fc.constant('settle' as const), which: fc.nat() }),
  fc.record({ kind: fc.constant('revoke' as const) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 400, 1200) }),
);

const turn = () => new Promise(setImmediate);

describe('pairRequestsWithResponses', () => {
  it('acknowledges nothing before its events are settled, and holds no more than it may', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        let now = 0;
        const { source, push, end } = pushSource();
        const sent: Sent[] = [];
        const alone: string[] = [];
        const paired = pairRequestsWithResponses(source, {
          limits,
          now: () => now,
          onAlone: (id) => alone.push(id),
          reader: (document) => ({
            kind: 'unreadable',
            fault: new EdgeminerError('event.failed', (document as { id: string }).id),
          }),
        });
        const out: { delivery: Delivery; id: string; settled: boolean }[] = [];
        const taking = (async () => {
          for await (const delivery of paired.deliveries(new AbortController().signal)) {
            const reading = await delivery.read();
            if (reading.kind !== 'unreadable') throw new Error('made of nothing');
            const { message, code } = reading.fault;
            const id = /id-\d+/.exec(message)?.[0] ?? '';
            out.push({
              delivery,
              id: code === 'event.unpaired' ? `${id} alone` : message,
              settled: false,
            });
          }
        })();
        const unsettled = (id: number) =>
          out.some((one) => !one.settled && !one.delivery.revoked && one.id.startsWith(`id-${id}`));
        for (const each of steps) {
          switch (each.kind) {
            case 'send': {
              const one: Sent = {
                id: each.id,
                role: each.role,
                revoked: false,
                acknowledged: false,
              };
              sent.push(one);
              push(deliveryOf(one));
              break;
            }
            case 'settle': {
              const one = out[each.which % Math.max(1, out.length)];
              if (one === undefined) break;
              one.delivery.acknowledge();
              one.settled = true;
              break;
            }
            case 'revoke':
              // A rebalance takes everything back at once.
              for (const one of sent) if (!one.acknowledged) one.revoked = true;
              break;
            case 'wait':
              now += each.ms;
              break;
          }
          await turn();
          await turn();
          for (const one of sent) {
            // What is acknowledged was settled in an event of its id.
            if (one.acknowledged) {
              expect(out.some(({ id, settled }) => settled && id.startsWith(`id-${one.id}`))).toBe(
                true,
              );
            }
          }
          const held = new Set(
            sent
              .filter((one) => !one.acknowledged && !one.revoked && !unsettled(one.id))
              .map(({ id, role }) => `${role} ${id}`),
          );
          expect(held.size).toBeLessThanOrEqual(limits.maxCount + 8);
        }
        end();
        await taking;
        for (const one of out) one.delivery.acknowledge();
        // At the end of the input nothing is left behind that is still ours.
        for (const one of sent) expect(one.acknowledged || one.revoked).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('joins the two in any order, one event per instance, once', async () => {
    for (const order of [
      ['request', 'response'],
      ['response', 'request'],
    ] as const) {
      const { source, push, end } = pushSource();
      const sent = order.map((role): Sent => ({
        id: 1,
        role,
        revoked: false,
        acknowledged: false,
      }));
      // A copy of each, as an at-least-once producer sends it.
      const copies = order.map((role): Sent => ({
        id: 1,
        role,
        revoked: false,
        acknowledged: false,
      }));
      for (const one of [...sent, ...copies]) push(deliveryOf(one));
      end();
      const documents: unknown[] = [];
      const paired = pairRequestsWithResponses(source, {
        limits,
        now: () => 0,
        onAlone: () => undefined,
        reader: (document) => {
          documents.push(document);
          return { kind: 'unreadable', fault: new EdgeminerError('event.failed', 'x') };
        },
      });
      for await (const delivery of paired.deliveries(new AbortController().signal)) {
        await delivery.read();
        expect(sent.some(({ acknowledged }) => acknowledged)).toBe(false);
        if (documents.length === 2) delivery.acknowledge();
        else queueMicrotask(() => delivery.acknowledge());
      }
      expect(documents).toMatchObject([{ id: 'id-1/0' }, { id: 'id-1/1' }]);
      expect([...sent, ...copies].every(({ acknowledged }) => acknowledged)).toBe(true);
    }
  });
});
