import type { Command } from 'commander';
import type { Reason } from '../decision/decision.js';
import { modelName, sourceId } from '../ids.js';
import type { LeaseFilter, TimeRange } from '../queue/relabel-queue.js';
import { moment, reasonArgument } from './arguments.js';

export interface FilterOptions {
  readonly model?: string;
  readonly source?: string;
  readonly reason?: Reason;
  readonly class?: string;
  readonly project?: string;
  readonly offeredFrom?: number;
  readonly offeredTo?: number;
  readonly occurredFrom?: number;
  readonly occurredTo?: number;
}

/** Adds the options that choose tasks. */
export function filtered(command: Command): Command {
  return command
    .option('--model <name>', 'only tasks of this model')
    .option('--source <id>', 'only tasks of this source')
    .option('--reason <reason>', 'only tasks queued for this', reasonArgument)
    .option('--class <name>', 'only tasks that the model took most for this class')
    .option('--project <name>', 'only tasks whose event has the tag project=<name>')
    .option('--offered-from <time>', 'only tasks queued at this time or later', moment)
    .option('--offered-to <time>', 'only tasks queued at this time or before', moment)
    .option('--occurred-from <time>', 'only events of this time or later', moment)
    .option('--occurred-to <time>', 'only events of this time or before', moment);
}

export function filterOf(options: FilterOptions): LeaseFilter {
  const { model, source, reason, class: topClass, project } = options;
  const offeredAt = timeRange(options.offeredFrom, options.offeredTo);
  const occurredAt = timeRange(options.occurredFrom, options.occurredTo);
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
