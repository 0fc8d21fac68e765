import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { defaultRules } from '../../src/queue/rules.js';
import { configured, startTestServer, tokens } from '../http/test-server.js';
import type { TestServer } from '../http/test-server.js';
import { runCommand } from '../cli/run-command.js';

describe('the commands of the queue at a server', () => {
  let api: TestServer;
  let folder: string;
  beforeEach(async () => {
    api = await startTestServer({
      tokens: configured,
      rules: { ...defaultRules, overlapOf: () => 2 },
    });
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-remote-'));
  });
  afterEach(async () => {
    await api.close();
    await rm(folder, { recursive: true });
  });

  const run = (token: string, ...args: readonly string[]) =>
    runCommand(args, {
      environment: { EDGEMINER_TOKEN: token },
      folder,
      now: api.clock.now,
    });

  async function at(who: keyof typeof tokens, ...args: readonly string[]): Promise<unknown> {
    const { code, stdout, stderr } = await run(
      tokens[who],
      ...['queue', ...args, '--server', api.url, '--json'],
    );
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  }

  async function fill(out: string, name: string): Promise<void> {
    const file = join(folder, out, 'labels.jsonl');
    const text = await readFile(file, 'utf8');
    const label = JSON.stringify({ kind: 'class', class: name });
    await writeFile(file, text.replaceAll('"label":null', `"label":${label}`));
  }

  it('pull, import, list, adjudicate, requeue, cancel, release and who', async () => {
    const [id = ''] = await api.offer(1);
    for (const [who, name] of [
      ['ana', 'cat'],
      ['ben', 'dog'],
    ] as const) {
      expect(await at(who, 'pull', '--out', who)).toMatchObject({ tasks: 1 });
      const batch = JSON.parse(await readFile(join(folder, who, 'batch.json'), 'utf8')) as {
        annotator: string;
        tasks: { image: string }[];
      };
      expect(batch.annotator).toBe(who);
      const picture = await readFile(join(folder, who, batch.tasks[0]?.image ?? ''));
      expect(picture.byteLength).toBeGreaterThan(1000);
      await fill(who, name);
      expect(await at(who, 'import', who)).toMatchObject({ labelled: 1, refused: [] });
    }
    expect(await at('rita', 'list', '--state', 'disputed')).toMatchObject([{ id }]);
    const table = await run(tokens.rita, 'queue', 'adjudicate', id, '--server', api.url);
    expect(table.stdout).toMatch(/ana .* cat\n.*ben .* dog/u);
    const decided = await at('rita', 'adjudicate', id, '--class', 'dog');
    expect(decided).toMatchObject({ state: 'labelled', label: { annotator: 'rita' } });
    expect(await at('rita', 'requeue', id, '--reason', 'once more')).toEqual([
      { task: id, outcome: 'done' },
    ]);

    const { batchId } = (await at('ana', 'pull', '--out', 'second')) as { batchId: string };
    expect(await at('rita', 'who')).toMatchObject([{ annotator: 'ana', batchId, tasks: 1 }]);
    expect(await at('ana', 'release', batchId)).toEqual({ released: 1 });
    expect(await at('rita', 'who')).toEqual([]);
    await at('rita', 'cancel', id, '--reason', 'of no use');
    const csv = await run(tokens.rita, 'queue', 'list', '--csv', '--server', api.url);
    expect(csv.stdout.split('\n')[0]).toBe(
      'task,state,round,opinions,priority,reasons,source,model',
    );
    expect(csv.stdout.split('\n')[1]).toMatch(
      new RegExp(`^${id},cancelled,2,0 of 2,0\\.750,dark,`),
    );
  });

  it('list more than a page of the API holds', async () => {
    await api.offer(205);
    const tasks = (await at('rita', 'list', '--limit', '203')) as { id: string }[];
    expect(new Set(tasks.map(({ id }) => id)).size).toBe(203);
  });

  it('say what the server says, and what is wrong with the address or the token', async () => {
    const none = await run(
      tokens.rita,
      'queue',
      'cancel',
      '0'.repeat(64),
      '--reason',
      'x',
      '--server',
      api.url,
    );
    expect(none).toMatchObject({ code: 1 });
    expect(none.stderr).toContain('task.not-found');
    const wrong = await run('wrong', 'queue', 'who', '--server', api.url, '--json');
    expect(wrong.code).toBe(1);
    expect(JSON.parse(wrong.stderr)).toMatchObject({ error: { code: 'auth.missing' } });
    const denied = await run(tokens.ana, 'queue', 'who', '--server', api.url);
    expect(denied.stderr).toContain('auth.forbidden');
    const address = await run('x', 'queue', 'who', '--server', 'file:///etc/passwd');
    expect(address.stderr).toContain('input.invalid');
    const file = await run('x', 'queue', 'who', '--server', api.url, '--token-file', 'none');
    expect(file.stderr).toContain('input.not-found');
    await writeFile(join(folder, 'token'), `${tokens.rita}\n`);
    const right = await run('x', 'queue', 'who', '--server', api.url, '--token-file', 'token');
    expect(right).toMatchObject({ code: 0, stdout: 'nobody holds a task\n' });
    const here = await run('x', 'queue', 'pull', '--out', 'x');
    expect(here.stderr).toContain('--annotator is missing');
  });

  it('refuse a line of a batch, and take the others', async () => {
    await api.offer(2);
    await at('ana', 'pull', '--out', 'batch');
    await fill('batch', 'cat');
    const file = join(folder, 'batch', 'labels.jsonl');
    await writeFile(file, (await readFile(file, 'utf8')).replace('cat', 'boat'));
    const result = await run(tokens.ana, 'queue', 'import', 'batch', '--server', api.url, '--json');
    expect(result.code).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({ labelled: 1, refused: [{ line: 1 }] });
  });

  it('refuse a line that is too large for the server, and take the others', async () => {
    await api.offer(2);
    await at('ana', 'pull', '--out', 'batch');
    await fill('batch', 'cat');
    const file = join(folder, 'batch', 'labels.jsonl');
    const large = 'x'.repeat(5 * 1024 * 1024);
    await writeFile(file, (await readFile(file, 'utf8')).replace('cat', large));
    const result = await run(tokens.ana, 'queue', 'import', 'batch', '--server', api.url, '--json');
    expect(JSON.parse(result.stdout)).toMatchObject({ labelled: 1, refused: [{ line: 1 }] });
  });

  it('refuse an id that is none, and report what became of the others', async () => {
    const [id = ''] = await api.offer(1);
    const args = ['queue', 'cancel', id, 'no-id', '--reason', 'x', '--server', api.url, '--json'];
    const { code, stdout } = await run(tokens.rita, ...args);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([
      { task: id, outcome: 'done' },
      { task: 'no-id', outcome: 'refused', code: 'input.invalid' },
    ]);
  });

  it('make tokens that the configuration takes', async () => {
    const args = ['--role', 'reviewer', '--expires', '2030-01-01', '--project', 'north', 'south'];
    const made = await run('', 'token', 'new', '--name', 'di', ...args);
    const token = /^edgeminer_[\w-]{43}$/mu.exec(made.stdout)?.[0] ?? '';
    const yaml = made.stdout.slice(made.stdout.indexOf('- name'));
    expect(parse(yaml)).toEqual([
      {
        name: 'di',
        role: 'reviewer',
        tokenSha256: createHash('sha256').update(token).digest('hex'),
        expiresAt: '2030-01-01',
        projects: ['north', 'south'],
      },
    ]);
    expect(made.stdout.split(token)).toHaveLength(2);
    expect((await run('', 'token', 'new', '--name', 'di', '--role', 'king')).code).toBe(2);
    expect((await run('', 'token', 'new', '--name', 'a\nb', '--role', 'admin')).code).toBe(1);
  });
});
