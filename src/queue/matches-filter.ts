import type { LeaseFacts } from './gold.js';
import type { LeaseFilter, TimeRange } from './relabel-queue.js';

/** Whether a lease that asks for `filter` could be given a task of these facts. */
export function matchesFilter(facts: LeaseFacts, filter: LeaseFilter): boolean {
  const { modelName, sourceId, reason, topClass, project, projects, offeredAt, occurredAt } =
    filter;
  return (
    (modelName === undefined || facts.modelName === modelName) &&
    (sourceId === undefined || facts.sourceId === sourceId) &&
    (reason === undefined || facts.reasons.includes(reason)) &&
    (topClass === undefined || facts.topClass === topClass) &&
    (project === undefined || facts.project === project) &&
    (projects === undefined || (facts.project !== undefined && projects.includes(facts.project))) &&
    within(facts.offeredAt, offeredAt) &&
    within(facts.occurredAt, occurredAt)
  );
}

function within(time: number, { from = -Infinity, to = Infinity }: TimeRange = {}): boolean {
  return time >= from && time <= to;
}
