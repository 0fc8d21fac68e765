import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { Config } from '../../config/load-config.js';
import type { InferenceEvent, Predictions } from '../../event/inference-event.js';
import { EdgeminerError } from '../../faults.js';
import { allowList, targetOf, withoutSecrets } from '../../image/allow-list.js';
import type { AllowList } from '../../image/allow-list.js';
import { print } from '../output.js';
import { openSamples } from '../sample-records.js';
import { configFor, loggerFor, withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import type { World } from '../world.js';

interface CheckOptions extends GlobalOptions {
  readonly header: Readonly<Record<string, string>>;
  readonly key?: string;
}

/** Records that are shown; all are counted. */
const shownAtMost = 1000;

export function eventsCommand(parent: Command, world: World): void {
  const events = parent.command('events').description('what the records of the stream mean');
  withGlobalOptions(
    events
      .command('check')
      .description('show what edgeminer sees in sample records; mines nothing')
      .argument('<file>', 'JSON lines, JSON, or one Avro record as it came; - for standard input')
      .option('--header <name=value>', 'a header of the records; may be repeated', header, {})
      .option('--key <text>', 'the key of the records'),
    'edgeminer events check sample.jsonl',
  ).action((file: string, options: CheckOptions) => check(world, file, options));
}

function header(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const at = text.indexOf('=');
  if (at > 0) return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
  throw new InvalidArgumentError('Write NAME=VALUE, as camera=aisle-4.');
}

type Seen = ReturnType<typeof shown> | ReturnType<typeof refusal>;

async function check(world: World, file: string, options: CheckOptions): Promise<void> {
  const config = await configFor(world, options);
  const allowed = allowListOf(config);
  const path = file === '-' ? file : resolve(world.workingDirectory, file);
  const source = await openSamples(world, path, {
    config,
    logger: loggerFor(config),
    context: { key: options.key, headers: options.header, timestamp: world.now() },
  });
  const records: Seen[] = [];
  const counts = { events: 0, refused: 0 };
  try {
    for await (const delivery of source.deliveries(world.ending)) {
      const reading = await delivery.read();
      counts[reading.kind === 'event' ? 'events' : 'refused'] += 1;
      const record = Number(delivery.origin.offset);
      const seen =
        reading.kind === 'event'
          ? shown(record, reading.event, allowed)
          : refusal(record, reading.fault);
      if (records.length < shownAtMost) records.push(seen);
      delivery.acknowledge();
    }
  } finally {
    await source.close();
  }
  const total = counts.events + counts.refused;
  print(world, { format: config.events.format, ...counts, records }, options.json, () => [
    ...records.flatMap(lines),
    ...(total > records.length ? [`… the first ${records.length} are shown`] : []),
    `${counts.events} events, ${counts.refused} refused (format: ${config.events.format})`,
  ]);
  if (counts.refused === 0 && total > 0) return;
  throw new EdgeminerError(
    'input.invalid',
    total === 0 ? `${file} holds no records` : `${counts.refused} of ${total} records are refused`,
    {
      field: '<file>',
      mend:
        total === 0
          ? 'Put some records of the stream into it, one JSON object per line.'
          : 'Correct the records, or events.map; docs/events.md explains it.',
    },
  );
}

function allowListOf({ fetch }: Config): AllowList {
  return allowList(fetch.allowOrigins, fetch.allowDirectories, fetch.s3?.buckets);
}

function shown(record: number, event: InferenceEvent, allowed: AllowList) {
  const { eventId, occurredAt, sourceId, modelName, modelVersion, embedding, tags } = event;
  return {
    record,
    eventId,
    occurredAt: new Date(occurredAt).toISOString(),
    sourceId,
    modelName,
    modelVersion,
    image: imageOf(event, allowed),
    predictions: predictionsOf(event.predictions),
    embedding: embedding?.length ?? null,
    tags,
  };
}

function refusal(record: number, { code, message, field, mend }: EdgeminerError) {
  return { record, code, message, field: field ?? null, mend: mend ?? null };
}

/** `notFetched` says why its reference would not be followed. */
function imageOf({ image }: InferenceEvent, allowed: AllowList) {
  if (image.kind === 'inline') return { kind: 'inline', bytes: image.bytes.length } as const;
  const target = targetOf(image.uri, allowed);
  return {
    kind: 'reference',
    uri: withoutSecrets(image.uri),
    notFetched: target.kind === 'refused' ? `${target.why}. ${target.mend}` : null,
  } as const;
}

function predictionsOf(predictions: Predictions) {
  switch (predictions.kind) {
    case 'none':
      return { kind: 'none' } as const;
    case 'detection': {
      const { boxes, imageWidth, imageHeight } = predictions;
      const labels = [...new Set(boxes.map(({ label }) => label))];
      return { kind: 'detection', boxes: boxes.length, labels, imageWidth, imageHeight } as const;
    }
    case 'classification': {
      const { classes, probabilities, logits } = predictions;
      const numbers = probabilities ?? logits ?? [];
      const best = numbers.indexOf(Math.max(...numbers));
      return {
        kind: 'classification',
        classes: classes.length,
        numbers: probabilities === undefined ? 'logits' : 'probabilities',
        best: { label: classes[best] ?? null, value: numbers[best] ?? null },
      } as const;
    }
  }
}

function lines(seen: Seen): string[] {
  if ('code' in seen) {
    const { record, code, message, field, mend } = seen;
    return [
      `record ${record}: refused, ${code}${field === null ? '' : ` in ${field}`}: ${message}`,
      ...(mend === null ? [] : [`  what to do: ${mend}`]),
      '',
    ];
  }
  const { record, eventId, occurredAt, sourceId, image, embedding, tags } = seen;
  const named = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
  return [
    `record ${record}: ${eventId} of ${sourceId} at ${occurredAt}`,
    `  model: ${seen.modelName} ${seen.modelVersion}`,
    `  image: ${image.kind === 'inline' ? `${image.bytes} bytes in the event` : image.uri}`,
    ...(image.kind === 'reference' && image.notFetched !== null
      ? [`  WARNING: the image would not be fetched: ${image.notFetched}`]
      : []),
    `  predictions: ${predictionsText(seen.predictions)}`,
    `  embedding: ${embedding === null ? 'none' : `${embedding} numbers`}`,
    ...(named.length === 0 ? [] : [`  tags: ${named.join(', ')}`]),
    '',
  ];
}

function predictionsText(predictions: ReturnType<typeof predictionsOf>): string {
  switch (predictions.kind) {
    case 'none':
      return 'none';
    case 'detection': {
      const { boxes, labels, imageWidth, imageHeight } = predictions;
      return `${boxes} boxes (${labels.join(', ')}) on ${imageWidth} × ${imageHeight}`;
    }
    case 'classification': {
      const { classes, numbers, best } = predictions;
      return `${classes} classes with ${numbers}, first ${best.label ?? '-'} (${best.value ?? '-'})`;
    }
  }
}
