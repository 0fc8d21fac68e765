import fc from 'fast-check';
import { expect, it } from 'vitest';
import { annotatorId, batchId, eventId, sourceId as sourceIdOf } from '../../src/ids.js';
import type { BatchId } from '../../src/ids.js';
import type { LabelBody } from '../../src/label/label.js';
import { verifyChain } from '../../src/queue/audit.js';
import type {
  Claim,
  LeaseFilter,
  RelabelQueue,
  TaskReader,
  Verdict,
} from '../../src/queue/relabel-queue.js';
import { settleUnanimously } from '../../src/queue/rules.js';
import type { QueueRules } from '../../src/queue/rules.js';
import type { RequeueOrder, TaskGovernor } from '../../src/queue/task-governor.js';
import type { Task } from '../../src/queue/task.js';
import { answeredBy } from '../../src/queue/transitions.js';
import { candidate, request, start, term } from './candidate.js';
import { ModelQueue } from './model-queue.js';
import type { OpenQueue, QueueUnderTest } from './relabel-queue.js';

type Command =
  | { readonly kind: 'offer'; readonly tasks: readonly OfferedTask[] }
  | { readonly kind: 'duplicate'; readonly task: number; readonly event: number }
  | {
      readonly kind: 'lease';
      readonly who: string;
      readonly limit: number;
      readonly filter: LeaseFilter;
    }
  | { readonly kind: 'lease-again'; readonly pick: number; readonly limit: number }
  | { readonly kind: 'renew'; readonly pick: number }
  | { readonly kind: 'release'; readonly pick: number; readonly some: boolean }
  | { readonly kind: 'complete'; readonly pick: number; readonly verdict: Verdict }
  | { readonly kind: 'adjudicate'; readonly task: number; readonly body: LabelBody }
  | {
      readonly kind: 'requeue';
      readonly task: number;
      readonly why?: Pick<RequeueOrder, 'discounting' | 'secondLook'>;
    }
  | { readonly kind: 'cancel'; readonly task: number }
  | { readonly kind: 'holdings' }
  | { readonly kind: 'wait'; readonly time: number };

interface OfferedTask {
  readonly n: number;
  readonly priority: number;
  readonly raw: number;
  readonly control: boolean;
}

/** One to three opinions, by the task. */
const rules: QueueRules = {
  overlapOf: ({ eventId: event }) => 1 + (Number(event.slice('event-'.length)) % 3),
  settle: (opinions) => {
    const settled = settleUnanimously(opinions);
    return settled.kind === 'agreed' ? settled : { ...settled, why: ['They differ.'] };
  },
  skipsToEnd: 2,
};

const people = ['ada', 'bo', 'cy', 'dee'];
const pick = fc.nat({ max: 30 });
const small = fc.nat({ max: 7 });
const body: fc.Arbitrary<LabelBody> = fc
  .constantFrom('cat', 'cat', 'dog')
  .map((name) => ({ kind: 'class', class: name }));

const verdict: fc.Arbitrary<Verdict> = fc.oneof(
  {
    weight: 3,
    arbitrary: body.map((said) => ({
      kind: 'label' as const,
      body: said,
      labelSet: 'animals@1',
    })),
  },
  {
    weight: 1,
    arbitrary: fc
      .string({ minLength: 1, maxLength: 5 })
      .map((reason) => ({ kind: 'skip' as const, reason })),
  },
);

const offered: fc.Arbitrary<OfferedTask> = fc.record({
  n: small,
  priority: fc.constantFrom(0, 0.25, 0.5, 1),
  raw: fc.double(),
  control: fc.boolean(),
});

function weighed<T>(weight: number, arbitrary: fc.Arbitrary<T>) {
  return { weight, arbitrary };
}

const kind = <K extends string>(name: K) => fc.constant(name);

const command: fc.Arbitrary<Command> = fc.oneof(
  weighed(3, fc.record({ kind: kind('offer'), tasks: fc.array(offered, { maxLength: 6 }) })),
  weighed(1, fc.record({ kind: kind('duplicate'), task: small, event: small })),
  weighed(
    6,
    fc.record({
      kind: kind('lease'),
      who: fc.constantFrom(...people),
      limit: fc.integer({ min: 1, max: 4 }),
      filter: fc.constantFrom<LeaseFilter>(
        {},
        {},
        {},
        { reason: 'dark' },
        { reason: 'control-sample' },
        { topClass: 'cat', project: 'north' },
        { offeredAt: { from: start + 1 }, occurredAt: { to: candidate(4).occurredAt } },
      ),
    }),
  ),
  weighed(1, fc.record({ kind: kind('lease-again'), pick, limit: fc.integer({ min: 1, max: 5 }) })),
  weighed(2, fc.record({ kind: kind('renew'), pick })),
  weighed(2, fc.record({ kind: kind('release'), pick, some: fc.boolean() })),
  weighed(9, fc.record({ kind: kind('complete'), pick, verdict })),
  weighed(2, fc.record({ kind: kind('adjudicate'), task: small, body })),
  weighed(2, fc.record({ kind: kind('requeue'), task: small })),
  weighed(
    2,
    fc.record({
      kind: kind('requeue'),
      task: small,
      why: fc.constantFrom<Pick<RequeueOrder, 'discounting' | 'secondLook'>>(
        { discounting: annotatorId('ada') },
        { discounting: annotatorId('bo') },
        { secondLook: ['The model says dog.'] },
      ),
    }),
  ),
  weighed(1, fc.record({ kind: kind('cancel'), task: small })),
  weighed(1, fc.record({ kind: kind('holdings') })),
  weighed(2, fc.record({ kind: kind('wait'), time: fc.constantFrom(1, term / 2, term) })),
);

/** Runs the same random commands on the adapter and on the pure machine: they answer the same. */
export function likeTheModel(open: OpenQueue, numRuns: number): void {
  it('answers and ends like the pure state machine', { timeout: 1_800_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 50 }), async (commands) => {
        const opened = await open(rules);
        try {
          const model = new ModelQueue(rules);
          const inAdapter = new Session(opened.queue);
          const inModel = new Session(model);
          let before: readonly Task[] = [];
          for (const each of commands) {
            const expected = await inModel.run(each);
            expect(await inAdapter.run(each)).toEqual(expected);
            holdsInvariants(before, model.all());
            before = model.all();
          }
          await endsAlike(opened, model);
        } finally {
          await opened.remove();
        }
      }),
      { numRuns },
    );
  });
}

/** What no step may do, whoever took it. */
function holdsInvariants(before: readonly Task[], after: readonly Task[]): void {
  for (const task of after) {
    const was = before.find(({ id }) => id === task.id);
    const answers = answeredBy(task);
    expect(new Set(answers).size, 'one answer each in a round').toBe(answers.length);
    if (task.state === 'leased') expect(answers).not.toContain(task.lease?.annotator);
    expect(task.label !== undefined, 'a label just where it is labelled').toBe(
      task.state === 'labelled',
    );
    const opinions = task.opinions.filter(({ round }) => round === task.round);
    expect(opinions.length).toBeLessThanOrEqual(task.overlap);
    if (task.state === 'disputed') expect(opinions).toHaveLength(task.overlap);
    if (was === undefined) continue;
    expect(task.fence).toBeGreaterThanOrEqual(was.fence);
    expect(task.round).toBeGreaterThanOrEqual(was.round);
    for (const list of ['opinions', 'skips', 'formerLabels', 'disputes', 'secondLooks'] as const) {
      const { [list]: now = [] } = task;
      const { [list]: then = [] } = was;
      expect(now.slice(0, then.length), 'nothing said is lost').toEqual(then);
    }
    if (task.state === 'disputed') expect(task.disputes?.at(-1)?.round).toBe(task.round);
    const looked = (task.secondLooks ?? []).map((look) => look.label);
    expect(new Set(looked).size, 'no second look at what survived one').toBe(looked.length);
  }
}

async function endsAlike({ queue, audit }: QueueUnderTest, model: ModelQueue): Promise<void> {
  const stored = await Promise.all(model.all().map(({ id }) => queue.find(id)));
  expect(stored).toEqual(model.all());
  const audited = await audit.auditedTasks({ limit: 1000 });
  expect(audited.map(({ task }) => task)).toEqual(model.all());
  for (const one of audited) {
    expect(verifyChain(one)).toEqual({ kind: 'whole' });
    const names = await audit.namesOf(one.entries.map(({ actor }) => actor));
    const shown = one.entries.map(({ actor, action, from, to, round, fence, detail, at }) => {
      const by = names.get(actor) ?? actor;
      return { action, by, from, to, round, fence, detail, at };
    });
    expect(shown).toEqual(model.trailOf(one.task.id));
  }
}

type Client = Omit<RelabelQueue, 'close'> & TaskGovernor & Pick<TaskReader, 'holdings'>;

/** One client after another, each with a batch of its own; late ones keep their claims. */
class Session {
  private now = start;
  private readonly batches: { readonly id: BatchId; readonly who: string }[] = [];
  private readonly claims: Claim[] = [];
  private readonly known = new Set<number>();
  private readonly queue: Client;

  constructor(queue: Client) {
    this.queue = queue;
  }

  async run(command: Command): Promise<unknown> {
    const { queue, now } = this;
    switch (command.kind) {
      case 'offer': {
        for (const { n } of command.tasks) this.known.add(n);
        const contents = command.tasks.map(({ n, ...options }) =>
          candidate(n, { ...options, tags: n % 2 === 0 ? { project: 'north' } : {} }),
        );
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
        const batch = { id: batchId(`batch-${this.batches.length}`), who: command.who };
        this.batches.push(batch);
        return this.lease(batch, command.limit, command.filter);
      }
      case 'lease-again': {
        const batch = this.batch(command.pick);
        return batch === undefined ? undefined : this.lease(batch, command.limit, {});
      }
      case 'renew': {
        const batch = this.batch(command.pick);
        return batch === undefined ? undefined : queue.renew(batch.id, now + 2 * term, now);
      }
      case 'release': {
        const batch = this.batch(command.pick);
        if (batch === undefined) return undefined;
        const some = this.claims.filter((_, n) => n % 2 === 0).map(({ taskId }) => taskId);
        return queue.release(batch.id, command.some ? some : 'all', now);
      }
      case 'complete': {
        // Late claims are tried too, more seldom.
        const back = command.pick % 4 === 0 ? command.pick : command.pick % 3;
        const claim = this.claims[Math.max(0, this.claims.length - 1 - back)];
        return claim === undefined ? undefined : queue.complete(claim, command.verdict, now);
      }
      case 'adjudicate': {
        const ruling = { by: annotatorId('judge'), body: command.body, labelSet: 'animals@1' };
        return queue.adjudicate(candidate(command.task).id, ruling, now);
      }
      case 'requeue': {
        const order = { by: annotatorId('lead'), reason: command.kind, ...command.why };
        return queue.requeue(candidate(command.task).id, order, now);
      }
      case 'cancel': {
        const order = { by: annotatorId('lead'), reason: command.kind };
        return queue.cancel(candidate(command.task).id, order, now);
      }
      case 'holdings':
        return queue.holdings(now);
      case 'wait':
        this.now += command.time;
        return undefined;
    }
  }

  private batch(picked: number) {
    return this.batches[picked % Math.max(1, this.batches.length)];
  }

  private async lease(
    batch: { readonly id: BatchId; readonly who: string },
    limit: number,
    filter: LeaseFilter,
  ): Promise<unknown> {
    const { now } = this;
    const asked = {
      ...request(batch.id, limit, { now, filter }),
      annotator: annotatorId(batch.who),
    };
    const tasks = await this.queue.lease(asked, now);
    for (const { id, fence } of tasks) {
      this.claims.push({ taskId: id, batchId: asked.batchId, fence });
    }
    return tasks;
  }
}
