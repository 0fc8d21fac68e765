import type { Command } from 'commander';
import type { Config } from '../../config/load-config.js';
import { EdgeminerError } from '../../faults.js';
import { ok, runChecks, skipped, warning } from '../../telemetry/checkup.js';
import type { Check, Finding, Verdict } from '../../telemetry/checkup.js';
import { imageChecks } from '../doctor/check-images.js';
import { modelsCheck } from '../doctor/check-models.js';
import { scoresCheck } from '../doctor/check-scores.js';
import { kafkaChecks } from '../open-kafka.js';
import { storeCheck } from '../open-stores.js';
import { webhookChecks } from '../open-webhooks.js';
import { print } from '../output.js';
import { configFor, loggerFor, withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import type { World } from '../world.js';

export function doctorCommand(parent: Command, world: World): void {
  withGlobalOptions(
    parent
      .command('doctor')
      .description('check everything that is configured, and say how to mend it; changes nothing'),
    'edgeminer doctor',
  ).action((options: GlobalOptions) => doctor(world, options));
}

async function doctor(world: World, options: GlobalOptions): Promise<void> {
  const config = await configFor(world, options);
  const store = storeCheck(config);
  // SQLite reads its file on the event loop, where the others' deadlines would run out meanwhile.
  const alone = config.store.kind === 'sqlite' ? [store] : [];
  const together: Check[] = [
    ...(alone.length === 0 ? [store] : []),
    modelsCheck(config),
    scoresCheck(config),
    ...(await imageChecks(config)),
    ...kafkaChecks(world, config, loggerFor(config)),
    ...webhookChecks(world, config),
  ];
  const findings = [
    ok('configuration', config.file ?? 'no file: the embedded default'),
    ...(await runChecks(alone)),
    ...(await runChecks(together)),
    ...missingLabelSets(config),
    ...openDoors(config),
    ...unchecked(config),
  ];
  const count = (verdict: Verdict) =>
    findings.filter((finding) => finding.verdict === verdict).length;
  const counts = {
    ok: count('ok'),
    warning: count('warning'),
    failed: count('failed'),
    skipped: count('skipped'),
  };
  print(world, { ...counts, findings }, options.json, (result) => [
    ...result.findings.flatMap(lines),
    '',
    `${counts.ok} ok, ${counts.warning} warnings, ${counts.failed} failed, ${counts.skipped} skipped`,
  ]);
  if (counts.failed === 0) return;
  throw new EdgeminerError(
    'config.invalid',
    `${counts.failed} of ${findings.length} checks failed`,
    {
      field: findings.find(({ verdict }) => verdict === 'failed')?.name ?? '',
      mend: 'Mend what is marked FAILED above, and run edgeminer doctor again.',
    },
  );
}

const marks: Readonly<Record<Verdict, string>> = {
  ok: 'ok     ',
  warning: 'WARNING',
  failed: 'FAILED ',
  skipped: 'skipped',
};

function lines({ name, verdict, detail, mend }: Finding): string[] {
  return [
    `${marks[verdict]}  ${name}: ${detail}`,
    ...(verdict === 'ok' || mend === undefined ? [] : [`         what to do: ${mend}`]),
  ];
}

function unchecked({ kafka, store }: Config): Finding[] {
  return [
    ...(kafka === undefined ? [skipped('kafka', 'not configured')] : []),
    ...(kafka !== undefined && kafka.schemaRegistryUrl === undefined
      ? [skipped('schema registry', 'not configured: plain JSON only')]
      : []),
    ...(store.kind === 'sqlite' && kafka?.schemaRegistryUrl === undefined
      ? [skipped('clock', 'nothing here tells its time')]
      : []),
  ];
}

function missingLabelSets(config: Config): Finding[] {
  return config.models
    .filter((model) => model.labelSet === undefined)
    .map((model) =>
      warning(
        `label set of ${model.name}`,
        "there is none: its tasks can't be labelled",
        'Name a label set in the labelSet of its models entry, and define it under labelSets.',
      ),
    );
}

function openDoors(config: Config): Finding[] {
  if (config.http.tokens.length > 0) return [];
  return [
    warning(
      'http.tokens',
      'there are none: serve listens on this machine only, and everybody on it is admin',
      'See docs/http.md for how to make a token.',
    ),
  ];
}
