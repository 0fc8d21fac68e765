import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { EdgeminerError, faultCodes } from '../../faults.js';
import { matches } from '../../mine/dead-letter-shelf.js';
import type { LetterFilter, StoredLetter } from '../../mine/dead-letter-shelf.js';
import { wholeNumber } from '../arguments.js';
import { openLetterPlace } from '../dead-letter-places.js';
import type { LetterPlace } from '../dead-letter-places.js';
import { heading, positionOf, row, shown, withoutValue } from '../letter-rows.js';
import { print, table } from '../output.js';
import { replay } from '../replay-letters.js';
import type { ReplayRequest } from '../replay-letters.js';
import { configFor, loggerFor, withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import { parseStart } from '../start-position.js';
import type { World } from '../world.js';

interface LetterOptions extends GlobalOptions {
  readonly place?: 'kafka' | 'file';
}

interface ReplayChoices {
  readonly all?: boolean;
  readonly again?: boolean;
  readonly dryRun?: boolean;
  readonly out?: string;
}

interface FilterOptions extends LetterOptions {
  readonly code?: readonly string[];
  readonly since?: number;
  readonly until?: number;
  readonly offsets?: LetterFilter['offsets'];
}

export function deadLetterCommand(parent: Command, world: World): void {
  const dlq = parent
    .command('dlq')
    .description('dead letters: records that could not be processed, and why');

  withGlobalOptions(
    filtered(dlq.command('list').description('what is there, the newest last')).option(
      '--limit <n>',
      'letters shown',
      wholeNumber(0),
      50,
    ),
    'edgeminer dlq list --code image.not-found --since 2026-03-01',
  ).action((options: FilterOptions & { limit: number }) =>
    atPlace(world, options, (place) => list(world, options, place)),
  );

  withGlobalOptions(
    placed(
      dlq
        .command('show')
        .description('one letter, with its record')
        .argument('<position>', 'PARTITION:OFFSET, as list shows it')
        .option('--out <file>', "write the record's value here, as it came"),
    ),
    'edgeminer dlq show 0:17 --out record.bin',
  ).action((position: string, options: LetterOptions & { out?: string }) =>
    atPlace(world, options, (place) => show(world, position, options, place)),
  );

  withGlobalOptions(
    filtered(
      dlq
        .command('replay')
        .description('give records another try, once what was wrong with them is mended'),
    )
      .option('--all', 'all letters')
      .option('--again', 'also those that were replayed before')
      .option('--dry-run', 'show what would be replayed')
      .option('--out <file>', 'write the events here as JSON lines, for mine --source jsonl:FILE'),
    'edgeminer dlq replay --code image.not-found',
  ).action((options: FilterOptions & ReplayChoices) =>
    atPlace(world, options, (place) => replay(world, replayOf(options), place)),
  );
}

function placed(command: Command): Command {
  return command.addOption(
    new Option('--place <place>', 'where the letters are (default: Kafka, if configured)').choices([
      'kafka',
      'file',
    ]),
  );
}

function filtered(command: Command): Command {
  return placed(command)
    .option('--code <code>', 'only letters with this error code; may be repeated', codes, [])
    .option('--since <time>', 'only letters written from this time on', time)
    .option('--until <time>', 'only letters written before this time', time)
    .option('--offsets <ranges>', 'only these letters: PARTITION:FROM-TO,... or P:OFFSET', ranges);
}

function codes(code: string, before: readonly string[]): string[] {
  if ((faultCodes as readonly string[]).includes(code)) return [...before, code];
  throw new InvalidArgumentError(`There is no error code '${code}'; docs/errors.md lists them.`);
}

function time(text: string): number {
  const start = parseStart(text);
  if (start.kind === 'timestamp') return start.ms;
  throw new InvalidArgumentError(
    'Give a date (2026-03-01) or a time with Z or an offset (2026-03-01T12:00:00Z).',
  );
}

function ranges(text: string): LetterFilter['offsets'] {
  return text.split(',').map((part) => {
    const [, partition, from, to] = /^(\d+):(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? [];
    if (partition === undefined || from === undefined) {
      throw new InvalidArgumentError(`'${part}' is no range; write 0:100-250, or 0:17 for one.`);
    }
    return { partition: Number(partition), from: BigInt(from), to: BigInt(to ?? from) };
  });
}

async function atPlace(
  world: World,
  options: LetterOptions,
  work: (place: LetterPlace) => Promise<void>,
): Promise<void> {
  const config = await configFor(world, options);
  const place = await openLetterPlace(world, config, loggerFor(config), options.place);
  try {
    await work(place);
  } finally {
    await place.close();
  }
}

function filterOf({ code, since, until, offsets }: FilterOptions): LetterFilter {
  return { codes: new Set(code), since, until, offsets: offsets ?? [] };
}

function replayOf(options: FilterOptions & ReplayChoices): ReplayRequest {
  const filter = filterOf(options);
  const chosen =
    filter.codes.size > 0 ||
    filter.offsets.length > 0 ||
    filter.since !== undefined ||
    filter.until !== undefined;
  if (!chosen && options.all !== true) {
    throw new EdgeminerError('input.invalid', 'nothing says which letters are to be replayed', {
      field: '--all',
      mend: 'Choose by --code, --since, --until or --offsets, or take --all.',
    });
  }
  return {
    filter,
    again: options.again === true,
    dryRun: options.dryRun === true,
    out: options.out,
    json: options.json,
  };
}

async function list(
  world: World,
  options: FilterOptions & { limit: number },
  { shelf, name }: LetterPlace,
): Promise<void> {
  const filter = filterOf(options);
  const byCode = new Map<string, number>();
  const newest: StoredLetter[] = [];
  let replayed = 0;
  for await (const letter of shelf.letters()) {
    if (!matches(letter, filter)) continue;
    byCode.set(letter.code, (byCode.get(letter.code) ?? 0) + 1);
    if (letter.replayed) replayed += 1;
    newest.push(withoutValue(letter));
    if (newest.length > options.limit) newest.shift();
  }
  const total = [...byCode.values()].reduce((sum, n) => sum + n, 0);
  const result = {
    place: name,
    total,
    replayed,
    byCode: Object.fromEntries(byCode),
    letters: newest.map(shown),
  };
  print(world, result, options.json, () => [
    ...(newest.length === 0 ? [] : [...table([heading, ...newest.map(row)]), '']),
    `${total} dead letters in ${name}` +
      (total > newest.length ? `, the newest ${newest.length} shown` : '') +
      (replayed > 0 ? `; ${replayed} of them replayed since` : ''),
    ...[...byCode].sort((a, b) => b[1] - a[1]).map(([code, n]) => `  ${code}: ${n}`),
  ]);
}

async function show(
  world: World,
  position: string,
  options: LetterOptions & { out?: string },
  { shelf, name }: LetterPlace,
): Promise<void> {
  const letter = await find(shelf.letters(), position);
  if (letter === undefined) {
    throw new EdgeminerError('input.not-found', `there is no letter ${position} in ${name}`, {
      field: '<position>',
      mend: 'Take a position from edgeminer dlq list.',
    });
  }
  const value = letter.raw?.value ?? undefined;
  if (options.out !== undefined) {
    await writeFile(resolve(world.workingDirectory, options.out), value ?? new Uint8Array());
  }
  const key = letter.raw?.key;
  const about = {
    ...shown(letter),
    key: key == null ? null : Buffer.from(key).toString(),
    headers: Object.fromEntries(
      Object.entries(letter.raw?.headers ?? {}).map(([header, bytes]) => [
        header,
        Buffer.from(bytes).toString(),
      ]),
    ),
    value: value === undefined ? null : readable(value),
  };
  print(world, about, options.json, () => [
    ...Object.entries(about)
      .filter(([field]) => field !== 'value')
      .map(([field, content]) => `${field}: ${textOf(content)}`),
    `value: ${about.value === null ? 'was not kept' : ''}`,
    ...(about.value === null ? [] : [textOf(about.value)]),
    ...(options.out === undefined ? [] : [`written to ${options.out}`]),
  ]);
}

async function find(
  letters: AsyncIterable<StoredLetter>,
  position: string,
): Promise<StoredLetter | undefined> {
  for await (const letter of letters) if (positionOf(letter) === position) return letter;
  return undefined;
}

function textOf(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content, null, 2);
}

const shownBytes = 256;

/** JSON as such, else the first bytes in hexadecimal. */
function readable(value: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value)) as unknown;
  } catch {
    const hex = Buffer.from(value.subarray(0, shownBytes)).toString('hex');
    return value.length > shownBytes ? `${hex}… (${value.length} bytes)` : hex;
  }
}
