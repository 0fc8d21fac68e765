import type { Config } from '../config/load-config.js';
import { eventMapOf } from '../config/event-settings.js';
import { readMapped, readOwnFormat } from '../event/event-reader.js';
import type { EventReader } from '../event/event-reader.js';
import type { EventSource } from '../event/event-source.js';
import { pairRequestsWithResponses } from '../mine/pair-requests.js';
import type { Logger } from '../telemetry/logger.js';

/** What a record's content means, by `events` of the configuration. */
export function eventReader({ events }: Config): EventReader {
  return events.format === 'edgeminer' ? readOwnFormat : readMapped(eventMapOf(events.map));
}

/** Joins KServe's requests and responses, where they are configured; else the source itself. */
export function inEvents(source: EventSource, config: Config, logger: Logger): EventSource {
  const { events } = config;
  if (events.format !== 'kserve') return source;
  return pairRequestsWithResponses(source, {
    reader: eventReader(config),
    limits: {
      maxCount: events.window.maxCount,
      maxBytes: events.window.maxBytes,
      maxAgeMs: events.window.seconds * 1000,
    },
    now: () => performance.now(),
    onAlone: (id) =>
      logger.warn('a request is mined without predictions: its response did not come', { id }),
  });
}

/** What waits for its other half, and so is out beside what is worked on. */
export function waitingLimits({ events }: Config): { maxCount: number; maxBytes: number } {
  return events.format === 'kserve' ? events.window : { maxCount: 0, maxBytes: 0 };
}
