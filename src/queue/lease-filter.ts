import type { Reason } from '../decision/decision.js';
import { modelName, sourceId } from '../ids.js';
import type { LeaseFilter, TimeRange } from './relabel-queue.js';

/** The fields by which people choose tasks, on the command line and over HTTP. */
export interface FilterFields {
  readonly model?: string | undefined;
  readonly source?: string | undefined;
  readonly reason?: Reason | undefined;
  readonly class?: string | undefined;
  readonly project?: string | undefined;
  /** Milliseconds since 1970-01-01 UTC, inclusive; as are the other times. */
  readonly offeredFrom?: number | undefined;
  readonly offeredTo?: number | undefined;
  readonly occurredFrom?: number | undefined;
  readonly occurredTo?: number | undefined;
}

export function leaseFilter(fields: FilterFields): LeaseFilter {
  const { model, source, reason, class: topClass, project } = fields;
  const offeredAt = timeRange(fields.offeredFrom, fields.offeredTo);
  const occurredAt = timeRange(fields.occurredFrom, fields.occurredTo);
  return {
    ...(model === undefined ? {} : { modelName: modelName(model) }),
    ...(source === undefined ? {} : { sourceId: sourceId(source) }),
    ...(reason === undefined ? {} : { reason }),
    ...(topClass === undefined ? {} : { topClass }),
    ...(project === undefined ? {} : { project }),
    ...(offeredAt === undefined ? {} : { offeredAt }),
    ...(occurredAt === undefined ? {} : { occurredAt }),
  };
}

function timeRange(from: number | undefined, to: number | undefined): TimeRange | undefined {
  if (from === undefined && to === undefined) return undefined;
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}
