import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { runCommand } from '../cli/run-command.js';
import { annotatorId, batchId } from '../../src/ids.js';
import type { LabelBody } from '../../src/label/label.js';
import { asOffers, candidate } from '../conformance/candidate.js';

const coffee = fileURLToPath(new URL('../fixtures/pictures/coffee.jpg', import.meta.url));
const now = Date.UTC(2026, 2, 1, 8);

describe('the commands of label sets', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-label-sets-'));
    await mkdir(join(folder, 'examples'));
    await copyFile(coffee, join(folder, 'examples', 'cat.jpg'));
    await writeFile(join(folder, 'animals.md'), '# Animals\n\nThe one in front.\n');
    await configure();
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** The label set of version 1, changed. */
  function configure(changes: Readonly<Record<string, unknown>> = {}, file?: string) {
    const animals = {
      kind: 'boxes',
      classes: [
        { name: 'cat', guidelines: 'No lions.', examples: ['examples/cat.jpg'] },
        'dog',
        'cow',
      ],
      guidelines: { file: 'animals.md' },
      attributes: [{ name: 'age', kind: 'number', min: 0 }],
      ...changes,
    };
    const config = {
      dataDir: '.',
      store: { kind: 'sqlite', file: 'queue.db' },
      labelSets: { animals },
      models: [{ name: 'animals', labelSet: 'animals', reference: 'none', embedder: 'none' }],
    };
    return writeFile(join(folder, file ?? 'edgeminer.config.yaml'), stringify(config));
  }

  const run = (...args: readonly string[]) => runCommand(args, { folder, now });

  async function json(...args: readonly string[]): Promise<unknown> {
    const { code, stdout, stderr } = await run(...args, '--json');
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  }

  /** Labels the next task. */
  async function label(n: number, body: LabelBody): Promise<string> {
    const store = await openSqliteStore({ file: join(folder, 'queue.db') });
    const content = candidate(n);
    await store.queue.offer(asOffers([content]), now);
    const batch = batchId(`batch ${n}`);
    const lease = { batchId: batch, annotator: annotatorId('ana'), limit: 1 };
    const [task] = await store.queue.lease({ ...lease, expiresAt: now + 1000, filter: {} }, now);
    const claim = { taskId: content.id, batchId: batch, fence: task?.fence ?? 0 };
    await store.queue.complete(claim, { kind: 'label', body, labelSet: 'animals@1' }, now);
    await store.close();
    return content.id;
  }

  const drawn = (name: string): LabelBody => ({
    kind: 'boxes',
    boxes: [{ class: name, x: 1, y: 2, width: 30, height: 40 }],
  });

  it('shows what annotators are told, and which versions are remembered', async () => {
    expect(await json('label-set', 'show')).toEqual([
      { name: 'animals', version: 1, kind: 'boxes', classes: 3, remembered: [] },
    ]);
    await json('label-set', 'check');
    await configure({ version: 2, classes: ['cat', 'dog'] });
    await json('label-set', 'check');
    expect(await json('label-set', 'show')).toMatchObject([{ version: 2, remembered: [2, 1] }]);
    expect(await json('label-set', 'show', 'animals@1')).toEqual({
      name: 'animals',
      version: 1,
      kind: 'boxes',
      classes: ['cat', 'dog', 'cow'],
      guidelines: '# Animals\n\nThe one in front.',
      notes: [{ class: 'cat', guidelines: 'No lions.', examples: ['examples/cat.jpg'] }],
      attributes: [{ name: 'age', kind: 'number', min: 0, on: 'object', required: false }],
    });
    const { stdout } = await run('label-set', 'show', 'animals@1');
    expect(stdout).toContain('The one in front.');
    expect(stdout).toContain('  age: a number, 0.., of each object');
    for (const [asked, code] of [
      ['animals@7', 'label-set.not-found'],
      ['animal', 'label-set.not-found'],
      ['animals@two', 'input.invalid'],
    ] as const) {
      const { stderr } = await run('label-set', 'show', asked);
      expect(stderr).toContain(code);
    }
  });

  it('refuses a set that changed under its version, wherever labels are taken', async () => {
    expect((await run('queue', 'list')).code).toBe(0);
    await configure({ classes: ['cat', 'dog', 'wolf'] });
    for (const command of [
      ['queue', 'list'],
      ['label-set', 'check'],
      ['label-set', 'invalidated', 'animals'],
    ]) {
      const { code, stdout, stderr } = await run(...command);
      expect(code).toBe(1);
      const told = stdout + stderr;
      expect(told).toContain("The class 'cow' was removed.");
      expect(told).toContain("The class 'wolf' was added");
      expect(told).toContain('Raise labelSets.animals.version above 1');
    }
    await configure({ classes: ['cat', 'dog', 'wolf'], version: 2 });
    expect((await run('queue', 'list')).code).toBe(0);
  });

  it('finds example pictures and guidelines that are not there', async () => {
    const classes = [
      { name: 'cat', examples: ['examples/lost.jpg', 'animals.md', 'f'.repeat(64)] },
    ];
    await configure({ classes });
    const { code, stdout } = await run('label-set', 'check');
    expect(code).toBe(1);
    expect(stdout.match(/is not there, or is no picture/g)).toHaveLength(3);
    await configure({ guidelines: { file: 'gone.md' } });
    const { stderr } = await run('label-set', 'show');
    expect(stderr).toContain('labelSets.animals.guidelines.file (line');
    expect(stderr).toContain("can't read the guidelines");
  });

  it('says what changed since a version, or against a file', async () => {
    await json('label-set', 'check');
    const changes = {
      version: 2,
      classes: ['cat', 'dog', 'wolf'],
      attributes: [{ name: 'age', kind: 'number', min: 1, required: true }],
    };
    await configure(changes);
    const expected = {
      from: 'animals@1',
      to: 'animals@2',
      changes: [
        { invalidates: { kind: 'labels-with-class', class: 'cow' } },
        { invalidates: { kind: 'nothing' } },
        { invalidates: { kind: 'labels-with-attribute', attribute: 'age', value: 'below 1' } },
        { invalidates: { kind: 'labels-without-attribute', attribute: 'age' } },
        { invalidates: { kind: 'nothing' } },
        { invalidates: { kind: 'nothing' } },
      ],
    };
    expect(await json('label-set', 'diff', 'animals')).toMatchObject(expected);
    expect(await json('label-set', 'diff', 'animals', '--from', '1')).toMatchObject(expected);
    await configure({}, 'before.yaml');
    expect(await json('label-set', 'diff', 'animals', '--from', 'before.yaml')).toMatchObject(
      expected,
    );
    const { stdout } = await run('label-set', 'diff', 'animals');
    expect(stdout).toContain(
      "The class 'cow' was removed. Invalidates labels with the class 'cow'.",
    );
    expect((await run('label-set', 'diff', 'animals', '--from', 'no.yaml')).stderr).toContain(
      'neither a version nor a file',
    );
  });

  it('lists labels that no longer fit, and sends their tasks round again', async () => {
    await json('label-set', 'check');
    const [cow, , old] = [
      await label(1, drawn('cow')),
      await label(2, drawn('cat')),
      await label(3, {
        kind: 'boxes',
        boxes: [{ class: 'dog', x: 1, y: 2, width: 3, height: 4, attributes: { age: 40 } }],
      }),
    ];
    expect(await json('label-set', 'invalidated', 'animals')).toMatchObject({ tasks: [] });
    await configure({
      version: 2,
      classes: ['cat', 'dog'],
      attributes: [{ name: 'age', kind: 'number', min: 0, max: 30 }],
    });
    const found = [
      { task: cow, madeAgainst: 'animals@1', problems: [{ field: 'boxes[0].class' }] },
      { task: old, problems: [{ field: 'boxes[0].attributes.age', problem: 'is 40, above 30' }] },
    ].sort((a, b) => (a.task < b.task ? -1 : 1));
    expect(await json('label-set', 'invalidated', 'animals')).toMatchObject({
      labelSet: 'animals@2',
      tasks: found.map((one) => ({ ...one, requeued: false })),
    });
    expect((await run('label-set', 'invalidated', 'animals', '--requeue')).stderr).toContain(
      '--by',
    );
    const order = ['--requeue', '--by', 'ada', '--reason', 'cows are out'];
    expect(await json('label-set', 'invalidated', 'animals', ...order)).toMatchObject({
      tasks: found.map((one) => ({ ...one, requeued: true })),
    });
    expect(await json('label-set', 'invalidated', 'animals')).toMatchObject({ tasks: [] });
    const store = await openSqliteStore({ file: join(folder, 'queue.db') });
    const again = await store.queue.list({ state: 'pending' }, { limit: 10 }, now);
    await store.close();
    expect(again.map(({ id, round }) => [id, round])).toEqual(found.map(({ task }) => [task, 2]));
    expect(again.flatMap(({ formerLabels }) => formerLabels)).toHaveLength(2);
  });

  it('go with a pulled batch, whose labels come back whole', async () => {
    const store = await openSqliteStore({ file: join(folder, 'queue.db') });
    await store.queue.offer(asOffers([candidate(1)]), now);
    await store.close();
    await json('queue', 'pull', '--annotator', 'ana', '--limit', '1', '--out', 'batch');
    const batch: unknown = JSON.parse(await readFile(join(folder, 'batch', 'batch.json'), 'utf8'));
    expect(batch).toMatchObject({
      labelSets: { 'animals@1': { guidelines: '# Animals\n\nThe one in front.' } },
      tasks: [{ taskId: candidate(1).id, labelSet: 'animals@1' }],
    });
    const box = { class: 'cat', x: 0.1, y: 2, width: 30, height: 40, attributes: { age: 3 } };
    const fill = (label: unknown) =>
      writeFile(
        join(folder, 'batch', 'labels.jsonl'),
        JSON.stringify({ taskId: candidate(1).id, label }),
      );
    await fill({ kind: 'boxes', boxes: [{ ...box, attributes: { aage: 3 } }], text: 'asleep' });
    const refused = await run('queue', 'import', 'batch');
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('label.boxes[0].attributes.aage is not an attribute');
    expect(refused.stdout).toContain('label.text is not asked for');
    await fill({ kind: 'boxes', boxes: [box] });
    expect(await json('queue', 'import', 'batch')).toMatchObject({ labelled: 1, refused: [] });
    const again = await openSqliteStore({ file: join(folder, 'queue.db') });
    const task = await again.queue.find(candidate(1).id);
    await again.close();
    expect(task?.label?.body).toEqual({ kind: 'boxes', boxes: [box] });
  });
});
