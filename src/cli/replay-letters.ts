import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EdgeminerError, messageOf } from '../faults.js';
import { matches } from '../mine/dead-letter-shelf.js';
import type { LetterFilter, StoredLetter } from '../mine/dead-letter-shelf.js';
import type { LetterPlace } from './dead-letter-places.js';
import { heading, positionOf, row, shown, withoutValue } from './letter-rows.js';
import { print, progress, table } from './output.js';
import type { World } from './world.js';

export interface ReplayRequest {
  readonly filter: LetterFilter;
  /** Also those that were replayed before, or too often. */
  readonly again: boolean;
  readonly dryRun: boolean;
  /** Write the events here instead of replaying them. */
  readonly out: string | undefined;
  readonly json: boolean | undefined;
}

/** A record that fails again and again is not sent round for ever. */
const mostReplays = 5;
const markedAtOnce = 100;
const listedAtMost = 50;

/** What becomes of a letter that was chosen; `unfit` is an event that is no line of JSON. */
type Outcome = 'replayed' | 'gone' | 'left' | 'unfit';

interface Counts {
  replayed: number;
  before: number;
  tooOften: number;
  gone: number;
  unfit: number;
}

/**
 * Gives letters another try, one after the other, and remembers those that got it. Throws
 * `input.not-found` at the end where some records were not to be had any more.
 */
export async function replay(
  world: World,
  request: ReplayRequest,
  place: LetterPlace,
): Promise<void> {
  const counts: Counts = { replayed: 0, before: 0, tooOften: 0, gone: 0, unfit: 0 };
  const failed: Record<'gone' | 'unfit', string[]> = { gone: [], unfit: [] };
  const listed: StoredLetter[] = [];
  const way = await openWay(world, request, place);
  const bar = progress(world, 'replaying', undefined);
  let interrupted = false;
  try {
    for await (const letter of chosen(place, request, counts)) {
      interrupted = world.ending.aborted;
      const outcome = interrupted ? 'left' : await way.send(letter);
      if (outcome === 'left') {
        interrupted = true;
        break;
      }
      counts[outcome] += 1;
      if (outcome !== 'replayed') {
        if (failed[outcome].length < listedAtMost) failed[outcome].push(positionOf(letter));
      } else if (request.dryRun && listed.length < listedAtMost) listed.push(withoutValue(letter));
      bar.update(counts.replayed);
    }
  } finally {
    bar.end();
    // What was sent is remembered, whatever came then.
    await way.close();
  }
  const { gone, unfit } = failed;
  const result = {
    place: place.name,
    dryRun: request.dryRun,
    out: request.out ?? null,
    interrupted,
    ...counts,
    goneLetters: gone,
    unfitLetters: unfit,
    ...(request.dryRun ? { letters: listed.map(shown) } : {}),
  };
  print(world, result, request.json, () => [
    ...(listed.length === 0 ? [] : [...table([heading, ...listed.map(row)]), '']),
    ...summaryLines(result),
  ]);
  if (counts.gone > 0) {
    throw new EdgeminerError('input.not-found', `${counts.gone} records are no longer there`, {
      field: gone[0] ?? '',
      mend: 'Have their producers send them again, or mine their directory again.',
    });
  }
}

async function* chosen(
  { shelf }: LetterPlace,
  { filter, again }: ReplayRequest,
  counts: Counts,
): AsyncGenerator<StoredLetter> {
  for await (const letter of shelf.letters()) {
    if (!matches(letter, filter)) continue;
    if (again) yield letter;
    else if (letter.replayed) counts.before += 1;
    else if (letter.replays >= mostReplays) counts.tooOften += 1;
    else yield letter;
  }
}

interface Way {
  send(letter: StoredLetter): Promise<Outcome>;
  close(): Promise<void>;
}

async function openWay(world: World, request: ReplayRequest, place: LetterPlace): Promise<Way> {
  if (request.dryRun) return { send: async () => 'replayed', close: async () => undefined };
  if (request.out === undefined) return backToOrigin(place);
  return intoFile(resolve(world.workingDirectory, request.out), place);
}

function backToOrigin(place: LetterPlace): Way {
  let marked: StoredLetter[] = [];
  const mark = async () => {
    await place.shelf.markReplayed(marked);
    marked = [];
  };
  return {
    async send(letter) {
      const outcome = await place.replay(letter);
      if (outcome === 'replayed') marked.push(withoutValue(letter));
      if (marked.length >= markedAtOnce) await mark();
      return outcome;
    },
    close: mark,
  };
}

/** Nothing is remembered as replayed: whether the file is ever mined, nobody here knows. */
async function intoFile(path: string, place: LetterPlace): Promise<Way> {
  const file = await open(path, 'w').catch((error: unknown) => {
    throw new EdgeminerError('input.invalid', `can't write to ${path}: ${messageOf(error)}`, {
      field: '--out',
      mend: 'Name a file that can be written.',
      cause: error,
    });
  });
  return {
    async send(letter) {
      const value = (await place.record(letter))?.value;
      if (value == null) return 'gone';
      if (!isLine(value)) return 'unfit';
      await file.appendFile(value);
      await file.appendFile('\n');
      return 'replayed';
    },
    close: () => file.close(),
  };
}

/** Text without a line feed. Whether it is JSON is for the one who mines it: it may be mended. */
function isLine(value: Uint8Array): boolean {
  if (value.includes(0x0a)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(value);
    return true;
  } catch {
    return false;
  }
}

function summaryLines({
  place,
  dryRun,
  out,
  interrupted,
  replayed,
  before,
  tooOften,
  gone,
  goneLetters,
  unfit,
  unfitLetters,
}: Counts & {
  readonly place: string;
  readonly dryRun: boolean;
  readonly out: string | null;
  readonly interrupted: boolean;
  readonly goneLetters: readonly string[];
  readonly unfitLetters: readonly string[];
}): string[] {
  const done = dryRun ? 'would be replayed' : out === null ? 'replayed' : `written to ${out}`;
  return [
    `${replayed} ${done} from ${place}` + (dryRun && replayed > listedAtMost ? firstShown : ''),
    ...(before > 0 ? [`${before} were replayed before (--again replays them once more)`] : []),
    ...(tooOften > 0
      ? [`${tooOften} came back ${mostReplays} times (--again replays them once more)`]
      : []),
    ...(gone > 0 ? [`${gone} have no record any more: ${goneLetters.join(', ')}`] : []),
    ...(unfit > 0
      ? [`${unfit} are no text of one line (dlq show --out): ${unfitLetters.join(', ')}`]
      : []),
    ...(interrupted ? ['ended before all was done: the same command goes on'] : []),
  ];
}

const firstShown = `, the first ${listedAtMost} shown`;
