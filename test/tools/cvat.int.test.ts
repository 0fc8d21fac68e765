import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCvat } from '../../src/adapters/tools/cvat.js';
import type { CvatOptions } from '../../src/adapters/tools/cvat.js';
import type { AnnotationTool } from '../../src/queue/tools/annotation-tool.js';
import { readPictureName } from '../../src/queue/tools/cvat-picture.js';
import { accessToken, account, startCvat } from './cvat-server.js';
import type { CvatServer } from './cvat-server.js';
import type { Flaw } from './flaws.js';
import { openTasks } from './pushed-tasks.js';

const everything = { limit: 100, filter: {} };

describe('CVAT', () => {
  let cvat: CvatServer;
  let queue: Awaited<ReturnType<typeof openTasks>>;
  let tool: AnnotationTool;
  beforeEach(async () => {
    cvat = await startCvat();
    queue = await openTasks(8);
    tool = open();
  });
  afterEach(async () => {
    await tool.close();
    await tool.close();
    await queue.remove();
    await cvat.close();
  });

  function open(options: Partial<CvatOptions> = {}): AnnotationTool {
    return openCvat({
      url: cvat.url,
      access: { kind: 'token', token: accessToken },
      project: 'edgeminer',
      picturesPerJob: 3,
      timeoutMs: 5000,
      firstWaitMs: 1,
      ...options,
    });
  }

  const stats = async () => (await queue.store.queue.stats(queue.time.now)).byState;
  const frames = () => cvat.tasks.flatMap((task) => task.frames);
  const taskIds = () => frames().map(({ name }) => readPictureName(name)?.claim.taskId);

  function finish(job: number, username: string): void {
    const found = cvat.tasks.flatMap(({ jobs }) => jobs)[job];
    if (found === undefined) throw new Error('there is no such job');
    [found.state, found.assignee] = ['completed', { username }];
  }

  it('gets a task for the batch, with pictures, labels and predictions', async () => {
    expect(await queue.deskFor(tool).push({ limit: 5, filter: {} })).toMatchObject({ placed: 5 });
    expect(cvat.projects).toMatchObject([{ name: 'edgeminer animals@2' }]);
    expect(cvat.projects[0]?.labels.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'cat rectangle',
      'dog rectangle',
      '(picture) tag',
      '(skip) tag',
    ]);
    const [task] = cvat.tasks;
    expect(task).toMatchObject({ name: 'edgeminer batch-1', jobs: [{}, {}] });
    expect(task?.frames).toHaveLength(5);
    expect(task?.annotations.shapes[0]).toMatchObject({
      frame: 0,
      type: 'rectangle',
      points: [16, 12, 48, 36],
    });
    expect(await queue.deskFor(tool).push(everything)).toMatchObject({ placed: 3 });
    expect(cvat.projects).toHaveLength(1);
    expect(new Set(taskIds()).size).toBe(8);
  });

  it('gives back the jobs that people finished, and holds the rest on', async () => {
    const desk = queue.deskFor(tool);
    await desk.push(everything);
    const [task] = cvat.tasks;
    const labels = cvat.projects[0]?.labels ?? [];
    const idOf = (name: string) => labels.find((one) => one.name === name)?.id ?? 0;
    const shapes = task?.annotations.shapes ?? [];
    // Of the first job: one accepted, one with nothing in it, one skipped; the second has a turned box.
    shapes.splice(1, 2);
    const reason = labels.find(({ name }) => name === '(skip)')?.attributes[0]?.id ?? 0;
    task?.annotations.tags.push({
      frame: 2,
      label_id: idOf('(skip)'),
      attributes: [{ spec_id: reason, value: 'only fog' }],
    });
    const turned = shapes.find(({ frame }) => frame === 3);
    if (turned !== undefined) turned['rotation'] = 30;
    const hidden = shapes.find(({ frame }) => frame === 4);
    if (hidden !== undefined) hidden['occluded'] = true;
    finish(0, 'ada');
    expect(await desk.sync()).toMatchObject({ labelled: 2, skipped: 1, left: 5, held: 5 });
    finish(1, 'bo');
    const second = await desk.sync();
    expect(second).toMatchObject({
      labelled: 2,
      known: 3,
      left: 2,
      held: 3,
      refused: [{}],
      dropped: [{}],
    });
    expect(second.refused[0]?.message).toContain('30 degrees, but boxes stand upright');
    expect(second.dropped[0]?.what).toContain("'occluded'");
    const labelled = await queue.store.queue.list(
      { state: 'labelled' },
      { limit: 9 },
      queue.time.now,
    );
    const counts = labelled.map(({ label }) => [
      label?.annotator,
      label?.body.kind === 'boxes' ? label.body.boxes.length : -1,
    ]);
    expect(counts.sort()).toEqual([
      ['ada', 0],
      ['ada', 1],
      ['bo', 1],
      ['bo', 1],
    ]);
  });

  const flaws: readonly (readonly [string, Flaw])[] = [
    ['at the task', { method: 'POST', path: /tasks$/, with: 500 }],
    ['after the task', { method: 'POST', path: /tasks$/, with: 500, afterwards: true }],
    ['at the upload', { method: 'POST', path: /data\/$/, with: 'hang-up' }],
    [
      'after the upload',
      { method: 'POST', path: /data\/$/, with: 502, afterwards: true, times: 3 },
    ],
    ['while it works', { method: 'GET', path: /requests/, with: 500, times: 4 }],
    ['at the frames', { method: 'GET', path: /meta$/, with: 503, times: 4 }],
    ['at the predictions', { method: 'PUT', path: /annotations/, with: 500, times: 4 }],
    ['at the name', { method: 'PATCH', path: /tasks/, with: 'hang-up' }],
    ['after the name', { method: 'PATCH', path: /tasks/, with: 500, afterwards: true }],
  ];
  it.each(flaws)('failing %s: the push is repeated, and places nothing twice', async (_, flaw) => {
    await queue.deskFor(tool).push({ limit: 1, filter: {} });
    cvat.flaws.push({ ...flaw });
    const failed = queue.deskFor(tool).push({ limit: 4, filter: {} });
    await expect(failed).rejects.toMatchObject({ code: 'tool.unavailable' });
    cvat.flaws.length = 0;
    // Another process, that knows nothing of the first.
    const again = open();
    await queue.deskFor(again).push({ limit: 4, filter: {} });
    await again.close();
    expect(new Set(taskIds()).size).toBe(frames().length);
    expect(cvat.tasks.every(({ name }) => /^edgeminer batch-\d+$/.test(name))).toBe(true);
    expect(cvat.tasks.every((task) => task.annotations.shapes.length === task.frames.length)).toBe(
      true,
    );
    expect(await stats()).toMatchObject({ leased: frames().length });
  });

  it('keeps a task that was never filled to its end, once somebody works on it', async () => {
    cvat.flaws.push({ method: 'PATCH', path: /tasks/, with: 'hang-up' });
    await expect(queue.deskFor(tool).push(everything)).rejects.toThrow('does not answer');
    const [job] = cvat.tasks[0]?.jobs ?? [];
    if (job !== undefined) job.state = 'in progress';
    expect(await queue.deskFor(tool).push(everything)).toMatchObject({ placed: 0 });
    expect(frames()).toHaveLength(8);
    finish(0, 'ada');
    expect(await queue.deskFor(tool).sync()).toMatchObject({ labelled: 3 });
  });

  it('takes a password for a key, and asks for another when that has run out', async () => {
    const signedIn = open({ access: { kind: 'password', ...account }, organization: 'team' });
    await queue.deskFor(signedIn).push({ limit: 2, filter: {} });
    cvat.expireKeys();
    expect(await queue.deskFor(signedIn).push({ limit: 2, filter: {} })).toMatchObject({
      placed: 2,
    });
    expect(cvat.requests.filter((one) => one === 'POST /api/auth/login')).toHaveLength(2);
    await signedIn.close();
    const access = { kind: 'password', username: 'edgeminer', password: 'wrong' } as const;
    for (const wrong of [access, { kind: 'token', token: 'another' } as const]) {
      const stranger = open({ access: wrong });
      const push = queue.deskFor(stranger).push(everything);
      await expect(push).rejects.toMatchObject({ code: 'tool.refused', retriable: false });
      await stranger.close();
    }
  });

  it('busy for a while: it is asked again', async () => {
    cvat.flaws.push(
      { method: 'POST', path: /tasks$/, with: 429, headers: { 'retry-after': '0.01' }, times: 2 },
      { method: 'GET', path: /labels/, with: 503, times: 2 },
    );
    expect(await queue.deskFor(tool).push(everything)).toMatchObject({ placed: 8 });
  });

  it('says what CVAT could not do', async () => {
    const broken = {
      ...queue.images,
      get: async () => ({ bytes: new Uint8Array([1]), contentType: 'image/png' as const }),
    };
    const push = queue.deskFor(tool, broken).push(everything);
    await expect(push).rejects.toThrow('CVAT could not take the pictures');
  });
});
