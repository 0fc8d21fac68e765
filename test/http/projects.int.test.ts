import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessTable, routesByProject } from '../../src/http/access.js';
import * as schemas from '../../src/http/schemas.js';
import { taskIdOf } from '../../src/queue/task-id.js';
import { eventId, sourceId, taskId } from '../../src/ids.js';
import { configured, startTestServer } from './test-server.js';
import type { Answer, TestServer } from './test-server.js';

/** Tokens that are limited to the project north; an admin may call every route there is. */
const people = ['admin', 'annotator', 'reviewer', 'producer'] as const;
const tokens = people.map((role) => ({
  name: `north ${role}`,
  role,
  tokenSha256: createHash('sha256').update(`north-${role}`).digest('hex'),
  projects: ['north', 'north-east'],
}));

let api: TestServer;
let north = '';
let others: string[] = [];

beforeAll(async () => {
  api = await startTestServer({ tokens: [...configured, ...tokens] });
  [north = ''] = await api.offer(1, 'animals', { project: 'north' });
  others = [
    ...(await api.offer(1, 'animals', { project: 'south' })),
    ...(await api.offer(1, 'animals', { project: '' })),
    ...(await api.offer(1, 'animals', {})),
    // Neither a prefix nor a pattern is the project.
    ...(await api.offer(1, 'animals', { project: 'North' })),
    ...(await api.offer(1, 'animals', { project: 'north,north-east' })),
  ];
});

afterAll(async () => {
  await api.close();
});

function as(
  role: (typeof people)[number],
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const headers = { authorization: `Bearer north-${role}` };
  return api.send(method, path, { headers, ...(body === undefined ? {} : { body }) });
}

describe('a token that is limited to projects', () => {
  it('lists tasks of these only, whatever it asks for', async () => {
    for (const query of ['', '?project=north', '?limit=1', '?state=pending']) {
      const page = schemas.taskPage.parse((await as('annotator', 'GET', `/v1/tasks${query}`)).json);
      expect(page.tasks.map(({ id }) => id)).toEqual([north]);
    }
    const south = await as('annotator', 'GET', '/v1/tasks?project=south');
    expect(south.json).toEqual({ tasks: [], next: null });
  });

  const byId = [...routesByProject].filter((route) => route.includes('/tasks/{id}'));
  const bodies: Readonly<Record<string, unknown>> = {
    labels: { batchId: 'b', fence: 1, label: { kind: 'class', class: 'cat' } },
    skip: { batchId: 'b', fence: 1, reason: 'fog' },
    adjudicate: { label: { kind: 'class', class: 'cat' } },
    requeue: { reason: 'x' },
    cancel: { reason: 'x' },
  };

  it.each(byId)('gets from %s what it would get if the task were not there', async (route) => {
    const [method = '', pattern = ''] = route.split(' ');
    const send = (id: string) =>
      as('admin', method, pattern.replace('{id}', id), bodies[pattern.split('/').at(-1) ?? '']);
    const nothing = await send('0'.repeat(64));
    expect(nothing).toMatchObject({ status: 404, json: { code: 'task.not-found' } });
    for (const id of others) {
      const answer = await send(id);
      const text = JSON.stringify(answer.json).replaceAll(id, '0'.repeat(64));
      expect(JSON.parse(text)).toEqual(nothing.json);
      expect(answer.headers.get('etag')).toBe(nothing.headers.get('etag'));
    }
    for (const id of others) {
      expect((await api.store.queue.find(taskId(id)))?.state).toBe('pending');
    }
  });

  it('leases, labels and reviews tasks of these only', async () => {
    const leased = await as('annotator', 'POST', '/v1/batches', { limit: 50 });
    const { batchId, tasks } = schemas.batch.parse(leased.json);
    expect(tasks.map(({ id }) => id)).toEqual([north]);
    const south = await as('annotator', 'POST', '/v1/batches', { limit: 5, project: 'south' });
    expect(schemas.batch.parse(south.json).tasks).toEqual([]);
    const label = { kind: 'class', class: 'cat' };
    const body = { batchId, fence: tasks[0]?.fence, label };
    expect((await as('annotator', 'GET', `/v1/tasks/${north}/image`)).status).toBe(200);
    expect((await as('annotator', 'POST', `/v1/tasks/${north}/labels`, body)).status).toBe(200);
    expect((await as('reviewer', 'GET', `/v1/tasks/${north}/audit`)).status).toBe(200);
    const again = await as('reviewer', 'POST', `/v1/tasks/${north}/requeue`, { reason: 'x' });
    expect(again).toMatchObject({ status: 200, json: { round: 2 } });
  });

  const event = (tags: Record<string, string>, id = 'e-1') => ({
    eventId: id,
    occurredAt: '2025-06-01T12:00:00Z',
    modelName: 'animals',
    modelVersion: '3.1.0',
    sourceId: 'camera-7',
    image: { bytes: Buffer.from('picture').toString('base64') },
    tags,
  });

  it('sends events of these only', async () => {
    const sent = await as('producer', 'POST', '/v1/events', event({ project: 'north-east' }));
    expect(sent.status).toBe(202);
    const foreign: Record<string, string>[] = [
      {},
      { project: 'south' },
      { Project: 'north' },
      { project: 'north ' },
    ];
    for (const tags of foreign) {
      const answer = await as('producer', 'POST', '/v1/events', event(tags));
      expect(answer).toMatchObject({
        status: 403,
        json: { code: 'auth.forbidden', field: 'tags.project' },
      });
    }
    const doubled = JSON.stringify(event({ project: 'north' })).replace(
      /\}$/u,
      ',"tags":{"project":"south"}}',
    );
    expect((await as('producer', 'POST', '/v1/events', doubled)).status).toBe(403);
  });

  it("can't bring new scores to another project's task under its event id", async () => {
    const [id = ''] = others;
    const task = await api.store.queue.find(taskId(id));
    if (task === undefined) throw new Error('the task is gone');
    expect(taskIdOf(sourceId(task.sourceId), eventId(task.eventId))).toBe(id);
    const forged = { ...event({ project: 'north' }, task.eventId), sourceId: task.sourceId };
    expect((await as('producer', 'POST', '/v1/events', forged)).status).toBe(403);
  });

  const across = Object.entries(accessTable).filter(
    ([route, access]) => access !== 'anyone' && !routesByProject.has(route),
  );
  it.each(across)('is refused by %s, which looks across all projects', async (route) => {
    const [method = '', pattern = ''] = route.split(' ');
    const path = pattern.replace(/\{\w+\}/u, '0'.repeat(64));
    const answer = await as('admin', method, path);
    expect(answer).toMatchObject({ status: 403, json: { code: 'auth.forbidden' } });
    expect(JSON.stringify(answer.json)).toContain('Use a token without projects');
  });
});
