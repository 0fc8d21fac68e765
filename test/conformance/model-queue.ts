import type { AnnotatorId, EventId, TaskId } from '../../src/ids.js';
import type { Transition } from '../../src/queue/audit.js';
import type {
  EventIdentity,
  Fingerprint,
  FingerprintScope,
  Offer,
  OfferOutcome,
  Recollection,
  RelabelQueue,
  TaskReader,
  TimeRange,
} from '../../src/queue/relabel-queue.js';
import type { QueueRules } from '../../src/queue/rules.js';
import { isControlOnly, projectOf, topClassOf } from '../../src/queue/task-facts.js';
import type { Governed, TaskGovernor } from '../../src/queue/task-governor.js';
import type { Task } from '../../src/queue/task.js';
import {
  adjudicate,
  byClaimOrder,
  cancel,
  complete,
  isFreeFor,
  isHeldBy,
  lease,
  noteDuplicate,
  offerTask,
  offerTransition,
  release,
  renew,
  seenAt,
} from '../../src/queue/transitions.js';
import { requeue } from '../../src/queue/requeue.js';
import type { Step, TaskStanding } from '../../src/queue/transitions.js';

/** A transition as the model notes it: the chain without its hashes. */
export type Noted = Transition & { readonly at: number };

/** The queue in its plainest form, on a Map: what the adapters are compared with. */
export class ModelQueue
  implements Omit<RelabelQueue, 'close'>, TaskGovernor, Pick<TaskReader, 'holdings'>
{
  private readonly tasks = new Map<TaskId, Task>();
  private readonly trails = new Map<TaskId, Noted[]>();
  private readonly rules: QueueRules;

  constructor(rules: QueueRules) {
    this.rules = rules;
  }

  all(): readonly Task[] {
    return [...this.tasks.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  trailOf(id: TaskId): readonly Noted[] {
    return this.trails.get(id) ?? [];
  }

  async offer(offers: readonly Offer[], now: number): Promise<readonly OfferOutcome[]> {
    return offers.map((offer) => {
      if (offer.kind === 'duplicate') return this.note(offer.of, offer.eventId);
      const known = this.tasks.get(offer.content.id);
      const { kind, task } = offerTask(known, offer.content, { rules: this.rules, now });
      this.tasks.set(task.id, task);
      if (kind === 'created') this.trails.set(task.id, [{ ...offerTransition(task), at: now }]);
      return kind === 'created' ? 'queued' : 'known';
    });
  }

  async recall({ taskId, modelName, sourceId, eventId }: EventIdentity): Promise<Recollection> {
    const known = this.tasks.get(taskId);
    if (known !== undefined) {
      const { image, modelVersion, decision } = known;
      return { kind: 'task', image: image.hash, modelVersion, reasons: decision.reasons };
    }
    const listed = this.all().some(
      (task) =>
        task.modelName === modelName &&
        task.sourceId === sourceId &&
        task.duplicates.includes(eventId),
    );
    return { kind: listed ? 'duplicate' : 'nothing' };
  }

  async recentFingerprints(scope: FingerprintScope): Promise<readonly Fingerprint[]> {
    return this.all()
      .filter(
        (task) =>
          task.modelName === scope.modelName &&
          task.sourceId === scope.sourceId &&
          within(task.occurredAt, scope) &&
          (scope.reason === undefined || task.decision.reasons.includes(scope.reason)) &&
          !isControlOnly(task.decision),
      )
      .sort((a, b) => b.occurredAt - a.occurredAt)
      .slice(0, scope.limit)
      .map(({ id, image }) => ({ taskId: id, perceptualHash: image.perceptualHash }));
  }

  lease: RelabelQueue['lease'] = async (request, now) => {
    const { modelName, sourceId, reason, topClass, project, projects } = request.filter;
    const { offeredAt, occurredAt } = request.filter;
    const held = this.held(request.batchId, now);
    const free = this.all()
      .filter((task) => isFreeFor(request.annotator, task, now))
      .filter((task) => modelName === undefined || task.modelName === modelName)
      .filter((task) => sourceId === undefined || task.sourceId === sourceId)
      .filter((task) => reason === undefined || task.decision.reasons.includes(reason))
      .filter((task) => topClass === undefined || topClassOf(task) === topClass)
      .filter((task) => project === undefined || projectOf(task) === project)
      .filter((task) => projects === undefined || projects.includes(projectOf(task) ?? ''))
      .filter((task) => within(task.offeredAt, offeredAt))
      .filter((task) => within(task.occurredAt, occurredAt))
      .sort(byClaimOrder)
      .slice(0, Math.max(0, request.limit - held.length));
    for (const task of free) {
      const outcome = lease(task, request, now);
      if (outcome.kind === 'leased') this.step(task, outcome, now);
    }
    return this.held(request.batchId, now);
  };

  renew: RelabelQueue['renew'] = async (batchId, expiresAt, now) => {
    const held = this.held(batchId, now);
    for (const task of held) {
      const outcome = renew(task, { batchId, expiresAt }, now);
      if (outcome.kind === 'renewed') this.put(task, outcome.standing);
    }
    return held.length;
  };

  complete: RelabelQueue['complete'] = async (claim, verdict, now) => {
    const task = this.tasks.get(claim.taskId);
    if (task === undefined) return { kind: 'unknown-task' };
    const outcome = complete(task, claim, verdict, { rules: this.rules, now });
    if (outcome.kind === 'lost') return { kind: 'lost' };
    if (outcome.kind === 'already-completed') {
      return { kind: 'already-completed', task: seenAt(task, now) };
    }
    return { kind: 'completed', task: this.step(task, outcome, now) };
  };

  release: RelabelQueue['release'] = async (batchId, tasks, now) => {
    const held = this.held(batchId, now).filter(({ id }) => tasks === 'all' || tasks.includes(id));
    for (const task of held) {
      const outcome = release(task, batchId, now);
      if (outcome.kind === 'released') this.step(task, outcome, now);
    }
    return held.length;
  };

  adjudicate: TaskGovernor['adjudicate'] = async (id, ruling, now) =>
    this.govern(id, now, (task) => adjudicate(task, ruling, now));

  requeue: TaskGovernor['requeue'] = async (id, order, now) =>
    this.govern(id, now, (task) => requeue(task, order));

  cancel: TaskGovernor['cancel'] = async (id, order, now) =>
    this.govern(id, now, (task) => cancel(task, order));

  holdings: TaskReader['holdings'] = async (now) => {
    const groups = new Map<string, Task[]>();
    for (const task of this.all()) {
      if (task.lease === undefined || !isHeldBy(task.lease.batchId, task, now)) continue;
      const key = JSON.stringify([task.lease.annotator, task.lease.batchId]);
      groups.set(key, [...(groups.get(key) ?? []), task]);
    }
    return [...groups.values()]
      .map((tasks) => {
        const leases = tasks.flatMap(({ lease: held }) => (held === undefined ? [] : [held]));
        const [first] = leases;
        if (first === undefined) throw new Error('a group has a lease');
        const { annotator, batchId } = first;
        const since = Math.min(...leases.map(({ leasedAt }) => leasedAt));
        const expiresAt = Math.min(...leases.map((one) => one.expiresAt));
        return { annotator, batchId, tasks: tasks.length, since, expiresAt };
      })
      .sort(
        (a, b) =>
          compare(a.annotator, b.annotator) || a.since - b.since || compare(a.batchId, b.batchId),
      );
  };

  private govern(
    id: TaskId,
    now: number,
    decide: (
      task: Task,
    ) => ({ readonly kind: 'done' } & Step) | { readonly kind: 'unchanged' | 'refused' },
  ): Governed {
    const task = this.tasks.get(id);
    if (task === undefined) return { kind: 'unknown-task' };
    const outcome = decide(task);
    if (outcome.kind !== 'done') return { kind: outcome.kind, task: seenAt(task, now) };
    return { kind: 'done', task: this.step(task, outcome, now) };
  }

  private note(of: TaskId, eventId: EventId): 'duplicate' {
    const original = this.tasks.get(of);
    if (original === undefined) throw new Error('a near-duplicate of an unknown task');
    this.tasks.set(of, noteDuplicate(original, eventId).task);
    return 'duplicate';
  }

  private held(batchId: Parameters<typeof isHeldBy>[0], now: number): readonly Task[] {
    return this.all()
      .filter((task) => isHeldBy(batchId, task, now))
      .sort(byClaimOrder);
  }

  private step(task: Task, { standing, transition }: Step, at: number): Task {
    this.trails.get(task.id)?.push({ ...transition, at });
    return this.put(task, standing);
  }

  private put(task: Task, standing: TaskStanding): Task {
    const changed = { ...task, ...standing };
    this.tasks.set(task.id, changed);
    return changed;
  }
}

function within(time: number, { from = -Infinity, to = Infinity }: TimeRange = {}): boolean {
  return time >= from && time <= to;
}

function compare(a: AnnotatorId | string, b: AnnotatorId | string): number {
  return a < b ? -1 : Number(a > b);
}
