import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startEdgeminer } from './run-edgeminer.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'edgeminer-closed-'));
});
afterEach(() => rm(directory, { recursive: true }));

it('ends without complaint where nobody reads its output to the end', async () => {
  // More than a pipe holds, so that writing goes on after the reader has gone.
  const line = JSON.stringify({ eventId: 'x'.repeat(300) });
  await writeFile(join(directory, 's.jsonl'), `${line}\n`.repeat(2000));
  const { process: child, finished } = startEdgeminer(
    ['events', 'check', 's.jsonl', '--json'],
    directory,
  );
  child.stdout?.destroy();
  const { stderr } = await finished;
  expect(stderr).toContain('2000 of 2000 records are refused');
  expect(stderr).not.toContain('EPIPE');
});
