import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../cli/run-command.js';
import type { MiningSummary } from '../../src/mine/summary.js';
import type { Task } from '../../src/queue/task.js';
import { sharp } from '../../src/image/sharp.js';
import type { Signal } from '../../src/score/signal.js';
import { drawRgb, scene } from '../fixtures/draw-picture.js';

/* The command line on scores of one's own, as docs/own-scores.md has them. */

const packageRoot = fileURLToPath(new URL('../..', import.meta.url));
const fixtures = join(packageRoot, 'test', 'fixtures', 'scores');

/** Share of red pixels; what it is to take for red comes from the settings. */
const rust = `export default ({ redder }) => ({
  needs: ['pixels'],
  unit: 'share of the pixels, 0..1',
  range: [0, 1],
  unusual: 'high',
  limit: 0.2,
  measure({ pixels: { rgb } }) {
    let red = 0;
    for (let at = 0; at < rgb.length; at += 3) if (rgb[at] - rgb[at + 1] > redder) red += 1;
    return red / (rgb.length / 3);
  },
  describe: (share) => \`Rust covers \${(100 * share).toFixed(0)} % of the picture\`,
});`;

/** Stands no picture of 63 pixels across, of which there is none among the simple inputs. */
const moody = `export default {
  needs: ['pixels'],
  unit: 'pixels',
  range: [0, 1000],
  unusual: 'high',
  limit: 900,
  measure({ pixels }) {
    if (pixels.width === 63) throw new Error('63 is too odd');
    return pixels.width;
  },
};`;

const config = (redder: number) => `
models: [{ name: shop, versions: ['1'], embedder: none }]
log: { level: silent }
scores:
  - { name: rust, module: ./rust.mjs, options: { redder: ${redder} } }
  - { name: moody, module: ./moody.mjs }
  - name: redness
    onnx: ./redness.onnx
    input: { width: 32, height: 32 }
    range: [-1, 1]
    unusual: high
    limit: 0.3
  - { name: strength, onnx: ./strength.onnx, over: embedding, range: [0, 9], unusual: high, limit: 5 }
policies:
  default:
    falseAlarms: 0.05
    controlSample: 0
    falseAlarmsOf: signal
    signals: { low-information: off, low-contrast: off, blur: off, colour-cast: off }
`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgeminer-own-'));
  for (const name of ['redness', 'strength', 'two-outputs']) {
    await copyFile(join(fixtures, `${name}.onnx`), join(folder, `${name}.onnx`));
  }
  await write('rust.mjs', rust);
  await write('moody.mjs', moody);
  await write('edgeminer.config.yaml', config(60));
});

afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, text: string) => writeFile(join(folder, name), text);

const edgeminer = (...args: string[]) => edgeminerUntil(new AbortController().signal, ...args);

async function edgeminerUntil(ending: AbortSignal, ...args: string[]) {
  const world = { folder, now: 1_770_000_000_000, ending };
  const { code, result, stderr } = await runCommand([...args, '--json'], world);
  return { code, result, errors: stderr };
}

/** A scene as PNG, with a red square over `share` of its width and height. */
async function picture(seed: number, share: number, width = 64): Promise<Buffer> {
  const paint = scene(width, 48, seed);
  const rgb = drawRgb(width, 48, (x, y) =>
    x < share * width && y < share * 48 ? [220, 40, 30] : paint(x, y),
  );
  return sharp(rgb, { raw: { width, height: 48, channels: 3 } })
    .png()
    .toBuffer();
}

async function train(count: number): Promise<void> {
  await mkdir(join(folder, 'training'), { recursive: true });
  for (let at = 0; at < count; at += 1) {
    await writeFile(join(folder, 'training', `${at}.png`), await picture(at, 0.05 + 0.002 * at));
  }
}

async function streamOf(
  events: readonly { id: string; image: Buffer; embedding?: readonly number[] }[],
): Promise<void> {
  const lines = events.map(({ id, image, embedding }) =>
    JSON.stringify({
      eventId: id,
      occurredAt: '2026-11-23T10:00:00Z',
      modelName: 'shop',
      modelVersion: '1',
      sourceId: id,
      image: { bytes: image.toString('base64') },
      ...(embedding === undefined ? {} : { embedding }),
    }),
  );
  await write('events.jsonl', `${lines.join('\n')}\n`);
}

async function mine(): Promise<MiningSummary> {
  const { code, result, errors } = await edgeminer(
    'mine',
    '--source',
    'jsonl:events.jsonl',
    '--once',
  );
  expect(errors).toBe('');
  expect(code).toBe(0);
  return result as MiningSummary;
}

async function signalsOf(event: string): Promise<ReadonlyMap<string, Signal>> {
  const { result } = await edgeminer('queue', 'list', '--source', event);
  const [task] = result as Task[];
  return new Map(task?.scores.signals.map((signal) => [signal.name, signal]));
}

describe('scores of one’s own', () => {
  it('are measured, calibrated, flagged, explained and queued like built-in ones', async () => {
    await train(40);
    const built = await edgeminer(
      ...['reference', 'build', '--images', 'training', '--model-name', 'shop'],
      ...['--model-version', '1'],
    );
    expect(built.errors).toBe('');
    expect(built.result).toMatchObject({
      signals: expect.arrayContaining(['own:rust', 'own:moody', 'own:redness']) as string[],
      ownScoreFailures: {},
    });
    await streamOf([
      { id: 'plain', image: await picture(300, 0.1) },
      { id: 'rusty', image: await picture(301, 0.7), embedding: [0.1, -0.1] },
      { id: 'strong', image: await picture(302, 0.1), embedding: [8, -8] },
      { id: 'odd', image: await picture(303, 0.8, 63) },
    ]);
    const summary = await mine();
    expect(summary).toMatchObject({
      events: 4,
      scored: 4,
      rejected: 0,
      ownScoreFailures: { 'own:moody': 1 },
    });
    expect(summary.candidatesByReason).toMatchObject({
      'own:rust': 2,
      'own:redness': 2,
      'own:strength': 1,
    });

    const rusty = await signalsOf('rusty');
    expect(rusty.get('own:rust')).toMatchObject({
      family: 'quality',
      calibrated: true,
      flagged: true,
      explanation: expect.stringMatching(
        /^Rust covers (49|50|51) % of the picture, higher than all 40 reference pictures\.$/,
      ) as string,
    });
    expect(rusty.get('own:redness')).toMatchObject({ calibrated: true, flagged: true });
    // The reference's pictures came without embeddings.
    expect(rusty.get('own:strength')).toMatchObject({ calibrated: false, flagged: false });
    expect((await signalsOf('strong')).get('own:strength')).toMatchObject({
      raw: 8,
      family: 'novelty',
      flagged: true,
    });
    const { result } = await edgeminer('queue', 'list', '--source', 'odd');
    const [odd] = result as Task[];
    expect(odd?.scores.absent).toEqual(
      expect.arrayContaining([
        { name: 'own:moody', why: 'failed' },
        { name: 'own:strength', why: 'no-embedding' },
      ]),
    );

    // Another version of a score is not held against the measurements of this one.
    await write('edgeminer.config.yaml', config(70));
    await streamOf([{ id: 'later', image: await picture(304, 0.9) }]);
    await mine();
    const later = await signalsOf('later');
    expect(later.get('own:rust')).toMatchObject({ calibrated: false, flagged: true });
    expect(later.get('own:redness')).toMatchObject({ calibrated: true });
    const doctor = await edgeminer('doctor');
    expect(JSON.stringify(doctor.result)).toContain('own:strength (not measured)');
  }, 240_000);

  it('are kept by a build that is ended, until they are others', async () => {
    await train(40);
    const build = [
      ...['reference', 'build', '--images', 'training', '--model-name', 'shop'],
      ...['--model-version', '1'],
    ];
    const ended = () => edgeminerUntil(AbortSignal.abort(), ...build);
    expect((await ended()).errors).toContain('reference.unfinished');
    expect((await ended()).errors).toMatch(/goes on with 1 picture that/);
    await write('edgeminer.config.yaml', config(70));
    expect((await ended()).errors).toContain(
      'starts anew: an earlier build was not ended, but the scores of your own were others',
    );
    const last = await edgeminer(...build);
    expect(last.errors).toMatch(/goes on with 1 picture that/);
    expect(last.result).toMatchObject({
      signals: expect.arrayContaining(['own:rust', 'own:redness']) as string[],
    });
  }, 240_000);

  it('are listed, checked and named wherever a reason is asked for', async () => {
    const { result } = await edgeminer('score', 'list');
    expect(result).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'own:rust', needs: ['pixels'], policies: ['default'] }),
        expect.objectContaining({ name: 'own:strength', needs: ['embedding'], limit: 5 }),
        expect.objectContaining({ name: 'blur', policies: [] }),
      ]),
    );
    for (const name of ['own:rust', 'redness', 'strength', 'dark']) {
      expect(await edgeminer('score', 'check', name)).toMatchObject({ code: 0, errors: '' });
    }
    const args = ['score', 'check', './rust.mjs', '--options', '{"redder": 3}'];
    expect(await edgeminer(...args)).toMatchObject({ code: 0, result: { score: 'own:rust' } });
    expect(await edgeminer('score', 'check', 'own:snow')).toMatchObject({ code: 1 });
    expect(await edgeminer('queue', 'list', '--reason', 'own:rust')).toMatchObject({ code: 0 });
    expect(await edgeminer('queue', 'list', '--reason', 'rust')).toMatchObject({ code: 2 });
  });

  const score = (more: string) => `export default { needs: ['pixels'], unit: 'x', range: [0, 1],
    unusual: 'high', limit: 0.5, ${more} };`;

  it.each([
    ['no default export', 'export const score = 1;', 'has no default export; it exports score'],
    ['no score', 'export default 5;', 'is no score: it is a number'],
    ['no measure', score(''), 'its measure is wrong: must be a function'],
    ['an unusual limit', score('measure: () => 0, limit: 1'), 'its limit is wrong'],
    ['a throwing factory', `export default () => { throw new Error('no!'); };`, 'failed: no!'],
    ['a throwing score', score(`measure() { throw new Error('no!'); }`), 'own:rust failed: no!'],
    ['a number out of range', score('measure: () => 2'), 'gave 2, outside its range of 0 to 1'],
    ['a score of chance', score('measure: () => Math.random()'), 'from the same input'],
    ['a score that writes', score('measure: (i) => (i.pixels.rgb[0] = 1)'), 'wrote to its input'],
    ['no module at all', 'export default {', `can't be loaded`],
  ])('refuse to start with %s, by name', async (_, module, message) => {
    await write('rust.mjs', module);
    await streamOf([{ id: 'plain', image: await picture(1, 0) }]);
    const mined = await edgeminer('mine', '--source', 'jsonl:events.jsonl', '--once');
    expect(mined.code).toBe(1);
    const { error } = JSON.parse(mined.errors) as { error: Record<string, string> };
    expect(error).toMatchObject({ code: 'score.invalid' });
    expect(error['message']).toContain('own:rust');
    expect(error['message']).toContain(message);
  });

  it('are looked at by the doctor', async () => {
    await write('rust.mjs', score('measure: () => 2'));
    const { code, errors, result } = await edgeminer('doctor');
    expect(code).toBe(1);
    expect(errors).toContain('score own:rust');
    expect(JSON.stringify(result)).toContain('outside its range of 0 to 1');
  });

  it.each([
    ['a file that is not there', 'onnx: ./none.onnx', 'scores.soiled.onnx'],
    ['a file that is no model', 'onnx: ./rust.mjs', 'scores.soiled.onnx'],
    ['an input of another size', 'onnx: ./redness.onnx, input: { width: 31, height: 32 }', 'input'],
    ['several outputs', 'onnx: ./two-outputs.onnx', 'scores.soiled.output'],
    ['no such output', 'onnx: ./two-outputs.onnx, output: third', 'scores.soiled.output'],
    ['an embedding for a picture', 'onnx: ./strength.onnx', 'scores.soiled.input'],
  ])('refuse %s, naming the setting', async (_, entry, field) => {
    const input = entry.includes('input') ? '' : 'input: { width: 32, height: 32 },';
    await write(
      'edgeminer.config.yaml',
      `scores: [{ name: soiled, ${input} ${entry}, range: [-1, 1], unusual: high, limit: 0.3 }]`,
    );
    const { code, errors } = await edgeminer('score', 'check', 'soiled');
    expect(code).toBe(1);
    const { error } = JSON.parse(errors) as { error: Record<string, string> };
    expect(error).toMatchObject({ code: 'score.invalid' });
    expect(error['field']).toContain(field);
  });
});
