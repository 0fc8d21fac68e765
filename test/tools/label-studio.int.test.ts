import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLabelStudio } from '../../src/adapters/tools/label-studio.js';
import type { LabelStudioOptions } from '../../src/adapters/tools/label-studio.js';
import { annotatorId } from '../../src/ids.js';
import type { AnnotationTool } from '../../src/queue/tools/annotation-tool.js';
import { legacyToken, personalToken, startLabelStudio } from './label-studio-server.js';
import type { LabelStudioServer, StudioTask } from './label-studio-server.js';
import { openTasks } from './pushed-tasks.js';

const everything = { limit: 100, filter: {} };

describe('Label Studio', () => {
  let studio: LabelStudioServer;
  let queue: Awaited<ReturnType<typeof openTasks>>;
  let tool: AnnotationTool;
  beforeEach(async () => {
    studio = await startLabelStudio();
    queue = await openTasks(8);
    tool = open();
  });
  afterEach(async () => {
    await tool.close();
    await tool.close();
    await queue.remove();
    await studio.close();
  });

  function open(options: Partial<LabelStudioOptions> = {}): AnnotationTool {
    return openLabelStudio({
      url: `${studio.url}/`,
      token: legacyToken,
      project: 'edgeminer',
      pictures: { kind: 'inline' },
      timeoutMs: 5000,
      firstWaitMs: 1,
      ...options,
    });
  }

  const shown = (): StudioTask[] => studio.projects.flatMap(({ tasks }) => tasks);
  const ids = () => shown().map(({ data }) => data['edgeminer_task']);
  const box = (x: number, name = 'cat') => ({
    id: 'r',
    from_name: 'label',
    to_name: 'image',
    type: 'rectanglelabels',
    value: { x, y: 25, width: 50, height: 50, rotation: 0, rectanglelabels: [name] },
  });
  const stats = async () => (await queue.store.queue.stats(queue.time.now)).byState;

  it('gets tasks with pictures and predictions, in a project made for the label set', async () => {
    const pushed = await queue.deskFor(tool).push({ limit: 5, filter: {} });
    expect(pushed).toEqual({ placed: 5, there: 0, unlabelled: 0, lost: [] });
    expect(studio.projects).toMatchObject([{ title: 'edgeminer animals@2' }]);
    const [first] = shown();
    expect(first?.data).toMatchObject({ edgeminer_round: 1, edgeminer_fence: 1, reasons: 'dark' });
    expect(String(first?.data['image'])).toMatch(/^data:image\/png;base64,iVBOR/);
    expect(first?.predictions).toMatchObject([
      {
        model_version: 'animals 3.1.0',
        score: 0.75,
        result: [{ value: { x: 25, y: 25, width: 50, height: 50, rectanglelabels: ['cat'] } }],
      },
    ]);
    // The project is found again, among others and on a later page.
    for (let n = 0; n < 7; n += 1) {
      studio.projects.unshift({ id: n, title: 'other', label_config: '', tasks: [], uploads: [] });
    }
    expect(await queue.deskFor(tool).push(everything)).toMatchObject({ placed: 3 });
    expect(studio.projects.filter(({ tasks }) => tasks.length > 0)).toHaveLength(1);
    expect(new Set(ids()).size).toBe(8);
  });

  it('gets pictures as uploads, or as the addresses of the API', async () => {
    const uploading = open({ pictures: { kind: 'upload' } });
    await queue.deskFor(uploading).push({ limit: 1, filter: {} });
    await uploading.close();
    const [upload] = studio.projects[0]?.uploads ?? [];
    expect(upload?.bytes).toBeGreaterThan(50);
    expect(shown()[0]?.data['image']).toBe(`/data/${upload?.file ?? ''}`);
    const linking = open({ pictures: { kind: 'url', base: 'https://e.example.com/' } });
    await queue.deskFor(linking).push({ limit: 1, filter: {} });
    await linking.close();
    const second = shown()[1]?.data;
    expect(second?.['image']).toBe(
      `https://e.example.com/v1/tasks/${String(second?.['edgeminer_task'])}/image`,
    );
  });

  it('gives back what people finished, and holds the rest on', async () => {
    const desk = queue.deskFor(tool);
    await desk.push(everything);
    const tasks = shown();
    studio.annotate(tasks[0], { result: [box(10)] });
    studio.annotate(tasks[1], { completed_by: 2, result: [] });
    studio.annotate(tasks[2], { was_cancelled: true });
    studio.annotate(tasks[3], { result: [box(10, 'bird')] });
    studio.annotate(tasks[4], { result: [box(10)] });
    studio.annotate(tasks[4], { result: [box(25)] });
    queue.time.now += 500_000;
    const synced = await desk.sync();
    expect(synced).toMatchObject({
      labelled: 3,
      skipped: 1,
      left: 3,
      known: 0,
      late: [],
      // One that was refused, and three that are left.
      held: 4,
      refused: [{}],
    });
    expect(synced.refused[0]?.where).toMatch(/^task 4 \(id \d+\), annotation \d+$/);
    expect(synced.refused[0]?.message).toContain("'bird' is not in the label set");
    const labelled = await queue.store.queue.list(
      { state: 'labelled' },
      { limit: 10 },
      queue.time.now,
    );
    const byId = new Map(labelled.map(({ id, label }) => [String(id), label]));
    const labelOf = (n: number) => byId.get(String(tasks[n]?.data['edgeminer_task']));
    expect(labelOf(0)).toMatchObject({ annotator: 'ada@example.com' });
    expect(labelOf(1)).toMatchObject({ annotator: 'bo', body: { kind: 'boxes', boxes: [] } });
    // Who annotated twice said what they said last.
    expect(labelOf(4)).toMatchObject({
      body: { boxes: [{ x: 16, y: 12, width: 32, height: 24 }] },
    });

    // The lease would be over by now, had it not been renewed.
    queue.time.now += 500_000;
    expect(await desk.sync()).toMatchObject({ labelled: 0, skipped: 0, known: 4, held: 4 });
    expect(await stats()).toMatchObject({ labelled: 3 });
  });

  it('asks several people about one task, each in their own name', async () => {
    const twice = await openTasks(1, { overlap: 2 });
    const desk = twice.deskFor(tool);
    await desk.push(everything);
    const [task] = shown();
    if (task === undefined) throw new Error('nothing was placed');
    studio.annotate(task, { completed_by: 1, result: [box(25)] });
    studio.annotate(task, { completed_by: 2, result: [box(25)] });
    // The lease is for one opinion; the second waits until the tool has the task again.
    expect(await desk.sync()).toMatchObject({ labelled: 1, late: [{}] });
    expect(await desk.push(everything)).toMatchObject({ placed: 0, there: 1 });
    expect(await desk.sync()).toMatchObject({ labelled: 1, known: 1, late: [] });
    expect(shown()).toHaveLength(1);
    const [ended] = await twice.store.queue.list({}, { limit: 1 }, twice.time.now);
    expect(ended).toMatchObject({
      state: 'labelled',
      opinions: [{ annotator: 'ada@example.com' }, { annotator: 'bo' }],
      label: { settledBy: 'agreement' },
    });
    await twice.remove();
  });

  it('asks anew in a new round, and never takes an answer of an earlier one', async () => {
    const desk = queue.deskFor(tool);
    await desk.push({ limit: 1, filter: {} });
    const [task] = shown();
    studio.annotate(task, { result: [box(10)] });
    await desk.sync();
    const [ended] = await queue.store.queue.list(
      { state: 'labelled' },
      { limit: 1 },
      queue.time.now,
    );
    if (ended === undefined) throw new Error('nothing is labelled');
    const order = { by: annotatorId('lee'), reason: 'the guideline changed' };
    await queue.store.queue.requeue(ended.id, order, queue.time.now);
    await desk.push({ limit: 1, filter: {} });
    expect(ids()).toEqual([ended.id, ended.id]);
    expect(await desk.sync()).toMatchObject({ labelled: 0, left: 1, late: [{}] });
    studio.annotate(shown()[1], { result: [box(25)] });
    expect(await desk.sync()).toMatchObject({ labelled: 1 });
  });

  it('takes an answer for a task that it let go of and has again, and names one that it lost', async () => {
    const desk = queue.deskFor(tool);
    await desk.push({ limit: 2, filter: {} });
    for (const task of shown()) studio.annotate(task, { result: [box(10)] });
    queue.time.now += 700_000;
    const late = await desk.sync();
    expect(late).toMatchObject({ labelled: 0, held: 0 });
    expect(late.late[0]?.message).toContain('its lease was lost: the task is pending now');
    await queue.desk.lease({ annotator: annotatorId('cy'), limit: 1, filter: {} });
    expect(await desk.push({ limit: 1, filter: {} })).toMatchObject({ placed: 0, there: 1 });
    const synced = await desk.sync();
    expect(synced).toMatchObject({ labelled: 1, late: [{}] });
    expect(synced.late[0]?.message).toContain('the task is leased now');
  });

  it('gives back tasks whose pictures are gone', async () => {
    const none = { ...queue.images, has: async () => false };
    const desk = queue.deskFor(tool, none);
    expect(await desk.push({ limit: 2, filter: {} })).toMatchObject({ placed: 0, lost: [{}, {}] });
    expect(await stats()).toMatchObject({ leased: 0, pending: 8 });
  });

  describe('away, failing or refusing', () => {
    const importPath = /\/import$/;
    it.each([
      ['before it took the tasks', { with: 500 }, 0],
      ['after it took the tasks', { with: 500, afterwards: true }, 5],
      ['without an answer before', { with: 'hang-up' as const }, 0],
      ['without an answer after', { with: 'hang-up' as const, afterwards: true }, 5],
    ])('%s: the push is repeated, and places nothing twice', async (_, flaw, taken) => {
      studio.flaws.push({ method: 'POST', path: importPath, ...flaw });
      const desk = queue.deskFor(tool);
      const failed = desk.push({ limit: 5, filter: {} });
      await expect(failed).rejects.toMatchObject({ code: 'tool.unavailable', retriable: true });
      expect(shown()).toHaveLength(taken);
      // Another process, that knows nothing of the first.
      const again = open();
      const limit = taken === 0 ? 5 : 1;
      await queue.deskFor(again).push({ limit, filter: {} });
      await again.close();
      expect(shown()).toHaveLength(taken === 0 ? 5 : 6);
      expect(new Set(ids()).size).toBe(shown().length);
      expect(await stats()).toMatchObject({ leased: shown().length });
    });

    it('after the project was made: there is one', async () => {
      studio.flaws.push({ method: 'POST', path: /projects\/$/, with: 502, afterwards: true });
      const desk = queue.deskFor(tool);
      await expect(desk.push(everything)).rejects.toMatchObject({ code: 'tool.unavailable' });
      expect(await desk.push(everything)).toMatchObject({ placed: 8 });
      expect(studio.projects).toHaveLength(1);
    });

    it('busy for a while: it is asked again', async () => {
      const retryAfter = { 'retry-after': '0.01' };
      studio.flaws.push(
        { method: 'POST', path: importPath, with: 429, headers: retryAfter, times: 2 },
        { method: 'GET', path: /tasks/, with: 503, times: 2 },
        { method: 'GET', path: /projects/, with: 'hang-up' },
      );
      expect(await queue.deskFor(tool).push(everything)).toMatchObject({ placed: 8 });
      expect(shown()).toHaveLength(8);
    });

    it('in the middle of the pages of a sync: what was taken stays taken', async () => {
      const desk = queue.deskFor(tool);
      await desk.push(everything);
      for (const task of shown()) studio.annotate(task, { result: [box(10)] });
      studio.flaws.push({ method: 'GET', path: /tasks.*page=3/, with: 500, times: 9 });
      await expect(desk.sync()).rejects.toMatchObject({ code: 'tool.unavailable', attempts: 4 });
      expect(await stats()).toMatchObject({ labelled: 6 });
      studio.flaws.length = 0;
      expect(await desk.sync()).toMatchObject({ labelled: 2, known: 6, held: 0 });
    });

    it('with a token that it does not know', async () => {
      const stranger = open({ token: 'another' });
      const push = queue.deskFor(stranger).push(everything);
      await expect(push).rejects.toMatchObject({
        code: 'tool.refused',
        retriable: false,
        field: 'tools.labelStudio.token',
      });
      await stranger.close();
      expect(studio.requests).toHaveLength(2);
      expect(shown()).toEqual([]);
    });

    it('not there at all', async () => {
      const url = studio.url;
      const nobody = open({ url: url.replace(/\d+$/, '9') });
      const push = queue.deskFor(nobody).push(everything);
      await expect(push).rejects.toMatchObject({ code: 'tool.unavailable' });
      await nobody.close();
    });

    it('something else than Label Studio', async () => {
      studio.flaws.push({ method: 'GET', path: /projects/, with: 200 });
      const push = queue.deskFor(tool).push(everything);
      await expect(push).rejects.toThrow('otherwise than it is documented');
    });
  });

  it('takes a personal access token, and renews what it gives', async () => {
    const personal = open({ token: personalToken });
    const desk = queue.deskFor(personal);
    await desk.push({ limit: 2, filter: {} });
    studio.expireTokens();
    expect(await desk.push({ limit: 2, filter: {} })).toMatchObject({ placed: 2 });
    const refreshes = studio.requests.filter((one) => one === 'POST /api/token/refresh/');
    expect(refreshes).toHaveLength(2);
    await personal.close();
    const stale = open({ token: 'not.this.one' });
    const push = queue.deskFor(stale).push(everything);
    await expect(push).rejects.toMatchObject({ code: 'tool.refused' });
    await stale.close();
  });

  it('waits for imports that are jobs', async () => {
    studio.importsAreJobs = true;
    expect(await queue.deskFor(tool).push(everything)).toMatchObject({ placed: 8 });
    expect(studio.requests.filter((one) => one.includes('/imports/'))).toHaveLength(2);
  });
});
