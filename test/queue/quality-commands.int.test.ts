import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { runCommand } from '../cli/run-command.js';
import { defaultRules, overlapBy } from '../../src/queue/rules.js';
import type { TaskContent } from '../../src/queue/task.js';
import { asOffers, candidate } from '../conformance/candidate.js';

/** Task n shows a cat where n is even; the model is sure of it, and right. */
function clear(n: number): TaskContent {
  const cat = n % 2 === 0;
  return {
    ...candidate(n, { priority: 1 - n / 1000 }),
    predictions: {
      kind: 'classification',
      classes: ['cat', 'dog'],
      probabilities: cat ? [0.97, 0.03] : [0.03, 0.97],
    },
  };
}

const truth = (eventId: string) =>
  Number(eventId.slice('event-'.length)) % 2 === 0 ? 'cat' : 'dog';
const other = (name: string) => (name === 'cat' ? 'dog' : 'cat');

describe('the commands for the quality of labels', { timeout: 60_000 }, () => {
  let folder: string;
  let now: number;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-quality-'));
    now = Date.UTC(2026, 2, 1, 8);
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function configure(queue: object): Promise<void> {
    const config = {
      dataDir: '.',
      store: { kind: 'sqlite', file: 'queue.db' },
      labelSets: { animals: { classes: ['cat', 'dog'] } },
      models: [{ name: 'animals', labelSet: 'animals', reference: 'none', embedder: 'none' }],
      queue,
    };
    await writeFile(join(folder, 'edgeminer.config.yaml'), stringify(config));
  }

  const run = (...args: readonly string[]) => runCommand(args, { folder, now });

  async function json(...args: readonly string[]): Promise<unknown> {
    const { code, stdout, stderr } = await run(...args, '--json');
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  }

  async function offer(from: number, count: number, opinions = 1): Promise<TaskContent[]> {
    const rules = { ...defaultRules, overlapOf: overlapBy([{ opinions }]) };
    const store = await openSqliteStore({ file: join(folder, 'queue.db'), rules });
    const contents = Array.from({ length: count }, (_, n) => clear(from + n));
    await store.queue.offer(asOffers(contents), now);
    await store.close();
    return contents;
  }

  interface PulledTask {
    readonly taskId: string;
    readonly eventId: string;
    readonly predictions: { readonly kind: string };
    readonly why: readonly string[];
  }

  /** Pulls a batch, labels it as `says` does, and takes the labels in. */
  async function work(who: string, limit: number, says: (event: string) => string) {
    const out = `of-${who}-${now}`;
    now += 1000;
    await json('queue', 'pull', '--annotator', who, '--limit', String(limit), '--out', out);
    const file = join(folder, out, 'batch.json');
    const { tasks } = JSON.parse(await readFile(file, 'utf8')) as { tasks: PulledTask[] };
    const lines = tasks.map(({ taskId, eventId }) =>
      JSON.stringify({ taskId, label: { kind: 'class', class: says(eventId) } }),
    );
    await writeFile(join(folder, out, 'labels.jsonl'), lines.join('\n'));
    now += 1000;
    return { tasks, imported: await run('queue', 'import', out) };
  }

  it('make gold tasks, judge by them, pause and let go on', async () => {
    await configure({ gold: { firstTasks: 0, share: 0.5 } });
    expect((await run('queue', 'gold', 'list')).stdout).toContain('no gold tasks');
    const known = await offer(0, 20);
    await work('expert', 20, truth);
    const ids = known.map(({ id }) => id);
    expect(await json('queue', 'gold', 'add', ...ids, '--by', 'expert')).toHaveLength(20);
    const again = await run('queue', 'gold', 'add', ids[0] ?? '', '--by', 'expert');
    expect(again.stdout).toContain('is a gold task already');
    const nothing = await run('queue', 'gold', 'add', 'nothing', '--by', 'expert');
    expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringContaining('task.not-found')]);

    const open = await offer(100, 60);
    const early = await run('queue', 'gold', 'add', open[0]?.id ?? '', '--by', 'expert');
    expect(early.stderr).toContain('task.wrong-state');
    await work('bo', 10, truth);
    const careless = await work('bo', 20, (event) => other(truth(event)));
    expect(careless.imported.stdout).toMatch(/lease|refused/u);
    const paused = await run('queue', 'pull', '--annotator', 'bo', '--out', 'more');
    expect([paused.code, paused.stderr]).toEqual([1, expect.stringContaining('annotator.paused')]);
    const shown = await run('queue', 'annotators');
    expect(shown.stdout).toMatch(/bo +\d+ +\d+ +\d+ +\d+\.\d % +\d+ to \d+ % +paused/u);
    expect(shown.stdout).toMatch(/bo +cat/u);
    expect(shown.stdout).toMatch(/bo is paused since .* tasks were opened again/u);
    expect(await json('queue', 'annotators')).toMatchObject([
      { annotator: 'bo', pause: { reopened: expect.any(Array) as unknown } },
    ]);
    expect((await run('queue', 'gold', 'list')).stdout).toMatch(/animals@1/u);
    expect(await json('audit', 'verify')).toMatchObject({ broken: 0 });

    const order = ['--by', 'lee', '--reason', 'we went through the guidelines'];
    expect((await run('queue', 'resume', 'bo', ...order)).stdout).toContain('gets tasks again');
    expect((await run('queue', 'resume', 'bo', ...order)).stderr).toContain('annotator.not-paused');
    expect((await work('bo', 2, truth)).imported.code).toBe(0);

    expect(await json('queue', 'gold', 'retire', ids[0] ?? '')).toMatchObject([
      { outcome: 'retired' },
    ]);
    expect((await run('queue', 'gold', 'retire', 'nothing')).stderr).toContain('gold.not-found');
  });

  it('look at suspicious labels a second time, and at none that stood', async () => {
    await configure({});
    await offer(0, 60);
    // Two labels that the model speaks against.
    const odd = new Set(['event-4', 'event-7']);
    await work('ada', 60, (event) => (odd.has(event) ? other(truth(event)) : truth(event)));
    const dry = await run('queue', 'second-look', '--by', 'lee', '--dry-run');
    expect(dry.stdout).toContain('The model gives 97 % to cat');
    expect(dry.stdout).toContain('60 labels were looked at, without their neighbours');
    expect(dry.stdout).toContain('2 would go round again');
    const looked = await json('queue', 'second-look', '--by', 'lee', '--model', 'animals');
    expect(looked).toMatchObject({ checked: 60, settled: 0, sent: 2 });
    const pending = await json('queue', 'list', '--state', 'pending');
    expect(pending).toMatchObject([{ round: 2 }, { round: 2 }]);
    const first = clear(4).id;
    expect((await run('queue', 'adjudicate', first)).stdout).toContain('second look: The model');

    // One stands, one is mended.
    await work('ada', 2, (event) => (event === 'event-4' ? 'dog' : truth(event)));
    expect(await json('queue', 'second-look', '--by', 'lee')).toMatchObject({
      settled: 1,
      suspects: [],
      sent: 0,
    });
    expect(await json('queue', 'quality')).toMatchObject({
      secondLooks: { begun: 2, stood: { of: 2, held: 1 } },
    });
    expect(await json('audit', 'verify')).toMatchObject({ broken: 0 });
  });

  it('hide predictions from a share of tasks, and measure what they do', async () => {
    await configure({ preAnnotation: { hideShare: 0.5 } });
    await offer(0, 60);
    const { tasks } = await work('ada', 60, (event) =>
      event === 'event-3' ? 'cat' : truth(event),
    );
    const hidden = tasks.filter(({ predictions }) => predictions.kind === 'none');
    expect(hidden.length).toBeGreaterThan(15);
    expect(hidden.length).toBeLessThan(45);
    expect(hidden.flatMap(({ why }) => why)).toEqual([]);
    const quality = await json('queue', 'quality');
    expect(quality).toMatchObject({
      preAnnotation: {
        accepted: { of: 60 - hidden.length },
        anchoring: { shown: { of: 60 - hidden.length }, hidden: { of: hidden.length } },
      },
    });
    const lines = (await run('queue', 'quality')).stdout;
    expect(lines).toMatch(/predictions: \d+ of \d+ that were shown were left as they were/u);
    expect(lines).toMatch(/anchoring: labels agree with the model -?\d+\.\d points/u);
  });

  it('weigh annotators, settle by that, and report how they agree', async () => {
    await configure({ consensus: 'dawid-skene', overlap: [{ opinions: 3 }] });
    await offer(0, 60, 3);
    expect((await run('queue', 'quality')).stdout).toBe('no task has an opinion yet\n');
    expect((await run('queue', 'weigh', '--by', 'lee')).stdout).toContain('no task has');
    await work('ada', 60, truth);
    await work('bo', 60, truth);
    // Wrong on purpose: as good as right, once that is known.
    await work('mal', 60, (event) => other(truth(event)));
    const learnt = await json('queue', 'weigh', '--by', 'lee');
    expect(learnt).toMatchObject([
      { labelSet: 'animals@1', outcome: 'learnt', tasks: 60, annotators: 3 },
    ]);
    expect(await json('queue', 'weigh', '--by', 'lee')).toEqual(learnt);
    const [{ id } = { id: '' }] = learnt as { id: string }[];

    // Votes alone would leave it disputed.
    await offer(200, 1, 2);
    const task = clear(200).id;
    await work('ada', 1, truth);
    await work('mal', 1, () => 'dog');
    expect(await json('queue', 'adjudicate', task)).toMatchObject({
      state: 'labelled',
      label: { body: { kind: 'class', class: 'cat' }, settledBy: 'agreement' },
    });
    const shown = (await json('audit', 'show', task)) as { entries: { detail: object }[] };
    expect(shown.entries.at(-1)?.detail).toMatchObject({ weights: id });

    const survey = await run('queue', 'quality', '--model', 'animals');
    expect(survey.stdout).toMatch(/all +classes +61 +182/u);
    expect(survey.stdout).toMatch(/reason dark +classes/u);
    expect(survey.stdout).toMatch(/mal +classes +61 +\d+\.\d %/u);
    expect(survey.stdout).toMatch(/cat \/ dog +\d+ +\d+ +\d+\.\d %/u);
    expect((await run('queue', 'quality', '--most', '10')).stdout).toContain(
      'a random part of all',
    );
  });

  it('show what is disputed', async () => {
    await configure({ overlap: [{ opinions: 2 }] });
    await offer(0, 1, 2);
    await work('ada', 1, () => 'cat');
    await work('bo', 1, () => 'dog');
    const shown = await run('queue', 'adjudicate', clear(0).id);
    expect(shown.stdout).toContain('disputed: The picture is called cat (1), dog (1).');
  });
});
