import { readFile } from 'node:fs/promises';
import { clockFinding, failed, ok, skipped, warning } from '../../telemetry/checkup.js';
import type { Check, Finding } from '../../telemetry/checkup.js';
import { avroSchemaFile } from './event-publisher.js';
import type { SchemaRegistryClient } from './schema-registry.js';

/**
 * Whether the registry answers, and takes the event schema of this version beside what is there.
 * Registers nothing. `ownFormat` is false where the stream has a format of another maker.
 */
export function registryCheck(
  registry: SchemaRegistryClient,
  subject: string,
  ownFormat: boolean,
): Check {
  return {
    name: 'schema registry',
    deadlineMs: 20_000,
    async run() {
      await registry.ping();
      const before = Date.now();
      const { content, date } = await registry.ask('/subjects');
      const after = Date.now();
      const subjects = Array.isArray(content) ? (content as unknown[]) : [];
      return [
        ok('schema registry', `answers, and knows ${subjects.length} subjects`),
        // The header has whole seconds, rounded down.
        ...(date === undefined
          ? []
          : [clockFinding('the schema registry', { remote: date, before, after, exactTo: 1000 })]),
        ...(await subjectFindings(registry, subject, ownFormat)),
      ];
    },
  };
}

async function subjectFindings(
  registry: SchemaRegistryClient,
  subject: string,
  ownFormat: boolean,
): Promise<Finding[]> {
  const name = `schema ${subject}`;
  const path = encodeURIComponent(subject);
  const latest = await registry.ask(`/subjects/${path}/versions/latest`);
  if (latest.status === 404) {
    return [ok(name, 'is not registered yet; the first event of serve does that')];
  }
  const version = textOf(latest.content, 'version') ?? '?';
  const type = textOf(latest.content, 'schemaType') ?? 'AVRO';
  const mode = await modeOf(registry, path);
  const detail = `version ${version}, ${type}, compatibility ${mode ?? 'not told'}`;
  if (!ownFormat) return [skipped(name, `${detail}; the format is another maker's`)];
  if (type !== 'AVRO') {
    return [
      warning(
        name,
        `${detail}: what workers read may be of any kind, but serve can't hand events on`,
        'Let serve hand on to another topic (kafka.topics.events), or leave the registry out for it.',
      ),
    ];
  }
  const schema = await readFile(avroSchemaFile, 'utf8');
  const answer = await registry.ask(
    `/compatibility/subjects/${path}/versions/latest?verbose=true`,
    { schema, schemaType: 'AVRO' },
  );
  const compatible = fieldOf(answer.content, 'is_compatible');
  if (compatible === false) {
    const [reason] = (fieldOf(answer.content, 'messages') ?? []) as unknown[];
    return [
      failed(
        name,
        `${detail}: schemas/inference-event.v1.avsc does not fit${typeof reason === 'string' ? ` (${reason.split('\n', 1).join('')})` : ''}`,
        `Register it by hand under another subject, or lower the compatibility of ${subject}.`,
      ),
    ];
  }
  if (compatible !== true) {
    return [skipped(name, `${detail}; the registry does not tell whether ours fits`)];
  }
  if (mode === 'NONE') {
    return [
      warning(
        name,
        `${detail}: any schema may follow, and a producer's mistake is found as dead letters only`,
        `Set the compatibility of ${subject} to BACKWARD or FULL.`,
      ),
    ];
  }
  return [ok(name, `${detail}; ours fits`)];
}

/** The subject's own, else that of the registry. */
async function modeOf(registry: SchemaRegistryClient, path: string): Promise<string | undefined> {
  for (const from of [`/config/${path}`, '/config']) {
    const { status, content } = await registry.ask(from);
    const mode = textOf(content, 'compatibilityLevel') ?? textOf(content, 'compatibility');
    if (status === 200 && mode !== undefined) return mode;
  }
  return undefined;
}

function fieldOf(content: unknown, field: string): unknown {
  return typeof content === 'object' && content !== null && Object.hasOwn(content, field)
    ? (content as Readonly<Record<string, unknown>>)[field]
    : undefined;
}

function textOf(content: unknown, field: string): string | undefined {
  const value = fieldOf(content, field);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
