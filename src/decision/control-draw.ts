import { createHash } from 'node:crypto';
import type { EventId, SourceId } from '../ids.js';

/**
 * The event's draw for the control sample: uniform in [0, 1), from its identity alone, so that
 * a replay, another worker or another machine draws the same.
 */
export function controlDraw(sourceId: SourceId, eventId: EventId): number {
  const digest = createHash('sha256')
    .update(JSON.stringify(['control-sample', sourceId, eventId]))
    .digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
