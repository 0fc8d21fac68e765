import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { otherLabel } from './stream.js';

/** Everything that the demo makes lies in one folder, made anew by each run. */
export interface Workspace {
  readonly root: string;
  readonly training: string;
  readonly trainingPredictions: string;
  readonly stream: string;
  readonly streamPredictions: string;
  readonly decisions: string;
  readonly config: string;
  readonly reference: string;
  readonly report: string;
}

export const demoModel = { name: 'demo-scenes', version: '1.0' };

export async function makeWorkspace(
  directory: string,
  labels: readonly string[],
): Promise<Workspace> {
  const root = join(directory, '.edgeminer', 'demo');
  await rm(root, { recursive: true, force: true });
  const workspace = {
    root,
    training: join(root, 'training'),
    trainingPredictions: join(root, 'training.jsonl'),
    stream: join(root, 'stream'),
    streamPredictions: join(root, 'stream.jsonl'),
    decisions: join(root, 'decisions.jsonl'),
    config: join(root, 'edgeminer.config.yaml'),
    reference: join(root, 'reference'),
    report: join(root, 'report.html'),
  };
  await mkdir(workspace.training, { recursive: true });
  await mkdir(workspace.stream, { recursive: true });
  const settings = {
    dataDir: '.',
    models: [{ name: demoModel.name, versions: [demoModel.version], labelSet: 'scenes' }],
    labelSets: { scenes: { kind: 'class', classes: [...new Set([...labels, otherLabel])].sort() } },
    // The demo's pictures are two minutes apart, and each is an incident of its own.
    curation: { incidentGapSeconds: 60 },
    policies: { default: { falseAlarms: 0.04, controlSample: 0.02 } },
    log: { level: 'warn' },
  };
  await writeFile(workspace.config, stringify(settings));
  return workspace;
}
