import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../../config/load-config.js';
import { eraseSource, setsWith } from '../../curate/erasure.js';
import type { TouchedSet } from '../../curate/erasure.js';
import { EdgeminerError } from '../../faults.js';
import { annotatorId, sourceId } from '../../ids.js';
import { deadLetterFile } from '../dead-letter-places.js';
import { eraseLettersOf } from '../letters-of-source.js';
import type { Stores } from '../open-stores.js';
import { print, table } from '../output.js';
import { withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import { withStores } from '../with-stores.js';
import type { World } from '../world.js';

interface EraseOptions extends GlobalOptions {
  readonly source?: string;
  readonly person?: string;
  readonly by: string;
  readonly reason: string;
  readonly dryRun?: boolean;
  readonly report?: string;
}

export function eraseCommand(parent: Command, world: World): void {
  withGlobalOptions(
    parent
      .command('erase')
      .description('erase a source or a person on request, and report what was and was not erased')
      .option('--source <id>', 'all tasks and images of this source')
      .option('--person <name>', 'the name of somebody who labels or decides')
      .requiredOption('--by <who>', 'who erases; stands in the audit trail under a key')
      .requiredOption('--reason <text>', 'why; stands in the audit trail as a hash')
      .option('--report <file>', 'write the report there as well, as JSON')
      .option('--dry-run', 'say what would be erased, and erase nothing'),
    'edgeminer erase --source gate-3 --by cora --reason "request 17" --report erased.json',
  ).action((options: EraseOptions) => erase(world, options));
}

interface Report {
  readonly kind: 'source' | 'person';
  readonly request: string;
  readonly at: string;
  readonly dryRun: boolean;
  readonly erased: Readonly<Record<string, number>>;
  /** What is left, and what can be done about it. */
  readonly left: readonly string[];
  readonly curatedSets: readonly TouchedSet[];
}

async function erase(world: World, options: EraseOptions): Promise<void> {
  const { source, person } = options;
  if ((source === undefined) === (person === undefined)) {
    throw new EdgeminerError('input.invalid', 'name either a source or a person', {
      field: 'source',
      mend: 'Give --source ID or --person NAME.',
    });
  }
  await withStores(world, options, async (config, stores) => {
    const report =
      source === undefined
        ? await erasePerson(world, config, stores, person ?? '', options)
        : await eraseOneSource(world, config, stores, source, options);
    if (options.report !== undefined) {
      const path = resolve(world.workingDirectory, options.report);
      await writeFile(path, `${JSON.stringify(report, null, 2)}\n`);
    }
    print(world, report, options.json, linesOf);
  });
}

async function eraseOneSource(
  world: World,
  config: Config,
  stores: Stores,
  source: string,
  { by, reason, dryRun = false }: EraseOptions,
): Promise<Report> {
  const now = world.now();
  const { tasks, images, curatedSets } = await eraseSource(
    {
      reader: stores.queue,
      eraser: stores.eraser,
      shelf: stores.images,
      sets: stores.curatedSets,
    },
    { source: sourceId(source), by: annotatorId(by), reason, now, dryRun },
  );
  const letters = await eraseLettersOf(sourceId(source), config, { dryRun });
  const { kafka } = config;
  const left = [
    'the audit trails of its tasks: hashes and keys, closed by an entry erase',
    ...(letters.unsure > 0
      ? [
          `${letters.unsure} dead letters that can't be read and may be of this source: look at them with edgeminer dlq list, and remove ${deadLetterFile(config)} if it is to be sure`,
        ]
      : []),
    ...(images.shared > 0
      ? [`${images.shared} images that tasks of other sources show as well`]
      : []),
    ...(images.outside > 0
      ? [
          `${images.outside} pictures that were never copied: remove them where they lie, edgeminer only read them`,
        ]
      : []),
    ...(images.putSince > 0
      ? [`${images.putSince} images that came again meanwhile: stop the source and run this again`]
      : []),
    ...(kafka === undefined
      ? []
      : [
          'records in Kafka, until the retention of the topics removes them',
          `dead letters in the topic ${kafka.topics.deadLetters}, likewise: Kafka removes no single record; edgeminer dlq list --place kafka shows them, kafka-delete-records removes all up to an offset`,
        ]),
    ...leftInSets(curatedSets, 'their lists keep ids, labels and lineage; the pictures are gone'),
  ];
  return {
    kind: 'source',
    request: source,
    at: new Date(now).toISOString(),
    dryRun,
    erased: {
      tasks,
      images: images.removed,
      'images that were gone before': images.missing,
      'dead letters': letters.erased,
    },
    left,
    curatedSets,
  };
}

async function erasePerson(
  world: World,
  { http }: Config,
  stores: Stores,
  person: string,
  { dryRun = false }: EraseOptions,
): Promise<Report> {
  const name = annotatorId(person);
  const curatedSets = await setsWith(
    stores.curatedSets,
    ({ lineage }) => lineage.annotator === name,
  );
  const tokens = http.tokens.filter((token) => token.name === person).length;
  let tasks = 0;
  if (!dryRun) {
    const pseudonym = annotatorId(`person-${randomBytes(6).toString('hex')}`);
    const outcome = await stores.audit.pseudonymise(name, pseudonym);
    if (outcome.kind === 'unknown-person' && curatedSets.length === 0 && tokens === 0) {
      throw new EdgeminerError('person.not-found', 'nobody of this name is in the store', {
        field: 'person',
        mend: 'Give the name as it stands in tasks, in the same case.',
      });
    }
    tasks = outcome.kind === 'pseudonymised' ? outcome.tasks : 0;
  }
  return {
    kind: 'person',
    request: person,
    at: new Date(world.now()).toISOString(),
    dryRun,
    erased: { 'tasks that have a pseudonym now': tasks },
    left: [
      ...(tokens > 0 ? ['an entry under http.tokens: take it off, and restart serve'] : []),
      ...leftInSets(curatedSets, 'their lists keep the name'),
    ],
    curatedSets,
  };
}

function leftInSets(sets: readonly TouchedSet[], what: string): string[] {
  if (sets.length === 0) return [];
  return [
    `${sets.length} curated sets, which can't be changed: ${what}; edgeminer curate snapshot makes a version without them`,
  ];
}

function linesOf({ dryRun, erased, left, curatedSets }: Report): string[] {
  return [
    ...table([
      [dryRun ? 'would be erased' : 'erased', 'count'],
      ...Object.entries(erased).map(([what, count]) => [what, count]),
    ]),
    ...left.map((what) => `left: ${what}`),
    ...(curatedSets.length === 0
      ? []
      : [
          '',
          ...table([
            ['curated set', 'name', 'items', 'of'],
            ...curatedSets.map((set) => [set.version.slice(0, 12), set.name, set.items, set.of]),
          ]),
        ]),
  ];
}
