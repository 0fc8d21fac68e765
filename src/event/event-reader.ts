import { EdgeminerError } from '../faults.js';
import { defaultMend, parseEvent } from './contract.js';
import { describeSource, mapRecord } from './event-map.js';
import type { EventMap, RecordContext } from './event-map.js';
import type { Reading } from './event-source.js';

/** Makes an event of a record's content: parsed JSON, or what the schema registry decoded. */
export type EventReader = (content: unknown, context: RecordContext) => Reading;

/** edgeminer's own format, v1. */
export const readOwnFormat: EventReader = (content) => parseEvent(content);

/** A format of another maker. What does not fit says where it was looked for. */
export function readMapped(map: EventMap): EventReader {
  return (content, context) => {
    const reading = parseEvent(mapRecord(content, context, map));
    if (reading.kind === 'event') return reading;
    const { fault } = reading;
    const [field = ''] = (fault.field ?? '').split('.');
    const from = placeOf(field, map);
    if (from === undefined) return reading;
    return {
      kind: 'unreadable',
      fault: new EdgeminerError(
        'event.invalid',
        `${fault.message} (${field} is read from ${from})`,
        {
          field: fault.field ?? field,
          mend:
            `Correct events.map.${field}, or the records.` +
            (fault.mend === undefined || fault.mend === defaultMend ? '' : ` ${fault.mend}`),
          cause: fault,
        },
      ),
    };
  };
}

function placeOf(field: string, map: EventMap): string | undefined {
  switch (field) {
    case 'eventId':
    case 'occurredAt':
    case 'modelName':
    case 'modelVersion':
    case 'sourceId':
      return describeSource(map[field]);
    case 'image':
      return describeSource(map.image.from);
    case 'embedding':
      return map.embedding === undefined ? undefined : describeSource(map.embedding);
    case 'predictions': {
      const { predictions } = map;
      if (predictions === undefined) return undefined;
      if ('items' in predictions) return describeSource(predictions.items);
      return describeSource('numbers' in predictions ? predictions.numbers : predictions.label);
    }
    default:
      return undefined;
  }
}
