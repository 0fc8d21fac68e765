import { resolve } from 'node:path';
import { openDirectorySource } from '../adapters/directory/directory-source.js';
import type { DirectorySource } from '../adapters/directory/directory-source.js';
import { openJsonLinesSource } from '../adapters/directory/jsonl-source.js';
import type { Config } from '../config/load-config.js';
import type { EventSource } from '../event/event-source.js';
import { EdgeminerError } from '../faults.js';
import { modelName, modelVersion, sourceId } from '../ids.js';
import type { Logger } from '../telemetry/logger.js';
import { eventReader, inEvents } from './event-format.js';
import type { World } from './world.js';

/** What `--source` may say. */
export type SourceChoice =
  | { readonly kind: 'kafka' }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'jsonl'; readonly path: string };

export function parseSource(text: string): SourceChoice {
  if (text === 'kafka') return { kind: 'kafka' };
  if (text === '-') return { kind: 'jsonl', path: '-' };
  const [scheme = '', ...rest] = text.split(':');
  const path = rest.join(':');
  if ((scheme === 'directory' || scheme === 'jsonl') && path !== '') return { kind: scheme, path };
  throw new EdgeminerError('input.invalid', `--source ${text} is not a source`, {
    field: '--source',
    mend: 'Use kafka, directory:DIR, jsonl:FILE, or - for JSON lines on standard input.',
  });
}

export interface DirectoryOptions {
  readonly modelName: string;
  readonly modelVersion?: string;
  readonly sourceId?: string;
  readonly predictions?: string;
  readonly sources?: 'by-folder';
}

export async function openFileSource(
  world: World,
  choice: Exclude<SourceChoice, { kind: 'kafka' }>,
  options: DirectoryOptions,
  config: Config,
  logger: Logger,
): Promise<EventSource | DirectorySource> {
  if (choice.kind === 'jsonl') {
    const file = choice.path === '-' ? '-' : resolve(world.workingDirectory, choice.path);
    const reader = eventReader(config);
    const lines = await openJsonLinesSource({ file, input: world.stdin, reader });
    return inEvents(lines, config, logger);
  }
  if (options.modelVersion === undefined) {
    throw new EdgeminerError(
      'input.invalid',
      'pictures of a directory do not say which model saw them',
      {
        field: '--model-version',
        mend: 'Add --model-version VERSION, the one that the reference was built for.',
      },
    );
  }
  return openDirectorySource({
    directory: resolve(world.workingDirectory, choice.path),
    modelName: modelName(options.modelName),
    modelVersion: modelVersion(options.modelVersion),
    maxBytes: config.fetch.maxBytes,
    ...(options.sourceId === undefined ? {} : { sourceId: sourceId(options.sourceId) }),
    sourcesByFolder: options.sources === 'by-folder',
    ...(options.predictions === undefined
      ? {}
      : { predictions: resolve(world.workingDirectory, options.predictions) }),
  });
}
