import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openModuleScore } from '../../src/adapters/module/module-score.js';
import type { ModuleScore, ModuleScoreOptions } from '../../src/adapters/module/module-score.js';
import { OutOfTime } from '../../src/score/own/time-limit.js';
import type { OwnInput } from '../../src/score/scorer.js';

/* The thread of a module. Widths of pictures tell the score what to do. */

const moody = `
let runs = 0;
export default ({ ends = 7 } = {}) => ({
  needs: ['pixels'],
  unit: 'runs',
  range: [0, 1000],
  unusual: 'high',
  limit: 900,
  measure({ pixels }) {
    runs += 1;
    if (pixels.width === 2) for (;;);
    if (pixels.width === 3) process.exit(4);
    if (pixels.width === 4) setTimeout(() => { throw new Error('later'); });
    if (pixels.width === 5) pixels.rgb.fill(9);
    if (pixels.width === 6) throw new Error('six');
    return pixels.width === ends ? undefined : runs;
  },
  describe: (runs) => \`It ran \${runs} times\`,
});`;

let folder: string;
let file: string;
const open: ModuleScore[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgeminer-module-'));
  file = join(folder, 'moody.mjs');
  await writeFile(file, moody);
});

afterEach(async () => {
  for (const score of open.splice(0)) await score.close();
  await rm(folder, { recursive: true });
});

async function opened(options: Partial<ModuleScoreOptions> = {}): Promise<ModuleScore> {
  // Short for what never comes back; long for a thread that a busy machine starts.
  const limits = { loadMs: 30_000, measureMs: 1000, restMs: 0 };
  const score = await openModuleScore({ file, options: undefined, limits, ...options });
  open.push(score);
  return score;
}

const picture = (width: number): OwnInput => ({
  plane: {
    width,
    height: 1,
    rgb: Buffer.alloc(3 * width, 1),
    detail: { width: 1, height: 1, rgb: Buffer.alloc(3, 1) },
  },
  predictions: { kind: 'none' },
  embedding: Float32Array.of(1, 2),
});

describe('a score in a module', () => {
  it('is measured in turn, with its own words', async () => {
    const score = await opened({ options: { ends: 8 } });
    expect(score.traits).toEqual({
      needs: ['pixels'],
      unit: 'runs',
      range: [0, 1000],
      unusual: 'high',
      limit: 900,
    });
    expect(score.limitNote).toBe('It ran 900 times');
    const found = [score.run(picture(1)), score.run(picture(8)), score.run(picture(1))];
    expect(await Promise.all(found)).toEqual([
      { raw: 1, note: 'It ran 1 times' },
      undefined,
      { raw: 3, note: 'It ran 3 times' },
    ]);
    await expect(score.run(picture(6))).rejects.toThrow('six');
  });

  it('is ended where it does not come back; the next picture has another thread', async () => {
    const score = await opened();
    const waiting = [score.run(picture(1)), score.run(picture(2)), score.run(picture(1))];
    const [before, late, after] = await Promise.allSettled(waiting);
    expect(before).toMatchObject({ value: { raw: 1 } });
    expect(late).toMatchObject({
      reason: new OutOfTime(`gave no measurement within 1 s (${file})`),
    });
    expect(after).toMatchObject({ value: { raw: 1 } });
  });

  it('rests where it is late again and again, and is tried later', async () => {
    const score = await opened({ limits: { loadMs: 30_000, measureMs: 200, restMs: 600_000 } });
    for (let time = 0; time < 2; time += 1) {
      await expect(score.run(picture(2))).rejects.toBeInstanceOf(OutOfTime);
    }
    await expect(score.run(picture(1))).rejects.toThrow(
      'was late 2 times in a row, and is not tried for a while',
    );
    const restless = await opened({ limits: { loadMs: 30_000, measureMs: 1000, restMs: 0 } });
    for (let time = 0; time < 3; time += 1) {
      await expect(restless.run(picture(2))).rejects.toBeInstanceOf(OutOfTime);
    }
    expect(await restless.run(picture(1))).toMatchObject({ raw: 1 });
  });

  it.each([
    [3, 'its thread ended with the code 4'],
    [4, undefined],
  ])('costs nobody else anything where it ends its thread, at %i', async (width, message) => {
    const score = await opened();
    const run = score.run(picture(width));
    if (message === undefined) await run;
    else await expect(run).rejects.toThrow(message);
    // What it threw later may be heard of at this one, or before it.
    await score.run(picture(1)).catch(() => undefined);
    expect(await score.run(picture(1))).toMatchObject({ note: /^It ran [12] times$/ as never });
  });

  it('writes to a copy, and tells of it where somebody asks', async () => {
    const score = await opened();
    const given = picture(5);
    await score.run(given);
    const wrote: string[] = [];
    await score.run(given, (part) => wrote.push(part));
    await score.run(picture(1), (part) => wrote.push(part));
    expect(wrote).toEqual(['plane']);
    expect(given).toEqual(picture(5));
  });

  it('is not measured by another module than it was opened with', async () => {
    const score = await opened();
    await writeFile(file, `${moody}\n// other`);
    expect(await score.run(picture(1))).toMatchObject({ raw: 1 });
    await expect(score.run(picture(2))).rejects.toBeInstanceOf(OutOfTime);
    await expect(score.run(picture(1))).rejects.toThrow('is another than at the start');
  });

  it('is ended by close, whatever it is at', async () => {
    const score = await opened();
    const never = score.run(picture(2)).catch((error: unknown) => error);
    const queued = score.run(picture(1)).catch((error: unknown) => error);
    await score.close();
    await score.close();
    expect(await never).toMatchObject({ message: /^its thread (ended|has ended)|closed/ as never });
    expect(await queued).toMatchObject({ message: 'the score was closed' });
  });

  it.each([
    ['for (;;);', 'was not loaded within 2 s'],
    ['export default () => { for (;;); };', 'was not loaded within 2 s'],
    [
      'setInterval(() => 0, 1000); export default () => new Promise(() => {});',
      'was not loaded within 2 s',
    ],
  ])('is refused where it is late to load: %s', async (module, message) => {
    await writeFile(file, module);
    const limits = { loadMs: 2000, measureMs: 1000, restMs: 0 };
    await expect(opened({ limits })).rejects.toMatchObject({
      code: 'score.invalid',
      field: 'module',
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    ['export default () => new Promise(() => {});', 'waits for a promise that nothing resolves'],
    ['await new Promise(() => {});', 'waits for a promise that nothing resolves'],
    ['process.exit(9);', 'its thread ended with the code 9'],
  ])('is refused where it ends before it is loaded: %s', async (module, message) => {
    await writeFile(file, module);
    await expect(opened()).rejects.toMatchObject({
      code: 'score.invalid',
      field: 'module',
      message: expect.stringContaining(message) as string,
    });
  });
});
