import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.js';
import type { Config } from '../../src/config/load-config.js';
import { all, compose, kustomization, only, readText, resources, root } from './manifests.js';

const worker = only('Deployment', 'edgeminer-worker');
const server = only('Deployment', 'edgeminer-server');
const deployments = [
  ['worker', worker],
  ['server', server],
] as const;
const secret = only('Secret', 'edgeminer-secrets');
const configMap = only('ConfigMap', 'edgeminer-config');

/** What edgeminer reads in a pod: the file of the ConfigMap and the variables of the Secret. */
async function configInThePod(): Promise<Config> {
  const folder = await mkdtemp(path.join(tmpdir(), 'edgeminer-k8s-'));
  try {
    const file = path.join(folder, 'edgeminer.config.yaml');
    await writeFile(file, configMap.data['edgeminer.config.yaml'] ?? '');
    return await loadConfig({
      file,
      workingDirectory: folder,
      environment: secret.stringData,
      packagedModels: path.join(root, 'models'),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function matches(selector: Record<string, string>, labels: Record<string, string>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

describe('k8s/', () => {
  it('lists every file in the kustomization, save the template of the secret', () => {
    const files = readdirSync(path.join(root, 'k8s'));
    const expected = files.filter(
      (f) => !['kustomization.yaml', 'secret.example.yaml'].includes(f),
    );
    expect(kustomization.resources.toSorted()).toEqual(expected.toSorted());
  });

  it('puts everything into one namespace', () => {
    for (const { kind, metadata } of resources) {
      const place = kind === 'Namespace' ? metadata.name : metadata.namespace;
      expect(place, `${kind} ${metadata.name}`).toBe(kustomization.namespace);
    }
  });

  it('holds settings that edgeminer accepts', async () => {
    const config = await configInThePod();
    expect(config.store.kind).toBe('mongodb');
    expect(config.images.kind).toBe('gridfs');
    expect(config.http.tokens.length).toBeGreaterThan(0);
  });

  it('selects exactly the pods of one deployment with every selector', () => {
    const selectors = [
      ...all('Service').map((one) => [one.metadata.name, one.spec.selector] as const),
      ...all('PodDisruptionBudget').map(
        (one) => [one.metadata.name, one.spec.selector.matchLabels] as const,
      ),
      ...all('Deployment').map(
        (one) => [one.metadata.name, one.spec.selector.matchLabels] as const,
      ),
    ];
    for (const [name, selector] of selectors) {
      const selected = all('Deployment').filter((one) =>
        matches(selector, one.spec.template.metadata.labels),
      );
      expect(selected.map((one) => one.metadata.name)).toEqual([name]);
    }
    expect(all('PodDisruptionBudget')).toHaveLength(deployments.length);
  });

  it('scales the worker by the lag of the topic and group that it reads', async () => {
    const { kafka } = await configInThePod();
    const { spec } = only('ScaledObject', 'edgeminer-worker');
    expect(spec.scaleTargetRef.name).toBe(worker.metadata.name);
    expect(worker.spec.replicas, 'two would fight over the number').toBeUndefined();
    expect(spec.triggers[0].metadata).toMatchObject({
      bootstrapServers: kafka?.brokers.join(','),
      consumerGroup: kafka?.groupId,
      topic: kafka?.topics.events,
      offsetResetPolicy: kafka?.fromBeginning === true ? 'earliest' : 'latest',
    });
  });

  it('leads the service to the port that the server listens on', async () => {
    const { http } = await configInThePod();
    const [port] = only('Service', 'edgeminer-server').spec.ports;
    const target = server.spec.template.spec.containers[0].ports.find(
      ({ name }) => name === port?.targetPort,
    );
    expect(target?.containerPort).toBe(http.port);
    expect(http.host).toBe('0.0.0.0');
  });

  it("probes the worker's health port", () => {
    const { args, ports } = worker.spec.template.spec.containers[0];
    expect(args.slice(-2)).toEqual(['--health-port', `${ports[0]?.containerPort}`]);
  });
});

describe.each(deployments)('the pod of the %s', (_, { spec }) => {
  const pod = spec.template.spec;
  const [container] = pod.containers;

  it('runs the image of docker-compose.yml', () => {
    expect(container.image).toBe(compose.services['worker']?.image);
    const [name, tag] = container.image.split(':');
    expect(kustomization.images).toContainEqual(expect.objectContaining({ name, newTag: tag }));
  });

  it('is probed on ports that it opens: alive by /healthz, ready by /readyz', () => {
    const { startupProbe, livenessProbe, readinessProbe } = container;
    const names = container.ports.map(({ name }) => name);
    for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe]) {
      expect(names).toContain(httpGet.port);
    }
    expect(livenessProbe.httpGet.path).toBe('/healthz');
    expect(readinessProbe.httpGet.path).toBe('/readyz');
  });

  it('takes its variables from secrets that the template has', () => {
    for (const { valueFrom } of container.env) {
      if (valueFrom === undefined) continue;
      expect(valueFrom.secretKeyRef.name).toBe(secret.metadata.name);
      expect(Object.keys(secret.stringData)).toContain(valueFrom.secretKeyRef.key);
    }
  });

  it('finds its configuration where EDGEMINER_CONFIG points', () => {
    const volume = pod.volumes.find(({ configMap }) => configMap !== undefined);
    expect(volume?.configMap?.name).toBe(configMap.metadata.name);
    const mount = container.volumeMounts.find(({ name }) => name === volume?.name);
    const [file] = Object.keys(configMap.data);
    const variable = container.env.find(({ name }) => name === 'EDGEMINER_CONFIG');
    expect(variable?.value).toBe(`${mount?.mountPath}/${file}`);
  });

  it('mounts declared volumes, and can write to the data folder and /tmp alone', () => {
    const writable = container.volumeMounts.filter(({ name }) => {
      const volume = pod.volumes.find((one) => one.name === name);
      expect(volume, name).toBeDefined();
      return volume?.emptyDir !== undefined;
    });
    expect(writable.map(({ mountPath }) => mountPath)).toEqual(['/var/lib/edgeminer', '/tmp']);
    expect(readText('Dockerfile')).toContain('EDGEMINER_DATA_DIR=/var/lib/edgeminer');
  });

  it('has no rights that it does not need', () => {
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod.securityContext.runAsNonRoot).toBe(true);
    expect(readText('Dockerfile')).toContain(`USER ${pod.securityContext.runAsUser}:`);
    expect(pod.automountServiceAccountToken).toBe(false);
  });

  it('sees no variables of Kubernetes that look like misspelt settings', () => {
    expect(pod.enableServiceLinks).toBe(false);
  });

  it('is given longer to stop than the 25 s that edgeminer takes at most', () => {
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(28);
  });
});
