import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.js';
import { compose, readText, root } from './manifests.js';

const services = Object.entries(compose.services);
const ours = { worker: compose.services['worker'], server: compose.services['server'] };
const { version } = JSON.parse(readText('package.json')) as { version: string };

function configOf(environment: Record<string, string>) {
  return loadConfig({
    workingDirectory: path.join(root, 'test', 'deployment'),
    environment,
    packagedModels: path.join(root, 'models'),
  });
}

describe('docker-compose.yml', () => {
  it.each(services)('%s depends on services that exist and can become ready', (_, service) => {
    for (const [name, { condition }] of Object.entries(service.depends_on)) {
      const other = compose.services[name];
      expect(other, name).toBeDefined();
      if (condition === 'service_healthy') expect(other?.healthcheck, name).toBeDefined();
    }
  });

  it.each(services)('%s has a pinned image, and ports for this machine only', (_, service) => {
    expect(service.image).toMatch(/^[a-z/-]+:\d+\.\d+\.\d+(\.Final)?$/);
    for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it('uses every declared volume, and declares every used one', () => {
    const used = services.flatMap(([, { volumes }]) => volumes.map((v) => v.split(':')[0]));
    expect(used.toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
  });

  it('runs the worker and the server from one image, of this version', () => {
    for (const service of Object.values(ours)) {
      expect(service).toMatchObject({ image: `edgeminer:${version}`, build: '.' });
    }
  });

  it('starts the images that the tests start', () => {
    const inTests = readText('test', 'services', 'docker-services.ts');
    expect(inTests).toContain(`'${compose.services['kafka']?.image}'`);
    expect(inTests).toContain(`'${compose.services['mongo']?.image}'`);
    const registry = compose.services['registry']?.image.split(':')[1];
    expect(inTests).toContain(`'apicurio/apicurio-registry-mem:${registry}'`);
  });

  it.each(Object.entries(ours))('gives %s settings that edgeminer accepts', async (_, service) => {
    const environment = {
      EDGEMINER_DATA_DIR: '/var/lib/edgeminer',
      ...service?.environment,
      EDGEMINER_HTTP_TOKENS: '[]',
    };
    const config = await configOf(environment);
    expect(config.store.kind).toBe('mongodb');
    expect(config.images.kind).toBe('gridfs');
    const script = compose.services['topics']?.command.join('\n');
    for (const topic of Object.values(config.kafka?.topics ?? {})) {
      expect(script).toContain(`--topic ${topic} `);
    }
    const brokers = compose.services['kafka']?.environment['KAFKA_ADVERTISED_LISTENERS'];
    for (const broker of config.kafka?.brokers ?? []) expect(brokers).toContain(`//${broker}`);
  });

  it('asks for tokens, since the server listens on every address of its container', () => {
    expect(ours.server?.environment['EDGEMINER_HTTP_TOKENS']).toMatch(/^\$\{\w+:\?.+\}$/);
  });

  it("checks the worker's health on the port that it is told", () => {
    const port = ours.worker?.command.at(-1);
    expect(ours.worker?.command.at(-2)).toBe('--health-port');
    expect(ours.worker?.healthcheck?.test.join(' ')).toContain(`127.0.0.1:${port}/healthz`);
  });
});

describe('Dockerfile', () => {
  const lines = readText('Dockerfile').split('\n');
  const copied = lines
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(/\s+/).slice(1, -1));

  it('copies what exists and what .dockerignore lets through', () => {
    const allowed = readText('.dockerignore').match(/^!.+$/gm) ?? [];
    expect(new Set(copied)).toEqual(new Set(allowed.map((line) => line.slice(1))));
    for (const file of copied) expect(existsSync(path.join(root, file)), file).toBe(true);
  });

  it('starts the program that package.json names', () => {
    const { bin } = JSON.parse(readText('package.json')) as { bin: { edgeminer: string } };
    expect(lines).toContain(
      `ENTRYPOINT ["node", "--max-semi-space-size=64", "/app/${bin.edgeminer}"]`,
    );
  });

  it('sets only variables that edgeminer knows', async () => {
    const names = readText('Dockerfile').match(/EDGEMINER_\w+(?==)/g) ?? [];
    expect(names).toContain('EDGEMINER_DATA_DIR');
    await expect(
      configOf(Object.fromEntries(names.map((name) => [name, 'x']))),
    ).resolves.toBeDefined();
  });
});
