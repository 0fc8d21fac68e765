import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { picture } from '../mine/mining-bench.js';
import { runEdgeminer, startEdgeminer } from './run-edgeminer.js';

const pictures = 14;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'edgeminer-reference-'));
  await mkdir(join(directory, 'training'));
  for (let n = 0; n < pictures; n += 1) {
    await writeFile(join(directory, 'training', `${n}.png`), await picture(n, 'bright'));
  }
  await writeFile(join(directory, 'training', '3.jpg'), 'no picture');
});
afterEach(() => rm(directory, { recursive: true }));

const build = (out: string, images = 'training') => [
  ...['reference', 'build', '--images', images, '--model-version', '1', '--out', out],
];

describe('edgeminer reference build', { timeout: 300_000 }, () => {
  it('goes on after SIGKILL and SIGINT, and gives the reference of an uninterrupted build', async () => {
    const whole = await runEdgeminer(build('whole'), directory);
    expect(whole.code, whole.stderr).toBe(0);
    expect(whole.stdout).toContain('skipped 3.jpg: ');
    expect(whole.stdout).toContain(`${pictures} pictures, `);

    const killed = startEdgeminer(build('parts'), directory);
    const checkpoint = join(directory, 'parts.building', 'measured.bin');
    await vi.waitFor(async () => expect((await stat(checkpoint)).size).toBeGreaterThan(30_000), {
      timeout: 120_000,
      interval: 20,
    });
    killed.process.kill('SIGKILL');
    await killed.finished;

    const ended = startEdgeminer(build('parts'), directory);
    await ended.printed('embedding spoilt copies');
    ended.process.kill('SIGINT');
    const { code, stderr } = await ended.finished;
    expect(code).toBe(1);
    expect(stderr).toMatch(/goes on with \d+ pictures? that an earlier build had measured/);
    expect(stderr).toContain('code: reference.unfinished');
    expect(await readdir(directory)).not.toContain('parts');

    const last = await runEdgeminer(build('parts'), directory);
    expect(last.code, last.stderr).toBe(0);
    expect(last.stderr).toContain(`goes on with ${pictures} pictures`);
    expect(await readdir(directory)).not.toContain('parts.building');
    const names = (await readdir(join(directory, 'whole'))).sort();
    expect((await readdir(join(directory, 'parts'))).sort()).toEqual(names);
    for (const name of names) {
      const [one, other] = await Promise.all(
        ['whole', 'parts'].map((folder) => readFile(join(directory, folder, name), 'utf8')),
      );
      const timeless = (text = '') => text.replace(/"createdAt": "[^"]*"/, '');
      expect(timeless(other) === timeless(one), name).toBe(true);
    }
  });

  it('refuses at once a folder that holds something else, and pictures that are mostly broken', async () => {
    await mkdir(join(directory, 'notes'));
    await writeFile(join(directory, 'notes', 'a.txt'), 'a');
    const foreign = await runEdgeminer(build('notes'), directory);
    expect(foreign.code).toBe(1);
    expect(foreign.stderr).toContain('holds more than a reference: a.txt');

    await mkdir(join(directory, 'broken'));
    for (let n = 0; n < 6; n += 1) {
      await writeFile(join(directory, 'broken', `${n}.jpg`), 'no picture');
    }
    const broken = await runEdgeminer(build('out', 'broken'), directory);
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain('1 of 6 pictures could not be read, such as 0.jpg');
  });
});
