import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { picture } from '../mine/mining-bench.js';
import { runCommand } from './run-command.js';

const pictures = 12;

describe('what lies in a folder of pictures, and what files say of none', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-survey-'));
    await mkdir(join(folder, 'shots'));
    const lines: string[] = [];
    for (let n = 0; n < pictures; n += 1) {
      // The last has no extension of a picture.
      const name = n === pictures - 1 ? `${n}` : `${n}.png`;
      await writeFile(join(folder, 'shots', name), await picture(n, 'bright'));
      lines.push(`{"path":"${name}","label":"a"}`);
    }
    await writeFile(join(folder, 'shots', 'x.gif'), 'GIF89a');
    await writeFile(join(folder, 'shots', 'notes.txt'), 'none');
    lines.push('{"path":"away/1.png","label":"a"}', '{"path":"x.gif","label":"a"}');
    await writeFile(join(folder, 'shots', 'labels.jsonl'), lines.join('\n'));
    const predictions = lines.map((line) => line.replace(',"label":"a"', ''));
    await writeFile(join(folder, 'predictions.jsonl'), predictions.slice(0, -1).join('\n'));
    await writeFile(
      join(folder, 'edgeminer.config.yaml'),
      "models: [{ name: default, versions: ['1'], embedder: none }]\nlog: { level: silent }\n",
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  const passedOver = [
    { what: 'no picture', count: 1, example: 'notes.txt' },
    { what: 'GIF', count: 1, example: 'x.gif' },
  ];
  const unmatched = (file: string, count: number, of: number) => ({
    file: join(folder, file),
    count,
    of,
    example: 'away/1.png',
  });
  const files = ['--predictions', 'predictions.jsonl', '--model-version', '1'];

  it('is said before a reference is built, and in its result', async () => {
    const args = ['reference', 'build', '--images', 'shots', ...files];
    const labels = join('shots', 'labels.jsonl');
    const ran = await runCommand([...args, '--labels', labels, '--json'], { folder });
    expect(ran.code, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      pictures,
      passedOver: expect.arrayContaining(passedOver) as unknown,
      unmatched: [
        unmatched(labels, 2, pictures + 2),
        unmatched('predictions.jsonl', 1, pictures + 1),
      ],
    });
    expect(ran.stderr).toContain(
      `labels.jsonl names ${pictures + 2} paths, and 2 of them are no pictures there, such as away/1.png`,
    );
    expect(ran.stderr).toContain('predictions.jsonl names 13 paths, and 1 of them is no picture');
    expect(ran.stderr).toContain('1 GIF picture, which edgeminer does not read, such as x.gif');
    expect(ran.stderr).toContain('1 file that is no picture, such as notes.txt');
  });

  it('is said before a folder is mined, and in the summary', async () => {
    const args = ['mine', '--source', 'directory:shots', '--once', ...files];
    const ran = await runCommand([...args, '--json'], { folder });
    expect(ran.code, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      events: pictures,
      rejected: 0,
      passedOver: expect.arrayContaining(
        [{ ...passedOver[0], count: 2 }, passedOver[1]].map(
          (kind) => expect.objectContaining({ what: kind?.what, count: kind?.count }) as unknown,
        ),
      ) as unknown,
      unmatched: [unmatched('predictions.jsonl', 1, pictures + 1)],
    });
    expect(ran.stderr).toContain('such as away/1.png');
  });

  it('is nothing where all is well', async () => {
    await mkdir(join(folder, 'well'));
    await writeFile(join(folder, 'well', '1.png'), await picture(1, 'bright'));
    const args = ['mine', '--source', 'directory:well', '--once', '--model-version', '1'];
    const ran = await runCommand(args, { folder });
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).toBe('');
  });
});
