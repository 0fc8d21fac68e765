import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';

/** The parts of the deployment files that the tests hold together; other keys are let through. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

export function readText(...parts: string[]): string {
  return readFileSync(path.join(root, ...parts), 'utf8');
}

const labels = z.record(z.string(), z.string());

const composeService = z.object({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
});

const composeFile = z.object({
  services: z.record(z.string(), composeService),
  volumes: z.record(z.string(), z.unknown()),
});

export const compose = composeFile.parse(parse(readText('docker-compose.yml'), { merge: true }));

const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) });

const environmentVariable = z.object({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) }).optional(),
});

const container = z.object({
  image: z.string(),
  args: z.array(z.string()),
  env: z.array(environmentVariable),
  ports: z.array(z.object({ name: z.string(), containerPort: z.int() })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  resources: z.object({
    requests: z.object({ cpu: z.string(), memory: z.string() }),
    limits: z.object({ memory: z.string() }),
  }),
  securityContext: z.object({
    allowPrivilegeEscalation: z.boolean(),
    readOnlyRootFilesystem: z.boolean(),
    capabilities: z.object({ drop: z.array(z.string()) }),
  }),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
});

const podSpec = z.object({
  automountServiceAccountToken: z.boolean(),
  enableServiceLinks: z.boolean(),
  terminationGracePeriodSeconds: z.number(),
  securityContext: z.object({ runAsNonRoot: z.boolean(), runAsUser: z.int() }),
  containers: z.tuple([container]),
  volumes: z.array(
    z.object({
      name: z.string(),
      configMap: z.object({ name: z.string() }).optional(),
      emptyDir: z.object({}).optional(),
    }),
  ),
});

const metadata = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  labels: labels.default({}),
});

const resource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('Namespace'), metadata }),
  z.object({ kind: z.literal('ConfigMap'), metadata, data: z.record(z.string(), z.string()) }),
  z.object({ kind: z.literal('Secret'), metadata, stringData: z.record(z.string(), z.string()) }),
  z.object({
    kind: z.literal('Deployment'),
    metadata,
    spec: z.object({
      replicas: z.int().optional(),
      selector: z.object({ matchLabels: labels }),
      template: z.object({ metadata: z.object({ labels }), spec: podSpec }),
    }),
  }),
  z.object({
    kind: z.literal('Service'),
    metadata,
    spec: z.object({
      selector: labels,
      ports: z.array(z.object({ port: z.int(), targetPort: z.string() })),
    }),
  }),
  z.object({
    kind: z.literal('PodDisruptionBudget'),
    metadata,
    spec: z.object({ selector: z.object({ matchLabels: labels }) }),
  }),
  z.object({
    kind: z.literal('ScaledObject'),
    metadata,
    spec: z.object({
      scaleTargetRef: z.object({ name: z.string() }),
      minReplicaCount: z.int(),
      maxReplicaCount: z.int(),
      triggers: z.tuple([
        z.object({ type: z.literal('kafka'), metadata: z.record(z.string(), z.string()) }),
      ]),
    }),
  }),
]);

export type Resource = z.output<typeof resource>;
type Kind = Resource['kind'];

function readResources(file: string): Resource[] {
  return parseAllDocuments(readText('k8s', file), { merge: true }).map((document) => {
    if (document.errors.length > 0) throw new Error(`k8s/${file}: ${String(document.errors[0])}`);
    return resource.parse(document.toJS());
  });
}

export const kustomization = z
  .object({
    namespace: z.string(),
    resources: z.array(z.string()),
    images: z.array(z.object({ name: z.string(), newTag: z.string() })),
  })
  .parse(parse(readText('k8s', 'kustomization.yaml')));

/** Everything that `kubectl apply -k k8s/` applies, and the secret's template. */
export const resources = [...kustomization.resources, 'secret.example.yaml'].flatMap(readResources);

export function all<K extends Kind>(kind: K): Extract<Resource, { kind: K }>[] {
  return resources.filter((one): one is Extract<Resource, { kind: K }> => one.kind === kind);
}

export function only<K extends Kind>(kind: K, name: string): Extract<Resource, { kind: K }> {
  const found = all(kind).filter((one) => one.metadata.name === name);
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Error(`${found.length} ${kind} ${name}`);
  return first;
}
