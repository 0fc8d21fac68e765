import fc from 'fast-check';
import { expect, it } from 'vitest';
import { batchId, eventId, sourceId as sourceIdOf } from '../../src/ids.js';
import type { BatchId } from '../../src/ids.js';
import type { Claim, LeaseFilter, RelabelQueue, Verdict } from '../../src/queue/relabel-queue.js';
import { candidate, request, start, term } from './candidate.js';
import { ModelQueue } from './model-queue.js';
import type { OpenQueue } from './relabel-queue.js';

type Command =
  | { readonly kind: 'offer'; readonly tasks: readonly OfferedTask[] }
  | { readonly kind: 'duplicate'; readonly task: number; readonly event: number }
  | { readonly kind: 'lease'; readonly limit: number; readonly filter: LeaseFilter }
  | { readonly kind: 'lease-again'; readonly pick: number; readonly limit: number }
  | { readonly kind: 'renew'; readonly pick: number }
  | { readonly kind: 'release'; readonly pick: number; readonly some: boolean }
  | { readonly kind: 'complete'; readonly pick: number; readonly verdict: Verdict }
  | { readonly kind: 'wait'; readonly time: number };

interface OfferedTask {
  readonly n: number;
  readonly priority: number;
  readonly raw: number;
  readonly control: boolean;
}

const pick = fc.nat({ max: 30 });
const small = fc.nat({ max: 7 });

const verdict: fc.Arbitrary<Verdict> = fc.oneof(
  fc.constantFrom('cat', 'dog').map((name) => ({
    kind: 'label' as const,
    body: { kind: 'class' as const, class: name },
    labelSet: 'animals@1',
  })),
  fc.string({ minLength: 1, maxLength: 5 }).map((reason) => ({ kind: 'skip' as const, reason })),
);

const offered: fc.Arbitrary<OfferedTask> = fc.record({
  n: small,
  priority: fc.constantFrom(0, 0.25, 0.5, 1),
  raw: fc.double(),
  control: fc.boolean(),
});

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('offer' as const),
      tasks: fc.array(offered, { maxLength: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('duplicate' as const), task: small, event: small }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('lease' as const),
      limit: fc.integer({ min: 1, max: 4 }),
      filter: fc.constantFrom<LeaseFilter>(
        {},
        {},
        { reason: 'dark' },
        { reason: 'control-sample' },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('lease-again' as const),
      pick,
      limit: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('renew' as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('release' as const), pick, some: fc.boolean() }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('complete' as const), pick, verdict }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      time: fc.constantFrom(1, term / 2, term),
    }),
  },
);

/** Runs the same random commands on the adapter and on the pure machine: they answer the same. */
export function likeTheModel(open: OpenQueue, numRuns: number): void {
  it('answers and ends like the pure state machine', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 40 }), async (commands) => {
        const { queue, remove } = await open();
        try {
          const model = new ModelQueue();
          const inAdapter = new Session(queue);
          const inModel = new Session(model);
          for (const each of commands) {
            const expected = await inModel.run(each);
            expect(await inAdapter.run(each)).toEqual(expected);
          }
          const stored = await Promise.all(model.all().map(({ id }) => queue.find(id)));
          expect(stored).toEqual(model.all());
        } finally {
          await remove();
        }
      }),
      { numRuns },
    );
  });
}

/** One client after another, each with a batch of its own; late ones keep their claims. */
class Session {
  private now = start;
  private readonly batches: BatchId[] = [];
  private readonly claims: Claim[] = [];
  private readonly known = new Set<number>();
  private readonly queue: Omit<RelabelQueue, 'close'>;

  constructor(queue: Omit<RelabelQueue, 'close'>) {
    this.queue = queue;
  }

  async run(command: Command): Promise<unknown> {
    const { queue, now } = this;
    switch (command.kind) {
      case 'offer': {
        for (const { n } of command.tasks) this.known.add(n);
        const contents = command.tasks.map(({ n, ...options }) => candidate(n, options));
        return queue.offer(
          contents.map((content) => ({ kind: 'task', content })),
          now,
        );
      }
      case 'duplicate': {
        if (!this.known.has(command.task)) return undefined;
        const of = candidate(command.task).id;
        const event = eventId(`copy-${command.event}`);
        await queue.offer([{ kind: 'duplicate', of, eventId: event }], now);
        const { modelName, sourceId } = candidate(0);
        const recalled: unknown[] = [];
        for (const n of [command.task, command.event]) {
          const taskId = candidate(n).id;
          recalled.push(await queue.recall({ taskId, modelName, sourceId, eventId: event }));
          const elsewhere = sourceIdOf('elsewhere');
          const nobody = candidate(999).id;
          recalled.push(
            await queue.recall({ taskId: nobody, modelName, sourceId, eventId: event }),
            await queue.recall({ taskId: nobody, modelName, sourceId: elsewhere, eventId: event }),
          );
        }
        const ever = { from: 0, to: Number.MAX_SAFE_INTEGER, limit: 5 };
        return [recalled, await queue.recentFingerprints({ modelName, sourceId, ...ever })];
      }
      case 'lease': {
        this.batches.push(batchId(`batch-${this.batches.length}`));
        return this.lease(this.batches.length - 1, command.limit, command.filter);
      }
      case 'lease-again':
        return this.batches.length === 0
          ? undefined
          : this.lease(command.pick % this.batches.length, command.limit, {});
      case 'renew': {
        const batch = this.batch(command.pick);
        return batch === undefined ? undefined : queue.renew(batch, now + 2 * term, now);
      }
      case 'release': {
        const batch = this.batch(command.pick);
        if (batch === undefined) return undefined;
        const some = this.claims.filter((_, n) => n % 2 === 0).map(({ taskId }) => taskId);
        return queue.release(batch, command.some ? some : 'all', now);
      }
      case 'complete': {
        const claim = this.claims[command.pick % Math.max(1, this.claims.length)];
        return claim === undefined ? undefined : queue.complete(claim, command.verdict, now);
      }
      case 'wait':
        this.now += command.time;
        return undefined;
    }
  }

  private batch(picked: number): BatchId | undefined {
    return this.batches[picked % Math.max(1, this.batches.length)];
  }

  private async lease(index: number, limit: number, filter: LeaseFilter): Promise<unknown> {
    const asked = request(`batch-${index}`, limit, { now: this.now, filter });
    const tasks = await this.queue.lease(asked, this.now);
    for (const { id, fence } of tasks) {
      this.claims.push({ taskId: id, batchId: asked.batchId, fence });
    }
    return tasks;
  }
}
