import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import type { Collection, Db, Document } from 'mongodb';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { TaskDocument } from '../../../src/adapters/mongo/documents.js';
import { closedTrailsOf } from '../../../src/adapters/mongo/mongo-eraser.js';
import { openMongoStore } from '../../../src/adapters/mongo/open-mongo-store.js';
import { claimIndex, claimOrder, freeFor } from '../../../src/adapters/mongo/task-filters.js';
import { annotatorId, batchId } from '../../../src/ids.js';
import type { TaskId } from '../../../src/ids.js';
import { verifyChain } from '../../../src/queue/audit.js';
import type { LeaseFilter } from '../../../src/queue/relabel-queue.js';
import { asOffers, candidate, request, start, term } from '../../conformance/candidate.js';
import { describeWith } from '../../services/describe-with.js';

describeWith(['mongo'], 'the documents of the queue', (services) => {
  let client: MongoClient;
  let db: Db;
  const open = () => openMongoStore({ uri: services().mongo.uri, database: db.databaseName });
  beforeEach(async () => {
    client = await MongoClient.connect(services().mongo.uri);
    db = client.db(`edgeminer-test-${randomBytes(6).toString('hex')}`);
  });
  afterEach(async () => {
    await db.dropDatabase();
    await client.close();
  });

  const filters: readonly LeaseFilter[] = [
    {},
    { reason: 'blur' },
    { topClass: 'cat', project: 'north' },
    { modelName: candidate(1).modelName, occurredAt: { from: start } },
    { reason: 'blur', offeredAt: { to: start } },
  ];

  it.each(filters)('are claimed along an index, without a sort: %j', async (filter) => {
    const store = await open();
    const contents = Array.from({ length: 300 }, (_, n) =>
      candidate(n, {
        priority: (n % 10) / 10,
        reasons: n % 50 === 0 ? ['blur', 'dark'] : ['dark'],
        tags: n % 2 === 0 ? { project: 'north' } : {},
      }),
    );
    await store.queue.offer(asOffers(contents), start);
    await store.queue.lease(request('others', 40), start);
    await store.close();
    const tasks: Collection<TaskDocument> = db.collection('tasks');
    const plan = await tasks
      .find(freeFor(request('b', 5, { filter }), start + term), { hint: claimIndex(filter) })
      .sort(claimOrder)
      .limit(5)
      .explain('executionStats');
    const { winningPlan } = plan['queryPlanner'] as Document;
    const stages = stagesOf(winningPlan as Document);
    expect(stages).toContain('IXSCAN');
    expect(stages).not.toContain('COLLSCAN');
    expect(stages).not.toContain('SORT');
    // It stops once it has what it came for, and reads few that it does not take.
    const { totalDocsExamined } = plan['executionStats'] as { totalDocsExamined: number };
    expect(totalDocsExamined).toBeLessThanOrEqual(15);
  });

  it('of an earlier edgeminer are read, answered and gone on with', async () => {
    const store = await open();
    await store.queue.offer(asOffers([1, 2, 3, 4].map((n) => candidate(n))), start);
    await store.close();
    const tasks = db.collection<Document & { _id: TaskId }>('tasks');
    const added = ['round', 'overlap', 'opinions', 'skips', 'formerLabels', 'answeredBy'];
    const gone = Object.fromEntries(
      [...added, 'audit', 'auditHead', 'topClass', 'project'].map((name) => [name, '' as const]),
    );
    await tasks.updateMany({}, { $unset: gone, $set: { skip: null } });
    const lease = { batchId: 'a', annotator: 'ada', expiresAt: start + term };
    const body = { kind: 'class', class: 'cat' } as const;
    const label = { body, annotator: 'ada', labelledAt: start, labelSet: 'a@1' };
    const skip = { reason: 'only fog', annotator: 'bo', skippedAt: start };
    const standings = [
      { state: 'labelled', lease, label, fence: 3 },
      { state: 'skipped', lease, skip, fence: 3 },
      { state: 'leased', lease, fence: 3 },
    ];
    for (const [n, standing] of standings.entries()) {
      await tasks.updateOne({ _id: candidate(n + 1).id }, { $set: standing });
    }
    await tasks.dropIndexes();
    await tasks.createIndexes([
      { key: { state: 1, 'decision.priority': -1 }, name: 'claim-order' },
    ]);

    const again = await open();
    const names = (await tasks.indexes()).map(({ name }) => name);
    expect(names).toContain('claim-order-2');
    expect(names).not.toContain('claim-order');
    const answer = { batchId: 'a', fence: 3, round: 1, heldMs: 0 };
    const { queue, audit } = again;
    expect(await queue.find(candidate(1).id)).toMatchObject({
      state: 'labelled',
      round: 1,
      overlap: 1,
      label,
      opinions: [{ ...answer, body, annotator: 'ada', labelSet: 'a@1', givenAt: start }],
      skips: [],
    });
    expect(await queue.find(candidate(2).id)).toMatchObject({
      state: 'skipped',
      opinions: [],
      skips: [{ ...answer, ...skip }],
    });
    const verdict = { kind: 'label', body, labelSet: 'a@1' } as const;
    const claim = { taskId: candidate(1).id, batchId: batchId('a'), fence: 3 };
    expect((await queue.complete(claim, verdict, start)).kind).toBe('already-completed');
    const held = { ...claim, taskId: candidate(3).id };
    expect(await queue.complete(held, verdict, start)).toMatchObject({
      kind: 'completed',
      task: { state: 'labelled', opinions: [{ annotator: 'ada', heldMs: 0 }] },
    });
    expect(await queue.lease(request('b', 4), start)).toMatchObject([{ id: candidate(4).id }]);
    const verdicts = (await audit.auditedTasks({ limit: 9 })).map(
      (one) => [one.task.eventId, verifyChain(one).kind] as const,
    );
    expect(new Map(verdicts)).toEqual(
      new Map([
        ['event-1', 'no-trail'],
        ['event-2', 'no-trail'],
        ['event-3', 'whole'],
        ['event-4', 'whole'],
      ]),
    );
    await again.close();
  });

  it('stay away where an erasure ends between the steps of an offer', async () => {
    const store = await open();
    const one = candidate(1);
    await store.queue.offer(asOffers([one]), start);
    const tasks: Collection<TaskDocument> = db.collection('tasks');
    const found = await tasks.findOne({ _id: one.id });
    // The writes of an erasure, which ends only once the offer waits for the task.
    const offered = await client.withSession(async (session) => {
      session.startTransaction();
      await closedTrailsOf(db).insertOne(
        {
          _id: one.id,
          auditHead: found?.auditHead ?? { seq: 0, hash: '' },
          audit: found?.audit ?? [],
        },
        { session },
      );
      await tasks.deleteOne({ _id: one.id }, { session });
      const changed = candidate(1, { priority: 0.9 });
      const offering = store.queue.offer(asOffers([changed, candidate(2)]), start + 1);
      await vi.waitFor(async () => {
        const running = client
          .db('admin')
          .aggregate([{ $currentOp: {} }, { $match: { op: 'update', ns: tasks.namespace } }]);
        expect(await running.toArray()).not.toEqual([]);
      }, 20_000);
      await session.commitTransaction();
      return offering;
    });
    expect(offered).toEqual(['known', 'queued']);
    expect(await store.queue.find(one.id)).toBeUndefined();
    expect(await store.queue.find(candidate(2).id)).toBeDefined();
    await store.close();
  });

  it('that an earlier edgeminer made again of an erased task go, and their trail stays', async () => {
    const store = await open();
    const { queue, eraser } = store;
    const one = candidate(1);
    await queue.offer(asOffers([one]), start);
    const tasks: Collection<TaskDocument> = db.collection('tasks');
    const again = await tasks.findOne({ _id: one.id });
    if (again === null) throw new Error('it was offered');
    const order = { by: annotatorId('cora'), reason: 'request 17' };
    expect(await eraser.erase([one.id], order, start + 1)).toEqual([one.id]);
    const trails = await eraser.closedTrails({ limit: 9 });

    await tasks.insertOne(again);
    expect(await eraser.erase([one.id], order, start + 2)).toEqual([one.id]);
    expect(await queue.find(one.id)).toBeUndefined();

    await tasks.insertOne(again);
    expect(await queue.offer(asOffers([one]), start + 3)).toEqual(['known']);
    expect(await queue.find(one.id)).toBeUndefined();
    expect(await eraser.closedTrails({ limit: 9 })).toEqual(trails);
    await store.close();
  });
});

function stagesOf(plan: Document): readonly string[] {
  const inner = [plan['inputStage'], ...((plan['inputStages'] as Document[] | undefined) ?? [])];
  return [
    String(plan['stage']),
    ...inner.flatMap((one) => (one === undefined ? [] : stagesOf(one as Document))),
  ];
}
