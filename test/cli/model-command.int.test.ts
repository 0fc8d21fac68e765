import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.js';
import type { World } from '../../src/cli/world.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const fixtures = fileURLToPath(new URL('../fixtures/models', import.meta.url));
const classifier = join(fixtures, 'classifier.onnx');
const embedder = join(fixtures, 'embedder.onnx');

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'edgeminer-model-'));
});
afterEach(() => rm(directory, { recursive: true }));

interface Stage {
  readonly made: World;
  readonly said: () => string;
  readonly warned: () => string;
  readonly stdin: PassThrough;
  readonly stderr: PassThrough;
}

type Screen = PassThrough & { isTTY?: boolean };

function world(isTTY: boolean): Stage {
  const [stdin, stdout, stderr]: [Screen, Screen, Screen] = [
    new PassThrough(),
    new PassThrough(),
    new PassThrough(),
  ];
  stdin.isTTY = isTTY;
  stderr.isTTY = isTTY;
  const texts = { stdout: '', stderr: '' };
  stdout.on('data', (bytes: Buffer) => (texts.stdout += bytes.toString()));
  stderr.on('data', (bytes: Buffer) => (texts.stderr += bytes.toString()));
  const made: World = {
    environment: { EDGEMINER_MODELS_DIR: join(directory, 'models') },
    workingDirectory: directory,
    packageRoot: root,
    version: '0.0.0',
    ...{ stdin, stdout, stderr },
    now: () => 0,
    ending: new AbortController().signal,
  };
  return { made, said: () => texts.stdout, warned: () => texts.stderr, stdin, stderr };
}

async function edgeminer(...args: string[]) {
  const { made, said, warned } = world(false);
  const code = await runCli(args, made);
  return { code, stdout: said(), stderr: warned() };
}

/** Types each answer once its question is on the screen; gives all that was on it. */
async function onTerminal(args: readonly string[], answers: readonly [string, string][]) {
  const { made, said, warned, stdin, stderr } = world(true);
  const left = [...answers];
  let seen = 0;
  stderr.on('data', () => {
    const [next] = left;
    if (next === undefined) return;
    const at = warned().indexOf(next[0], seen);
    if (at < 0) return;
    seen = warned().length;
    left.shift();
    stdin.write(next[1]);
  });
  const code = await runCli(args, made);
  return { code, screen: warned(), stdout: said(), unasked: left.map(([question]) => question) };
}

const manifest = () => join(directory, 'models', 'manifest.json');

async function edit(change: (text: string) => string): Promise<void> {
  await writeFile(manifest(), change(await readFile(manifest(), 'utf8')));
}

describe('edgeminer model, with nobody to ask', () => {
  it('refuses what it can not know, with the flag for each, and writes nothing', async () => {
    const { code, stderr } = await edgeminer('model', 'add', join(fixtures, 'free-all.onnx'));
    expect(code).toBe(1);
    for (const flag of ['--licence', '--layout', '--size']) expect(stderr).toContain(flag);
    expect(await readdir(directory)).toEqual([]);
  });

  it('writes nothing on a dry run', async () => {
    const ran = await edgeminer('model', 'add', embedder, '--licence', 'MIT', '--dry-run');
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/pixels +imagenet +GUESSED/);
    expect(ran.stdout).toContain('nothing was written');
    expect(await readdir(directory)).toEqual([]);
  });

  it('adds a model with its classes, once', async () => {
    const classes = Array.from({ length: 3 }, (_, n) => `class ${n}`);
    await writeFile(join(directory, 'classes.txt'), classes.join('\n'));
    const add = ['model', 'add', classifier, '--licence', 'MIT', '--name', 'goods'];
    const more = ['--classes', 'classes.txt', '--copy'];
    const first = await edgeminer(...add, ...more);
    expect(first.code, first.stderr).toBe(0);
    expect(await readdir(join(directory, 'models'))).toEqual([
      'classifier.onnx',
      'goods.check.npy',
      'manifest.json',
    ]);
    const written = JSON.parse(await readFile(manifest(), 'utf8')) as object;
    expect(written).toMatchObject({
      version: 1,
      models: {
        goods: {
          file: 'classifier.onnx',
          licence: 'MIT',
          classes,
          outputs: { embedding: { name: 'embedding', dimensions: 12 }, logits: { name: 'logits' } },
          check: 'goods.check.npy',
        },
      },
    });

    const again = await edgeminer(...add, ...more);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('--replace');

    const listed = await edgeminer('model', 'list');
    expect(listed.stdout).toMatch(/^goods .*32x32 NCHW float32 +12 +3 +MIT +there/m);
  });

  it('knows a model again, until it is another', async () => {
    const add = await edgeminer('model', 'add', embedder, '--licence', 'MIT', '--json');
    expect(add.code, add.stderr).toBe(0);
    expect(JSON.parse(add.stdout)).toMatchObject({ written: true, entry: { file: embedder } });

    const checked = await edgeminer('model', 'check', '--json');
    expect(checked.code, checked.stderr).toBe(0);
    expect(JSON.parse(checked.stdout)).toMatchObject({
      providers: ['cpu'],
      models: [{ name: 'embedder', verdict: 'same' }],
    });

    await edit((text) => text.replace('[0.229, 0.224, 0.225]', '[0.5, 0.2, 0.1]'));
    const changed = await edgeminer('model', 'check');
    expect(changed.code).toBe(1);
    expect(changed.stdout).toMatch(/^DIFFERENT +embedder: lowest cosine 0\.\d+/m);
    expect(changed.stderr).toContain('model.check-failed');

    const stored = await edgeminer('model', 'check', 'embedder', '--store');
    expect(stored.code, stored.stderr).toBe(0);
    expect((await edgeminer('model', 'check', 'embedder')).code).toBe(0);
  });

  it('names manifest, entry and field of what does not fit', async () => {
    await edgeminer('model', 'add', embedder, '--licence', 'MIT', '--copy');
    await edit((text) => text.replace('"width": 32', '"width": 64'));
    const { code, stderr } = await edgeminer('model', 'check', 'embedder', '--json');
    expect(code).toBe(1);
    const { error } = JSON.parse(stderr) as { error: { message: string } };
    expect(error).toMatchObject({ code: 'model.shape-mismatch', field: 'input.width' });
    expect(error.message).toContain(`${manifest()}: entry embedder: input.width: `);
  });

  it('says once why a model is refused, and nothing of where it ran', async () => {
    await edgeminer('model', 'add', embedder, '--licence', 'MIT', '--copy');
    await edit((text) => text.replace('"width": 32', '"width": 64'));
    const one = await edgeminer('model', 'check');
    expect(one.code).toBe(1);
    expect(one.stdout).toBe('REFUSED    embedder\n');
    expect(one.stderr.match(/input\.width: /g)).toHaveLength(1);

    await edgeminer('model', 'add', embedder, '--licence', 'MIT', '--name', 'second');
    await edit((text) => text.replace('"width": 32', '"width": 64'));
    const both = await edgeminer('model', 'check');
    expect(both.stdout.match(/error: .*input\.width/g)).toHaveLength(2);
    expect(both.stdout).not.toContain('run on');
    expect(both.stderr).toContain('embedder, second');
    expect(both.stderr).not.toContain('input.width');

    const { stdout } = await edgeminer('model', 'check', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ providers: [] });
  });

  it('does not lose another file of the same name, nor a manifest that it can not read', async () => {
    await edgeminer('model', 'add', embedder, '--licence', 'MIT', '--copy');
    const other = join(directory, 'embedder.onnx');
    await cp(classifier, other);
    const copy = ['--licence', 'MIT', '--name', 'other', '--embedding', 'embedding', '--copy'];
    const clash = await edgeminer('model', 'add', other, ...copy);
    expect(clash.code).toBe(1);
    expect(clash.stderr).toMatch(/--copy: .*embedder\.onnx is there already/);

    await edit((text) => text.slice(0, -4));
    const broken = await readFile(manifest(), 'utf8');
    const refused = await edgeminer('model', 'add', classifier, '--licence', 'MIT');
    expect(refused.stderr).toContain('config.invalid');
    expect(await readFile(manifest(), 'utf8')).toBe(broken);
  });

  it('refuses an execution provider that is not there', async () => {
    const missing = process.platform === 'win32' ? 'coreml' : 'dml';
    await writeFile(
      join(directory, 'edgeminer.config.yaml'),
      `inference: { executionProviders: [${missing}, cpu] }`,
    );
    const { code, stderr } = await edgeminer('model', 'add', embedder, '--licence', 'MIT');
    expect(code).toBe(1);
    expect(stderr).toContain('inference.executionProviders');
    expect(stderr).toMatch(/what to do: Name providers out of .*cpu/);
  });
});

describe('edgeminer model add on a terminal', () => {
  it('asks what it does not know, asks again after a wrong answer, and confirms', async () => {
    await writeFile(join(directory, 'classes.txt'), 'cat\ndog\nbird\n');
    const { code, screen, stdout, unasked } = await onTerminal(
      ['model', 'add', classifier],
      [
        ['Name of the model', 'pets\n'],
        ['want its pixels', '0-255\n'],
        ['want its pixels', '127 / 128\n'],
        ['is the embedding', '\n'],
        ['class scores', 'logits\n'],
        ['names the classes', 'missing.txt\n'],
        ['names the classes', 'classes.txt\n'],
        ['licence', 'MIT\n'],
        ['Write it', 'yes\n'],
      ],
    );
    expect(unasked).toEqual([]);
    expect(code, screen).toBe(0);
    expect(stdout).toContain('added pets');
    const text = await readFile(manifest(), 'utf8');
    expect(JSON.parse(text)).toMatchObject({
      models: {
        pets: {
          licence: 'MIT',
          classes: ['cat', 'dog', 'bird'],
          input: { scale: 1, mean: [127, 127, 127], std: [128, 128, 128] },
        },
      },
    });
  });

  it.each([
    ['Control-C', '\u0003'],
    ['Control-D', '\u0004'],
  ])('writes nothing after %s', async (_, key) => {
    const { code, screen } = await onTerminal(
      ['model', 'add', embedder],
      [['Name of the model', key]],
    );
    expect(code).toBe(1);
    expect(screen).toContain('nothing was written');
    expect(await readdir(directory)).toEqual([]);
  });

  it('writes nothing that was not confirmed', async () => {
    const flags = ['--name', 'x', '--pixels', 'unit', '--licence', 'MIT'];
    const { code, screen } = await onTerminal(
      ['model', 'add', embedder, ...flags],
      [['Write it', 'no\n']],
    );
    expect(code).toBe(1);
    expect(screen).toContain('not confirmed');
    expect(await readdir(directory)).toEqual([]);
  });
});
