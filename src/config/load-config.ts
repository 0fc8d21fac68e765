import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { LineCounter, isNode, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { EdgeminerError, messageOf } from '../faults.js';
import { environmentSettings, unknownVariables } from './environment.js';
import type { EnvironmentSetting } from './environment.js';
import type { LabelSet } from '../label/label.js';
import { checkReferences } from './check-names.js';
import type { NameProblem } from './check-names.js';
import { labelSetFrom } from './label-sets.js';
import { configSchema } from './schema.js';
import type { Settings } from './schema.js';

/** Settings with every path made absolute and every choice made; frozen. */
export interface Config extends Omit<Settings, 'images' | 'labelSets' | 'modelsDir' | 'store'> {
  /** The file that was read; undefined when there was none. */
  readonly file: string | undefined;
  /** What relative paths are relative to: the file's folder, or the working directory. */
  readonly directory: string;
  /** By name, with the guidelines that files hold; example pictures are named as in the file. */
  readonly labelSets: Readonly<Record<string, LabelSet>>;
  readonly dataDir: string;
  readonly modelsDir: string;
  readonly store:
    | { readonly kind: 'sqlite'; readonly file: string }
    | { readonly kind: 'mongodb'; readonly uri: string; readonly database: string };
  readonly images:
    | { readonly kind: 'directory'; readonly path: string; readonly keep: ImageKeep }
    | { readonly kind: 'gridfs'; readonly keep: ImageKeep }
    | S3Images;
}

export type ImageKeep = NonNullable<Settings['images']>['keep'];
export type S3Images = Extract<NonNullable<Settings['images']>, { readonly kind: 's3' }>;

export interface ConfigSource {
  /** A file that must be there; else `edgeminer.config.yaml` is read if it is there. */
  readonly file?: string | undefined;
  /** Where relative paths and the default file are looked for. */
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The models that come with the package. */
  readonly packagedModels: string;
}

const defaultConfigFile = 'edgeminer.config.yaml';

/**
 * Reads the file, lays the environment over it, validates and resolves. Every problem found is
 * in one `config.invalid` fault, each with its place and what is wrong with it.
 */
export async function loadConfig(source: ConfigSource): Promise<Config> {
  const unknown = unknownVariables(source.environment);
  if (unknown.length > 0) {
    throw new EdgeminerError(
      'config.invalid',
      `unknown setting in the environment: ${unknown.join(', ')}`,
      {
        field: unknown[0] ?? '',
        mend: `Correct the name or unset it; the known ones are in docs/configuration.md.`,
      },
    );
  }
  const read = await readSettingsFile(source);
  const overlay = environmentOverlay(source.environment);
  const merged = merge(withStoreKind(read?.value ?? {}), overlay.value);
  const parsed = configSchema.safeParse(withStoreKind(merged));
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) =>
      explainIssue(issue, read, overlay.origin),
    );
    throw invalid(problems, read?.file);
  }
  // Paths in a file are relative to that file, so that it works from any directory.
  const directory = read === undefined ? source.workingDirectory : dirname(read.file);
  const labelSets = await readLabelSets(parsed.data, directory);
  const problems = [...checkReferences(parsed.data), ...labelSets.problems].map(
    ({ path, problem }) => ({
      field: path.join('.'),
      text: `${place(path, read, overlay.origin)}: ${problem}`,
    }),
  );
  if (problems.length > 0) throw invalid(problems, read?.file);
  return settle(parsed.data, { source, file: read?.file, directory, labelSets: labelSets.read });
}

async function readLabelSets(settings: Settings, directory: string) {
  const read: Record<string, LabelSet> = {};
  const problems: NameProblem[] = [];
  for (const [name, one] of Object.entries(settings.labelSets)) {
    const made = await labelSetFrom(name, one, (path) => readGuidelines(resolve(directory, path)));
    read[name] = made.labelSet;
    problems.push(...made.problems);
  }
  return { read, problems };
}

async function readGuidelines(file: string) {
  try {
    return { text: await readFile(file, 'utf8') };
  } catch (error) {
    return { problem: `can't read the guidelines ${file}: ${messageOf(error)}` };
  }
}

interface ReadFile {
  readonly file: string;
  readonly value: Record<string, unknown>;
  readonly document: Document;
  readonly lines: LineCounter;
}

async function readSettingsFile(source: ConfigSource): Promise<ReadFile | undefined> {
  const file = resolve(source.workingDirectory, source.file ?? defaultConfigFile);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (missing && source.file === undefined) return undefined;
    throw new EdgeminerError(
      'config.not-found',
      `can't read the configuration ${file}: ${messageOf(error)}`,
      {
        field: source.file ?? defaultConfigFile,
        mend: 'Check the path given by --config or EDGEMINER_CONFIG.',
        cause: error,
      },
    );
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = document.errors[0];
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new EdgeminerError(
      'config.invalid',
      `${file}:${line}:${col}: not valid YAML: ${broken.message}`,
      {
        field: `line ${line}`,
        mend: 'Mend the YAML at that line: check indentation, quotes and colons.',
      },
    );
  }
  const value: unknown = document.toJS() ?? {};
  if (!isRecord(value)) {
    throw new EdgeminerError(
      'config.invalid',
      `${file}: must hold settings, as 'key: value' lines`,
      {
        field: file,
        mend: 'See docs/configuration.md for an example.',
      },
    );
  }
  return { file, value, document, lines };
}

/** `store: {uri}` alone can only mean MongoDB; the environment says it that way. */
function withStoreKind(settings: Record<string, unknown>): Record<string, unknown> {
  const store = settings['store'];
  if (!isRecord(store) || 'kind' in store) return settings;
  return { ...settings, store: { kind: 'uri' in store ? 'mongodb' : 'sqlite', ...store } };
}

function environmentOverlay(environment: ConfigSource['environment']) {
  const origin = new Map<string, string>();
  let value: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(environmentSettings)) {
    const text = environment[name];
    if (text === undefined || text === '') continue;
    origin.set(setting.path.join('.'), name);
    value = merge(value, nest(setting.path, environmentValue(name, text, setting)));
  }
  // An address in the environment chooses MongoDB, whatever store the file names.
  const store = value['store'];
  if (isRecord(store) && 'uri' in store && !('kind' in store)) {
    value = merge(value, { store: { kind: 'mongodb' } });
    origin.set('store.kind', 'MONGODB_URI');
  }
  return { value, origin };
}

function environmentValue(name: string, text: string, setting: EnvironmentSetting): unknown {
  switch (setting.kind) {
    case 'text':
      return text;
    case 'list':
      return text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
    case 'number': {
      const number = Number(text);
      if (Number.isFinite(number)) return number;
      throw new EdgeminerError('config.invalid', `${name} is '${text}', which is not a number`, {
        field: name,
        mend: `Set ${name} to a number, or unset it.`,
      });
    }
    case 'json':
      try {
        return JSON.parse(text) as unknown;
      } catch (error) {
        throw new EdgeminerError('config.invalid', `${name} is not JSON: ${messageOf(error)}`, {
          field: name,
          mend: `Set ${name} to JSON, as docs/configuration.md shows.`,
        });
      }
  }
}

function nest(path: readonly string[], value: unknown): Record<string, unknown> {
  const [first = '', ...rest] = path;
  return { [first]: rest.length === 0 ? value : nest(rest, value) };
}

/**
 * The overlay's keys win; objects are merged. A store of another kind replaces the file's
 * store as a whole, for its other keys would not fit.
 */
function merge(
  base: Record<string, unknown>,
  overlay: Record<string, unknown>,
): Record<string, unknown> {
  const merged = { ...base };
  for (const [key, value] of Object.entries(overlay)) {
    const below = merged[key];
    const replaces =
      isRecord(below) &&
      isRecord(value) &&
      'kind' in below &&
      'kind' in value &&
      below['kind'] !== value['kind'];
    merged[key] = isRecord(below) && isRecord(value) && !replaces ? merge(below, value) : value;
  }
  return merged;
}

type Issue = NonNullable<ReturnType<typeof configSchema.safeParse>['error']>['issues'][number];

function explainIssue(
  issue: Issue,
  read: ReadFile | undefined,
  origin: ReadonlyMap<string, string>,
): { field: string; text: string }[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: [...path, key].join('.'),
      text: `${place([...path, key], read, origin)}: unknown key`,
    }));
  }
  if (issue.code === 'invalid_key') {
    return [{ field: path.join('.'), text: `${place(path, read, origin)}: unknown key` }];
  }
  const message =
    issue.message === 'Invalid input' ? 'has a value that does not fit' : issue.message;
  return [{ field: path.join('.'), text: `${place(path, read, origin)}: ${message}` }];
}

/** `http.port (edgeminer.config.yaml:12)`, or the variable that set it. */
function place(
  path: readonly string[],
  read: ReadFile | undefined,
  origin: ReadonlyMap<string, string>,
): string {
  const dotted = path.join('.') || 'the configuration';
  const variable =
    origin.get(dotted) ?? [...origin].find(([key]) => key.startsWith(`${dotted}.`))?.[1];
  if (variable !== undefined) return `${dotted} (from ${variable})`;
  if (read === undefined) return dotted;
  for (let depth = path.length; depth > 0; depth--) {
    const node = read.document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) {
      return `${dotted} (line ${read.lines.linePos(node.range[0]).line})`;
    }
  }
  return dotted;
}

function invalid(problems: readonly { field: string; text: string }[], file: string | undefined) {
  const shown = problems.map((problem) => `\n  ${problem.text}`).join('');
  return new EdgeminerError(
    'config.invalid',
    `the configuration${file === undefined ? '' : ` ${file}`} is not valid:${shown}`,
    {
      field: problems[0]?.field ?? '',
      mend: 'Mend these keys; docs/configuration.md lists every key, its meaning and its default.',
    },
  );
}

interface Settled extends Pick<Config, 'file' | 'directory' | 'labelSets'> {
  readonly source: ConfigSource;
}

function settle(settings: Settings, { source, file, directory, labelSets }: Settled): Config {
  const absolute = (path: string) => resolve(directory, path);
  const dataDir = absolute(settings.dataDir);
  const store =
    settings.store.kind === 'mongodb'
      ? settings.store
      : {
          kind: 'sqlite' as const,
          file:
            settings.store.file === undefined
              ? join(dataDir, 'edgeminer.db')
              : absolute(settings.store.file),
        };
  const keep = settings.images?.keep ?? 'copy';
  const images: Config['images'] =
    settings.images?.kind === 's3'
      ? settings.images
      : settings.images?.kind === 'gridfs' ||
          (settings.images === undefined && store.kind === 'mongodb')
        ? { kind: 'gridfs' as const, keep }
        : {
            kind: 'directory' as const,
            path:
              settings.images?.kind === 'directory' && settings.images.path !== undefined
                ? absolute(settings.images.path)
                : join(dataDir, 'images'),
            keep,
          };
  return deepFreeze({
    ...settings,
    file,
    directory,
    labelSets,
    dataDir,
    store,
    images,
    modelsDir:
      settings.modelsDir === undefined ? source.packagedModels : absolute(settings.modelsDir),
    kafka: settings.kafka === undefined ? undefined : withAbsoluteFiles(settings.kafka, absolute),
    scores: settings.scores.map(({ module, onnx, ...score }) => ({
      ...score,
      ...(module === undefined ? {} : { module: absolute(module) }),
      ...(onnx === undefined ? {} : { onnx: absolute(onnx) }),
    })),
    fetch: { ...settings.fetch, allowDirectories: settings.fetch.allowDirectories.map(absolute) },
    webhooks: {
      ...settings.webhooks,
      endpoints: settings.webhooks.endpoints.map((endpoint) => ({
        ...endpoint,
        secrets: endpoint.secrets.map((secret) =>
          'file' in secret ? { file: absolute(secret.file) } : secret,
        ),
      })),
    },
    models: settings.models.map((model) => ({
      ...model,
      reference: ['store', 'none'].includes(model.reference)
        ? model.reference
        : absolute(model.reference),
    })),
  });
}

type KafkaSection = NonNullable<Settings['kafka']>;

function withAbsoluteFiles(kafka: KafkaSection, absolute: (path: string) => string): KafkaSection {
  const files = <T extends object>(section: T, keys: readonly (keyof T)[]): T => ({
    ...section,
    ...Object.fromEntries(
      keys.flatMap((key) => {
        const path = section[key];
        return typeof path === 'string' ? [[key, absolute(path)] as const] : [];
      }),
    ),
  });
  const { tls, sasl } = kafka;
  return files(
    {
      ...kafka,
      tls: typeof tls === 'boolean' ? tls : files(tls, ['caFile', 'certFile', 'keyFile']),
      ...(sasl === undefined ? {} : { sasl: files(sasl, ['passwordFile']) }),
    },
    ['schemaRegistryCaFile'],
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
