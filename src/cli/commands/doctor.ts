import type { Command } from 'commander';
import { openEmbedder } from '../../adapters/onnx/onnx-embedder.js';
import type { Config } from '../../config/load-config.js';
import { EdgeminerError, isEdgeminerError, messageOf } from '../../faults.js';
import { modelName, modelVersion } from '../../ids.js';
import { checkKafka } from '../open-kafka.js';
import { openModels } from '../open-models.js';
import { openStores } from '../open-stores.js';
import type { Stores } from '../open-stores.js';
import { print } from '../output.js';
import { configFor, loggerFor, withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import type { World } from '../world.js';

/** One thing that was looked at. `warn` works, but not as well as it could. */
export interface Finding {
  readonly name: string;
  readonly verdict: 'ok' | 'warn' | 'failed';
  readonly detail: string;
  readonly mend: string | undefined;
}

export function doctorCommand(parent: Command, world: World): void {
  withGlobalOptions(
    parent
      .command('doctor')
      .description('check everything that is configured, and say how to mend it'),
    'edgeminer doctor',
  ).action((options: GlobalOptions) => doctor(world, options));
}

async function doctor(world: World, options: GlobalOptions): Promise<void> {
  const findings: Finding[] = [];
  const config = await configFor(world, options);
  findings.push(ok('configuration', config.file ?? 'no file: the embedded default'));
  findings.push(...(await checkEmbedders(config)));
  const stores = await examine('store', () => openStores(config), findings, storeName(config));
  if (stores !== undefined) {
    try {
      await examine('store answers', () => stores.ping(), findings, 'yes, with its indexes');
      await examine(
        'references',
        () => checkModels(world, config, stores),
        findings,
        'fit their models',
      );
      findings.push(...missingReferences(config, await referencesFound(config, stores)));
    } finally {
      await stores.close();
    }
  }
  findings.push(...missingLabelSets(config), ...openDoors(config));
  if (config.kafka === undefined) findings.push(ok('kafka', 'not configured'));
  else {
    const checks = await checkKafka(world, config, loggerFor(config));
    findings.push(...checks.map(({ ok: fine, ...check }) => finding(fine, check)));
  }
  print(world, findings, options.json, (all) => all.flatMap(lines));
  const failed = findings.filter((finding) => finding.verdict === 'failed');
  if (failed.length > 0) {
    throw new EdgeminerError(
      'config.invalid',
      `${failed.length} of ${findings.length} checks failed`,
      {
        field: failed[0]?.name ?? '',
        mend: 'Mend what is marked FAILED above, and run edgeminer doctor again.',
      },
    );
  }
}

const marks = { ok: 'ok    ', warn: 'WARN  ', failed: 'FAILED' } as const;

function lines({ name, verdict, detail, mend }: Finding): string[] {
  return [
    `${marks[verdict]}  ${name}: ${detail}`,
    ...(verdict === 'ok' || mend === undefined ? [] : [`        what to do: ${mend}`]),
  ];
}

function ok(name: string, detail: string): Finding {
  return { name, verdict: 'ok', detail, mend: undefined };
}

function finding(fine: boolean, check: { name: string; detail: string; mend?: string }): Finding {
  return { ...check, verdict: fine ? 'ok' : 'failed', mend: check.mend };
}

/** Tries; what is thrown becomes a finding with its mend. */
async function examine<T>(
  name: string,
  work: () => Promise<T>,
  findings: Finding[],
  detail = 'yes',
): Promise<T | undefined> {
  try {
    const result = await work();
    findings.push(ok(name, detail));
    return result;
  } catch (error) {
    const mend = isEdgeminerError(error) ? error.mend : undefined;
    findings.push({ name, verdict: 'failed', detail: messageOf(error), mend });
    return undefined;
  }
}

function storeName(config: Config): string {
  return config.store.kind === 'sqlite' ? config.store.file : `MongoDB, ${config.store.database}`;
}

async function checkEmbedders(config: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  const names = new Set(config.models.map((model) => model.embedder));
  if (names.size === 0) names.add('efficientnet-lite0');
  names.delete('none');
  for (const name of names) {
    const embedder = await examine(
      `model ${name}`,
      () => openEmbedder({ modelsDir: config.modelsDir, name }),
      findings,
      'file, hash, inputs and outputs fit the manifest',
    );
    await embedder?.close();
  }
  return findings;
}

async function checkModels(world: World, config: Config, stores: Stores): Promise<void> {
  const models = await openModels(config, stores.references, loggerFor(config), world.now);
  await models.close();
}

/** `name version` of the configured models whose reference was looked for and found. */
async function referencesFound(config: Config, stores: Stores): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const { name, version, key } of exactModels(config)) {
    const id = await stores.references.current(name, version).catch(() => undefined);
    if (id !== undefined) found.add(key);
  }
  return found;
}

function missingReferences(config: Config, found: ReadonlySet<string>): Finding[] {
  return exactModels(config)
    .filter(({ key }) => !found.has(key))
    .map(({ name, version, key }) => ({
      name: `reference of ${key}`,
      verdict: 'warn' as const,
      detail: 'there is none: its events are scored by fixed limits only',
      mend: `edgeminer reference build --images DIR --model-name ${name} --model-version ${version}`,
    }));
}

function missingLabelSets(config: Config): Finding[] {
  return config.models
    .filter((model) => model.labelSet === undefined)
    .map((model) => ({
      name: `label set of ${model.name}`,
      verdict: 'warn' as const,
      detail: "there is none: its tasks can't be labelled",
      mend: 'Name a label set in the labelSet of its models entry, and define it under labelSets.',
    }));
}

function openDoors(config: Config): Finding[] {
  if (config.http.tokens.length > 0) return [];
  return [
    {
      name: 'http.tokens',
      verdict: 'warn',
      detail: 'there are none: serve listens on this machine only, and everybody on it is admin',
      mend: 'See docs/http.md for how to make a token.',
    },
  ];
}

/** Entries whose reference is looked up in the store under exact names. */
function exactModels(config: Config) {
  return config.models
    .filter((model) => model.reference === 'store' && model.name !== '*')
    .flatMap((model) =>
      model.versions
        .filter((version) => !version.includes('*'))
        .map((version) => ({
          name: modelName(model.name),
          version: modelVersion(version),
          key: `${model.name} ${version}`,
        })),
    );
}
