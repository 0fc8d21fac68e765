import { InvalidArgumentError } from 'commander';
import type { StartAt } from '../adapters/kafka/group-position.js';
import type { Config } from '../config/load-config.js';
import { EdgeminerError } from '../faults.js';

/** Where `mine --from` begins: `earliest`, `latest`, a time, or `PARTITION:OFFSET,...`. */
export function parseStart(text: string): StartAt {
  if (text === 'earliest' || text === 'latest') return { kind: text };
  if (/^\d+:\d+(,\d+:\d+)*$/.test(text)) return parseOffsets(text);
  // Without an offset, a time would mean another moment on another machine.
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(
    text,
  );
  const ms = isTime ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(ms)) return { kind: 'timestamp', ms };
  throw new InvalidArgumentError(
    'Give a date (2026-03-01), a time with Z or an offset (2026-03-01T12:00:00Z), ' +
      'offsets as PARTITION:OFFSET (0:1500,1:900), earliest, or latest.',
  );
}

function parseOffsets(text: string): StartAt {
  const offsets = new Map<number, bigint>();
  for (const pair of text.split(',')) {
    const [partition = '', offset = ''] = pair.split(':');
    if (offsets.has(Number(partition))) {
      throw new InvalidArgumentError(`Partition ${partition} is named twice.`);
    }
    offsets.set(Number(partition), BigInt(offset));
  }
  return { kind: 'offsets', offsets };
}

export interface ReplayOptions {
  readonly from?: StartAt;
  readonly group?: string;
}

/**
 * The consumer group of a run, and where it begins. A replay has a group of its own: the live
 * one's place in the stream must not move.
 * @throws EdgeminerError `input.invalid`
 */
export function replayGroup(
  { from, group }: ReplayOptions,
  kafka: Config['kafka'],
  source: string,
): ReplayOptions {
  if (from === undefined && group === undefined) return {};
  const option = from === undefined ? '--group' : '--from';
  if (source !== 'kafka') {
    throw new EdgeminerError('input.invalid', `${option} is for --source kafka only`, {
      field: option,
      mend: `Leave ${option} out; a file is always read from its beginning.`,
    });
  }
  if (from !== undefined && group === undefined) {
    throw new EdgeminerError('input.invalid', '--from needs a consumer group of its own', {
      field: '--group',
      mend: 'Add --group NAME, a new name for each replay; run it again to go on where it stopped.',
    });
  }
  if (from !== undefined && group === kafka?.groupId) {
    throw new EdgeminerError('input.invalid', `'${group ?? ''}' is the group of the live workers`, {
      field: '--group',
      mend: 'Choose another name, so that the live workers keep their place in the stream.',
    });
  }
  return { ...(from === undefined ? {} : { from }), ...(group === undefined ? {} : { group }) };
}
