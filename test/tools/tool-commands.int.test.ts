import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { annotatorId } from '../../src/ids.js';
import { runCommand } from '../cli/run-command.js';
import { accessToken, startCvat } from './cvat-server.js';
import { legacyToken, startLabelStudio } from './label-studio-server.js';
import { openTasks } from './pushed-tasks.js';

describe('the commands for other tools', () => {
  let queue: Awaited<ReturnType<typeof openTasks>>;
  let environment: Record<string, string>;
  beforeEach(async () => {
    queue = await openTasks(4);
    environment = {};
    await configure({});
  });
  afterEach(() => queue.remove());

  async function configure(rules: object): Promise<void> {
    const config = {
      dataDir: '.',
      store: { kind: 'sqlite', file: 'queue.db' },
      labelSets: {
        animals: {
          version: 2,
          kind: 'boxes',
          classes: ['cat', 'dog'],
          attributes: [{ name: 'asleep', on: 'object', kind: 'boolean' }],
          text: 'optional',
        },
      },
      models: [{ name: 'animals', labelSet: 'animals', reference: 'none', embedder: 'none' }],
      tools: { annotators: { 'ada@example.com': 'ada', 'bo@example.com': 'bo' } },
      queue: rules,
    };
    await writeFile(join(queue.folder, 'edgeminer.config.yaml'), stringify(config));
  }

  const run = (...args: readonly string[]) =>
    runCommand(args, { folder: queue.folder, now: queue.time.now, environment });

  const at = (...path: readonly string[]) => join(queue.folder, ...path);
  const pull = (format: string, ...more: readonly string[]) =>
    run('queue', 'pull', '--annotator', 'ada', '--out', 'batch', '--format', format, ...more);

  interface Pulled {
    readonly data: { readonly image: string; readonly edgeminer_task: string };
    readonly predictions: readonly { readonly result: readonly object[] }[];
  }

  it('pull for Label Studio, and import what it exports', async () => {
    const pulled = await pull('label-studio');
    expect(pulled.stdout).toContain('4 tasks in');
    expect((await readdir(at('batch'))).sort()).toEqual([
      'animals@2.labelling-config.xml',
      'animals@2.tasks.json',
      'images',
    ]);
    const tasks = JSON.parse(
      await readFile(at('batch', 'animals@2.tasks.json'), 'utf8'),
    ) as Pulled[];
    expect(tasks[0]?.data.image).toMatch(
      /^\/data\/local-files\/\?d=batch\/images\/[0-9a-f]{64}\.png$/,
    );
    const result = tasks[0]?.predictions[0]?.result ?? [];
    const ada = { id: 1, email: 'ada@example.com', first_name: 'Ada' };
    const exported = [
      { id: 1, ...tasks[0], annotations: [{ id: 11, completed_by: ada, result }] },
      {
        id: 2,
        ...tasks[1],
        annotations: [{ id: 12, completed_by: ada, result: [], was_cancelled: true }],
      },
      {
        id: 3,
        ...tasks[2],
        annotations: [{ id: 13, completed_by: 1, result: [{ type: 'brush' }] }],
      },
      { id: 4, ...tasks[3], annotations: [] },
      { id: 5, data: { image: 'a stranger.jpg' }, annotations: [] },
      { id: 6, data: { edgeminer_task: 7 } },
    ];
    await writeFile(at('export.json'), JSON.stringify(exported));
    const first = await run('queue', 'import', 'export.json', '--format', 'label-studio');
    expect(first.code).toBe(1);
    expect(first.stdout).toContain(
      '1 labelled, 1 skipped, 1 left for later, 0 taken before, 0 too late, 2 refused',
    );
    expect(first.stdout).toContain(
      "task 3 (id 3), annotation 13: result[0] is 'brush' of the control ''",
    );
    expect(first.stdout).toContain('task 6: data.edgeminer_task');
    expect(first.stdout).toContain('task 5: what is no task of edgeminer is not kept');
    expect(first.stderr).toContain('label.invalid');
    const again = await run('queue', 'import', 'export.json', '--format', 'label-studio');
    expect(again.stdout).toContain('0 labelled, 0 skipped, 1 left for later, 2 taken before');
    const [task] = await queue.store.queue.list(
      { state: 'labelled' },
      { limit: 1 },
      queue.time.now,
    );
    expect(task?.label).toMatchObject({
      annotator: 'ada',
      body: { boxes: [{ class: 'cat', x: 16, y: 12, width: 32, height: 24 }] },
    });
  });

  it('take one opinion of a lease, and name what came too late', async () => {
    await pull('label-studio', '--limit', '2', '--pictures', 'inline');
    const file = at('batch', 'animals@2.tasks.json');
    const tasks = JSON.parse(await readFile(file, 'utf8')) as Pulled[];
    expect(tasks[0]?.data.image).toMatch(/^data:image\/png;base64,/);
    const [ada, bo] = [1, 2].map((id) => ({
      id,
      completed_by: { email: id === 1 ? 'ada@example.com' : 'bo@example.com' },
      result: [],
    }));
    const both = tasks.map((task, n) => ({ ...task, annotations: n === 0 ? [bo, ada] : [ada] }));
    await writeFile(at('export.json'), JSON.stringify(both.slice(0, 1)));
    const first = await run('queue', 'import', 'export.json', '--format', 'label-studio');
    expect(first.stdout).toContain(
      '1 labelled, 0 skipped, 0 left for later, 0 taken before, 1 too late',
    );
    queue.time.now += 10_000_000;
    await writeFile(at('export.json'), JSON.stringify(both.slice(1)));
    const late = await run('queue', 'import', 'export.json', '--format', 'label-studio');
    expect([late.code, late.stdout]).toEqual([1, expect.stringContaining('its lease was lost')]);
    const [task] = await queue.store.queue.list(
      { state: 'labelled' },
      { limit: 9 },
      queue.time.now,
    );
    expect(task?.opinions).toMatchObject([{ annotator: 'bo' }]);
  });

  it('pull for CVAT, and import what it exports', async () => {
    await pull('cvat');
    expect(await readdir(at('batch', 'images'))).toHaveLength(4);
    const file = at('batch', 'animals@2.annotations.xml');
    const xml = await readFile(file, 'utf8');
    // The second one is turned, the third has nothing.
    const edited = xml
      .split(/(?=<image )/)
      .map((part, n) => (n === 2 ? part.replace('<box ', '<box rotation="12.5" ') : part))
      .map((part, n) => (n === 3 ? part.replace(/<box [\s\S]*?\/>/, '') : part))
      .join('');
    await writeFile(at('edited.xml'), edited);
    const first = await run('queue', 'import', 'edited.xml', '--format', 'cvat');
    expect(first.stdout).toContain('2 labelled, 0 skipped, 1 left for later');
    expect(first.stdout).toMatch(/line \d+: line \d+, <box label="cat"> rotation is 12.5 degrees/);
    const done = await run('queue', 'import', 'edited.xml', '--format', 'cvat', '--all-done');
    expect(done.stdout).toContain('1 labelled, 0 skipped, 0 left for later, 2 taken before');

    for (const [name, text, message] of [
      ['hostile.xml', '<!DOCTYPE a [<!ENTITY b "c">]><annotations/>', 'has a document type'],
      ['a.zip', 'PK\u0003\u0004', 'is a ZIP archive'],
    ] as const) {
      await writeFile(at(name), text);
      const refused = await run('queue', 'import', name, '--format', 'cvat');
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(message)]);
    }
    await writeFile(at('a.json'), '{"id": 1}');
    for (const [name, message] of [
      ['a.json', 'not a list'],
      ['a.zip', 'ZIP'],
      ['edited.xml', 'not JSON'],
      ['nothing', "can't read"],
    ] as const) {
      const refused = await run('queue', 'import', name, '--format', 'label-studio');
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(message)]);
    }
  });

  it('give a batch back that could not be written', async () => {
    const refused = await pull('label-studio', '--pictures', 'url');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--picture-url')]);
    const stats = await queue.store.queue.stats(queue.time.now);
    expect(stats.byState).toMatchObject({ leased: 0, pending: 4 });
  });

  it('push to both tools and sync with them', async () => {
    const none = await run('queue', 'push', 'cvat');
    expect(none.stderr).toContain('the settings do not say where cvat is');
    const [studio, cvat] = [await startLabelStudio(), await startCvat()];
    environment = {
      EDGEMINER_TOOLS_LABEL_STUDIO_URL: studio.url,
      EDGEMINER_TOOLS_LABEL_STUDIO_TOKEN: legacyToken,
      EDGEMINER_TOOLS_CVAT_URL: cvat.url,
      EDGEMINER_TOOLS_CVAT_TOKEN: accessToken,
    };
    const pushed = await run('queue', 'push', 'label-studio', '--limit', '2');
    expect(pushed.stdout).toBe('2 tasks placed, 0 there already\n');
    expect((await run('queue', 'push', 'cvat')).stdout).toContain('2 tasks placed');
    expect((await run('queue', 'who')).stdout).toMatch(/cvat +2 [\s\S]*label-studio +2 /);
    studio.annotate(studio.projects[0]?.tasks[0], { completed_by: 2 });
    studio.annotate(studio.projects[0]?.tasks[1], { result: [{ type: 'brush' }] });
    const synced = await run('queue', 'sync', 'label-studio');
    expect([synced.code, synced.stdout]).toEqual([
      1,
      expect.stringContaining('1 tasks held on\n1 labelled'),
    ]);
    const [task] = await queue.store.queue.list(
      { state: 'labelled' },
      { limit: 1 },
      queue.time.now,
    );
    expect(task?.label).toMatchObject({ annotator: 'bo' });
    const [job] = cvat.tasks[0]?.jobs ?? [];
    if (job !== undefined) job.state = 'completed';
    const both = await run('queue', 'sync', 'cvat', '--json');
    expect(JSON.parse(both.stdout)).toMatchObject({ labelled: 2, held: 0 });
    await studio.close();
    await cvat.close();
  });

  /** One task of the four is gold: every second task of an annotator's may be its trial. */
  async function withGold(rules: object = {}): Promise<string> {
    await configure({ gold: { firstTasks: 0, share: 0.5 }, ...rules });
    const gold = await queue.labelOne(annotatorId('expert'));
    const added = await run('queue', 'gold', 'add', gold, '--by', 'lee');
    expect(added.code).toBe(0);
    return gold;
  }

  /** Label Studio, where the first import fails. */
  async function flawedStudio() {
    const studio = await startLabelStudio();
    environment = {
      EDGEMINER_TOOLS_LABEL_STUDIO_URL: studio.url,
      EDGEMINER_TOOLS_LABEL_STUDIO_TOKEN: legacyToken,
    };
    studio.flaws.push({ method: 'POST', path: /\/import$/, with: 500 });
    return studio;
  }

  it('import what people said of gold tasks', async () => {
    const gold = await withGold();
    expect((await pull('label-studio')).stdout).toContain('4 tasks in');
    const file = at('batch', 'animals@2.tasks.json');
    const tasks = JSON.parse(await readFile(file, 'utf8')) as Pulled[];
    const exported = tasks.map((task, n) => ({
      ...task,
      annotations: [{ id: n, result: task.predictions[0]?.result ?? [] }],
    }));
    await writeFile(at('export.json'), JSON.stringify(exported));
    const taken = await run('queue', 'import', 'export.json', '--format', 'label-studio');
    expect([taken.code, taken.stdout]).toEqual([0, expect.stringContaining('4 labelled')]);
    const trials = await queue.store.golds.trials({});
    expect(trials).toMatchObject([{ gold, annotator: 'ada', standing: { state: 'labelled' } }]);
  });

  it('place gold tasks again, renew them and take their answers', async () => {
    const gold = await withGold();
    const studio = await flawedStudio();
    expect((await run('queue', 'push', 'label-studio', '--limit', '4')).code).toBe(1);
    const pushed = await run('queue', 'push', 'label-studio', '--limit', '4');
    expect(pushed.stdout).toBe('4 tasks placed, 0 there already\n');
    const shown = studio.projects[0]?.tasks ?? [];
    const [trial] = await queue.store.golds.trials({});
    const isTrial = ({ data }: (typeof shown)[number]) => data['edgeminer_task'] === trial?.id;
    for (const task of shown) if (!isTrial(task)) studio.annotate(task, { result: [] });
    // Each is most of a lease: without being renewed, the last task would be lost.
    for (let n = 0; n < 3; n += 1) {
      queue.time.now += 80_000_000;
      const synced = await run('queue', 'sync', 'label-studio', '--json');
      expect(JSON.parse(synced.stdout)).toMatchObject({ labelled: n === 0 ? 3 : 0, held: 1 });
    }
    studio.annotate(shown.find(isTrial), { result: [] });
    const last = await run('queue', 'sync', 'label-studio', '--json');
    expect(JSON.parse(last.stdout)).toMatchObject({ labelled: 1, refused: [], late: [], held: 0 });
    expect(await queue.store.golds.trials({})).toMatchObject([
      { gold, annotator: 'label-studio', standing: { state: 'labelled' }, marks: { right: false } },
    ]);
    await studio.close();
  });

  it('hide predictions from a push that is repeated, too', async () => {
    await configure({ preAnnotation: { show: false } });
    const studio = await flawedStudio();
    expect((await run('queue', 'push', 'label-studio', '--limit', '2')).code).toBe(1);
    // Two that are held already, and two that are leased now.
    await run('queue', 'push', 'label-studio', '--limit', '2');
    await run('queue', 'push', 'label-studio', '--limit', '2');
    const shown = studio.projects[0]?.tasks ?? [];
    expect(shown.map(({ predictions }) => predictions)).toEqual([[], [], [], []]);
    await studio.close();
  });
});
