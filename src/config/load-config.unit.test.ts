import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isEdgeminerError } from '../faults.js';
import { loadConfig } from './load-config.js';

describe('loadConfig', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'edgeminer-config-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  async function load(yaml?: string, environment: Record<string, string> = {}) {
    if (yaml !== undefined) await writeFile(join(directory, 'edgeminer.config.yaml'), yaml);
    return loadConfig({ workingDirectory: directory, environment, packagedModels: '/models' });
  }

  async function problemOf(loading: Promise<unknown>): Promise<string> {
    const error: unknown = await loading.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!isEdgeminerError(error)) throw new Error(`expected a fault, got ${String(error)}`);
    expect(error.mend).toBeTruthy();
    return `${error.code}: ${error.message}`;
  }

  it('needs no file: the embedded default', async () => {
    const config = await load();
    expect(config.store).toEqual({
      kind: 'sqlite',
      file: join(directory, '.edgeminer', 'edgeminer.db'),
    });
    expect(config.images).toEqual({
      kind: 'directory',
      path: join(directory, '.edgeminer', 'images'),
      keep: 'copy',
    });
    expect(config.kafka).toBeUndefined();
    expect(config.fetch.allowOrigins).toEqual([]);
    expect(Object.isFrozen(config.http)).toBe(true);
  });

  it('lets the environment win over the file', async () => {
    const config = await load(
      'store:\n  kind: sqlite\n  file: here.db\nhttp:\n  port: 9000\nkafka:\n  brokers: [a:1]\n  groupId: g\n',
      {
        MONGODB_URI: 'mongodb://127.0.0.1/',
        KAFKA_BROKERS: 'b:1, c:2',
        EDGEMINER_HTTP_PORT: '9001',
      },
    );
    expect(config.store).toEqual({
      kind: 'mongodb',
      uri: 'mongodb://127.0.0.1/',
      database: 'edgeminer',
    });
    expect(config.images).toEqual({ kind: 'gridfs', keep: 'copy' });
    expect(config.kafka).toMatchObject({ brokers: ['b:1', 'c:2'], groupId: 'g' });
    expect(config.http.port).toBe(9001);
  });

  it('names every unknown key with its line', async () => {
    const problem = await problemOf(load('http:\n  prt: 1\nstore:\n  kind: sqlite\nmodel: []\n'));
    expect(problem).toContain('http.prt (line 2): unknown key');
    expect(problem).toContain('model (line 5): unknown key');
  });

  it('says where the YAML is broken', async () => {
    expect(await problemOf(load('http:\n  port: [1\n'))).toMatch(/config\.yaml:\d+:\d+: not valid/);
  });

  it('names the variable that set a wrong value', async () => {
    expect(await problemOf(load(undefined, { EDGEMINER_HTTP_PORT: '70000' }))).toContain(
      'http.port (from EDGEMINER_HTTP_PORT)',
    );
    expect(await problemOf(load(undefined, { EDGEMINER_HTTP_PORT: 'many' }))).toContain(
      "EDGEMINER_HTTP_PORT is 'many', which is not a number",
    );
    expect(await problemOf(load(undefined, { EDGEMINER_HTP_PORT: '1' }))).toContain(
      'EDGEMINER_HTP_PORT',
    );
  });

  it('refuses names that point at nothing', async () => {
    const problem = await problemOf(
      load('models:\n  - name: shop\n    labelSet: animals\n    policy: strict\n'),
    );
    expect(problem).toContain("models.0.labelSet (line 3): there is no label set 'animals'");
    expect(problem).toContain("models.0.policy (line 4): there is no policy 'strict'");
  });

  it('refuses a file that was asked for and is not there', async () => {
    const loading = loadConfig({
      file: 'other.yaml',
      workingDirectory: directory,
      environment: {},
      packagedModels: '/models',
    });
    expect(await problemOf(loading)).toContain('config.not-found');
  });

  it('takes a share as a number or as a percentage', async () => {
    const { policies } = await load(
      "policies:\n  p:\n    falseAlarms: 1%\n    controlSample: '2.5 %'\n    signals: {dark: {falseAlarms: 0.5%}}\n",
    );
    expect(policies['p']).toMatchObject({
      falseAlarms: 0.01,
      controlSample: 0.025,
      signals: { dark: { falseAlarms: 0.005 } },
    });
    for (const all of ['1', '100%']) {
      const refused = 'would flag every picture; for one in a hundred write 1% or 0.01';
      expect(await problemOf(load(`policies:\n  p:\n    falseAlarms: ${all}\n`))).toContain(
        `policies.p.falseAlarms (line 3): ${refused}`,
      );
      const rule = `policies:\n  p:\n    signals:\n      dark: {falseAlarms: ${all}}\n`;
      expect(await problemOf(load(rule))).toContain(refused);
    }
    for (const wrong of ['1.5', '-1', '150%', 'few', '1 percent']) {
      expect(await problemOf(load(`policies:\n  p:\n    falseAlarms: ${wrong}\n`))).toContain(
        'policies.p.falseAlarms (line 3): must be a share from 0 to 1, such as 0.01, or a percentage, such as 1%',
      );
    }
  });

  it('says what a rule for a signal may be', async () => {
    for (const wrong of ['true', '{raws: 1}', '{raw: x}', '{classes: {milk: {raw: x}}}']) {
      expect(
        await problemOf(load(`policies:\n  p:\n    signals:\n      dark: ${wrong}\n`)),
      ).toContain(
        'policies.p.signals.dark (line 4): must be off, {falseAlarms: 1%}, {edgeScore: 0.99} or {raw: NUMBER}',
      );
    }
  });

  it('refuses a limit that no measurement reaches', async () => {
    for (const [wrong, at] of [
      ['{raw: 500}', 'raw'],
      ['{classes: {milk: {raw: -1}}}', 'classes.milk.raw'],
    ]) {
      expect(
        await problemOf(load(`policies:\n  p:\n    signals:\n      dark: ${wrong ?? ''}\n`)),
      ).toMatch(
        new RegExp(`policies.p.signals.dark.${at ?? ''} .*outside the range of dark, 0 to 255`),
      );
    }
  });

  it('refuses a signal that does not exist, and weights that are all 0', async () => {
    expect(await problemOf(load('policies:\n  p:\n    signals:\n      dork: off\n'))).toContain(
      'policies.p.signals.dork (line 4): unknown key',
    );
    expect(
      await problemOf(
        load('policies:\n  p:\n    weights: {confidence: 0, quality: 0, format: 0, novelty: 0}\n'),
      ),
    ).toContain('needs at least one weight above 0');
  });
});
