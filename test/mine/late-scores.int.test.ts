import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sharp } from '../../src/image/sharp.js';
import type { MiningSummary } from '../../src/mine/summary.js';
import type { Task } from '../../src/queue/task.js';
import { checkScorer } from '../../src/score/checks/check-scorer.js';
import { simpleProbes } from '../../src/score/checks/probes.js';
import { scorers } from '../../src/score/registry.js';
import type { PixelScorer } from '../../src/score/scorer.js';
import { drawRgb, scene } from '../fixtures/draw-picture.js';
import { runCommand } from '../cli/run-command.js';

/* Scores that never come back: whoever waits for them hears of it, and nobody else waits. */

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

const score = (measure: string) => `import { readFileSync, writeSync } from 'node:fs';
  export default { needs: ['pixels'], unit: 'pixels', range: [0, 1000], unusual: 'high',
    limit: 900, measure({ pixels }) { ${measure}; return pixels.width; } };`;

const config = `
models: [{ name: shop, versions: ['1'], embedder: none }]
log: { level: silent }
scores: [{ name: moody, module: ./moody.mjs }]
policies:
  default: { controlSample: 1, signals: { low-information: off, low-contrast: off } }
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgeminer-late-'));
  await write('edgeminer.config.yaml', config);
});
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, text: string) => writeFile(join(folder, name), text);
const edgeminer = (...args: string[]) => runCommand([...args, '--json'], { folder });

async function stream(widths: readonly number[]): Promise<void> {
  const lines = widths.map(async (width, at) => {
    const raw = { width, height: 48, channels: 3 as const };
    const rgb = drawRgb(width, 48, scene(width, 48, at + 1));
    const image = await sharp(rgb, { raw }).png().toBuffer();
    return JSON.stringify({
      eventId: `${width}`,
      occurredAt: '2026-11-23T10:00:00Z',
      modelName: 'shop',
      modelVersion: '1',
      sourceId: `of-${width}`,
      image: { bytes: image.toString('base64') },
    });
  });
  await write('events.jsonl', `${(await Promise.all(lines)).join('\n')}\n`);
}

/** In a process of its own, for signals are to be sent to it. */
function startCheck() {
  const loader = ['--import', import.meta.resolve('ts-blank-space/register')];
  const child = spawn(process.execPath, [...loader, main, 'score', 'check', './moody.mjs'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = once(child, 'close') as Promise<[number | null, string | null]>;
  return { child, errors: () => errors, ended };
}

const mine = ['mine', '--source', 'jsonl:events.jsonl', '--once'];

describe('a score that never comes back', () => {
  it('costs the events that it is late with their signal, and no others', async () => {
    await write('moody.mjs', score('if (pixels.width === 63) for (;;);'));
    await stream([70, 63, 71]);
    const { code, result, stderr } = await edgeminer(...mine);
    expect(code, stderr).toBe(0);
    expect(result as MiningSummary).toMatchObject({
      events: 3,
      scored: 3,
      rejected: 0,
      ownScoreFailures: { 'own:moody': 1 },
    });
    for (const width of [63, 70, 71]) {
      const [task] = (await edgeminer('queue', 'list', '--source', `of-${width}`)).result as Task[];
      const failed = { name: 'own:moody', why: 'failed' };
      if (width === 63) expect(task?.scores.absent).toContainEqual(failed);
      else expect(task?.scores.signals).toContainEqual(expect.objectContaining({ raw: width }));
    }
  });

  it('is told of by whoever tries it, and ends the command', async () => {
    await write('moody.mjs', score('for (;;);'));
    await stream([70]);
    const commands = [['score', 'check', './moody.mjs'], ['score', 'check', 'own:moody'], mine];
    const ran = await Promise.all(commands.map((args) => edgeminer(...args)));
    for (const { code, stderr } of ran) {
      expect(code).toBe(1);
      const { error } = JSON.parse(stderr) as { error: Record<string, string> };
      expect(error).toMatchObject({ code: 'score.invalid', field: 'own:moody' });
      expect(error['message']).toMatch(
        /^the score own:moody gave no measurement within 10 s \(.*moody\.mjs\), at a picture of /,
      );
      expect(error['mend']).toContain('a loop that does not end');
    }
  });

  it('does not hold up a check that is asked to end', async () => {
    await write('moody.mjs', score(`writeSync(2, 'begun '); for (;;);`));
    const { child, errors, ended } = startCheck();
    child.stderr.on('data', () => {
      if (errors().endsWith('begun ')) child.kill('SIGTERM');
    });
    expect(await ended, errors()).toEqual([1, null]);
    // Not because it was late: that would be said otherwise.
    expect(errors()).toContain('begun error: own:moody was not checked to the end, as was asked');
  });

  it('holds no process where even its thread can’t be ended', async () => {
    // Nobody ever writes to it, so that opening it never comes back to JavaScript.
    execFileSync('mkfifo', [join(folder, 'silent')]);
    await write('moody.mjs', score(`readFileSync('silent')`));
    const { errors, ended } = startCheck();
    expect(await ended, errors()).toEqual([null, 'SIGKILL']);
    expect(errors()).toContain('error: the score own:moody gave no measurement within 10 s');
  });

  it('is interrupted in a check where it is a file of edgeminer', async () => {
    const dark = scorers.find((scorer): scorer is PixelScorer => scorer.name === 'dark');
    if (dark === undefined) throw new Error('there is no scorer for darkness');
    const endless: PixelScorer = {
      ...dark,
      measure: () => {
        for (;;);
      },
    };
    await expect(checkScorer(endless, simpleProbes())).rejects.toMatchObject({
      code: 'score.invalid',
      field: 'dark',
    });
  });
});
