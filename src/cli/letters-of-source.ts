import { eraseLetters } from '../adapters/directory/erase-letters.js';
import type { LetterErasure, LetterVerdict } from '../adapters/directory/erase-letters.js';
import type { Config } from '../config/load-config.js';
import { noContext } from '../event/event-map.js';
import { readJson } from '../event/json-event.js';
import type { SourceId } from '../ids.js';
import type { StoredLetter } from '../mine/dead-letter-shelf.js';
import { deadLetterFile } from './dead-letter-places.js';
import { eventReader } from './event-format.js';

/** Erases the dead letters of a source from the file. Those in Kafka can't be taken out singly. */
export function eraseLettersOf(
  source: SourceId,
  config: Config,
  { dryRun }: { readonly dryRun: boolean },
): Promise<LetterErasure> {
  const read = eventReader(config);

  /** A record that is no event may still say whose it is; one that merely names it is for a person. */
  function judge({ raw }: StoredLetter): LetterVerdict {
    const value = raw?.value;
    if (value === undefined || value === null) return 'keep';
    const json = readJson(value);
    if (json.kind === 'json') {
      const reading = read(json.value, noContext);
      if (reading.kind === 'event') return reading.event.sourceId === source ? 'erase' : 'keep';
      if (sourceIdIn(json.value) === source) return 'erase';
    }
    return Buffer.from(value).includes(JSON.stringify(source)) ? 'unsure' : 'keep';
  }

  return eraseLetters(deadLetterFile(config), judge, { dryRun });
}

function sourceIdIn(content: unknown): unknown {
  return typeof content === 'object' && content !== null && 'sourceId' in content
    ? content.sourceId
    : undefined;
}
