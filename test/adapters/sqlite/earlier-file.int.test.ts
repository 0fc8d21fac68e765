import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import type { Client, InValue } from '@libsql/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toExactJson } from '../../../src/adapters/sqlite/exact-json.js';
import { openSqliteStore } from '../../../src/adapters/sqlite/open-sqlite-store.js';
import type { SqliteStore } from '../../../src/adapters/sqlite/open-sqlite-store.js';
import { applicationId, newestVersion, steps } from '../../../src/adapters/sqlite/schema.js';
import { batchId, eventId } from '../../../src/ids.js';
import { verifyChain } from '../../../src/queue/audit.js';
import { noTasks } from '../../../src/queue/task.js';
import type { TaskContent } from '../../../src/queue/task.js';
import { candidate, request, start, term } from '../../conformance/candidate.js';

const cat = { kind: 'class', class: 'cat' } as const;
const label = { body: cat, annotator: 'ada', labelledAt: start, labelSet: 'a@1' };
const skip = { reason: 'only fog', annotator: 'bo', skippedAt: start };
const boxes = [
  { label: 'cat', score: 0.2, x: 0, y: 0, width: 9, height: 9 },
  { label: 'bird', score: 0.7, x: 0, y: 0, width: 9, height: 9 },
];

describe('a file of an edgeminer that took one answer per task', () => {
  let folder: string;
  let store: SqliteStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-sqlite-'));
    const file = join(folder, 'queue.db');
    await writeEarlier(file);
    store = await openSqliteStore({ file });
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  it('opens with all that it holds', async () => {
    const { queue } = store;
    expect((await queue.stats(start)).byState).toEqual({
      ...noTasks(),
      pending: 2,
      leased: 1,
      labelled: 1,
      skipped: 1,
    });
    const lease = {
      batchId: 'a',
      annotator: 'ada',
      leasedAt: start + term,
      expiresAt: start + term,
    };
    const answer = { batchId: 'a', fence: 3, round: 1, heldMs: 0 };
    const first = { round: 1, overlap: 1, fence: 3, formerLabels: [] };
    expect(await queue.find(candidate(1).id)).toMatchObject({
      ...candidate(1),
      ...first,
      state: 'labelled',
      lease,
      label,
      skips: [],
      opinions: [{ ...answer, body: cat, annotator: 'ada', labelSet: 'a@1', givenAt: start }],
      duplicates: ['copy'],
    });
    expect(await queue.find(candidate(2).id)).toMatchObject({
      ...first,
      state: 'skipped',
      label: undefined,
      opinions: [],
      skips: [{ ...answer, ...skip }],
    });
    const { modelName, sourceId } = candidate(1);
    const again = { taskId: candidate(9).id, modelName, sourceId, eventId: eventId('copy') };
    expect(await queue.recall(again)).toEqual({ kind: 'duplicate' });
  });

  it('is found by class and project', async () => {
    const listed = async (filter: Parameters<typeof store.queue.list>[0]) =>
      (await store.queue.list(filter, { limit: 9 }, start)).map((task) => task.eventId).sort();
    expect(await listed({ topClass: 'dog' })).toEqual(['event-4']);
    expect(await listed({ topClass: 'cat' })).toEqual(['event-1', 'event-2', 'event-3']);
    expect(await listed({ topClass: 'bird' })).toEqual(['event-5']);
    expect(await listed({ project: 'north' })).toEqual(['event-4']);
  });

  it('answers a repeated request, and goes on', async () => {
    const { queue, audit } = store;
    const verdict = { kind: 'label', body: cat, labelSet: 'a@1' } as const;
    const claim = { taskId: candidate(1).id, batchId: batchId('a'), fence: 3 };
    expect((await queue.complete(claim, verdict, start)).kind).toBe('already-completed');
    const held = { ...claim, taskId: candidate(3).id };
    expect(await queue.complete(held, verdict, start)).toMatchObject({
      kind: 'completed',
      task: { state: 'labelled', opinions: [{ heldMs: 0 }] },
    });
    await queue.offer([{ kind: 'task', content: candidate(4) }], start);
    expect(await queue.lease(request('b', 5), start)).toHaveLength(2);
    const verdicts = (await audit.auditedTasks({ limit: 9 })).map(
      (one) => [one.task.eventId, verifyChain(one).kind] as const,
    );
    expect(new Map(verdicts)).toEqual(
      new Map([
        ['event-1', 'no-trail'],
        ['event-2', 'no-trail'],
        ['event-3', 'whole'],
        ['event-4', 'whole'],
        ['event-5', 'whole'],
      ]),
    );
  });

  it('has a trail that nobody changes or shortens with plain SQL', async () => {
    await store.queue.lease(request('b', 1), start);
    const client = createClient({ url: pathToFileURL(join(folder, 'queue.db')).href });
    await expect(client.execute("UPDATE audit SET actor = 'x'")).rejects.toThrow('only added to');
    await expect(client.execute('DELETE FROM audit')).rejects.toThrow('only added to');
    client.close();
  });
});

async function writeEarlier(file: string): Promise<void> {
  const client = createClient({ url: pathToFileURL(file).href });
  const earlier = 2;
  expect(newestVersion).toBeGreaterThan(earlier);
  for (const step of steps.slice(0, earlier)) await client.executeMultiple(step);
  await client.execute(`PRAGMA application_id = ${applicationId}`);
  await client.execute(`PRAGMA user_version = ${earlier}`);
  const held = { batch_id: 'a', annotator: 'ada', expires_at: start + term, fence: 3 };
  await insert(client, candidate(1), {
    ...held,
    state: 'labelled',
    ending: toExactJson({ label }),
  });
  await insert(client, candidate(2), { ...held, state: 'skipped', ending: toExactJson({ skip }) });
  await insert(client, candidate(3, { raw: Number.NaN }), { ...held, state: 'leased' });
  await insert(client, {
    ...candidate(4, { tags: { project: 'north' } }),
    predictions: { kind: 'classification', classes: ['cat', 'dog'], logits: [-3, 2] },
  });
  await insert(client, {
    ...candidate(5),
    predictions: { kind: 'detection', boxes, imageWidth: 9, imageHeight: 9 },
  });
  await client.execute({
    sql: "UPDATE tasks SET duplicates = json_insert(duplicates, '$[#]', 'copy') WHERE id = ?",
    args: [candidate(1).id],
  });
  client.close();
}

async function insert(
  client: Client,
  content: TaskContent,
  standing: Readonly<Record<string, InValue>> = { state: 'pending', fence: 0 },
): Promise<void> {
  const { decision, predictions, scores, eventId: event, modelVersion, image, tags } = content;
  const values: Record<string, InValue> = {
    ...standing,
    id: content.id,
    priority: decision.priority,
    offered_at: start,
    occurred_at: content.occurredAt,
    model_name: content.modelName,
    source_id: content.sourceId,
    perceptual_hash: image.perceptualHash,
    control_only: 0,
    reasons: JSON.stringify(decision.reasons),
    findings: toExactJson({ predictions, scores, decision }),
    event: toExactJson({ eventId: event, modelVersion, image, tags }),
  };
  const columns = Object.keys(values);
  await client.execute({
    sql: `INSERT INTO tasks (${columns.join(', ')})
          VALUES (${columns.map((column) => `:${column}`).join(', ')})`,
    args: values,
  });
}
