import type { EventId, TaskId } from '../../src/ids.js';
import type {
  EventIdentity,
  Fingerprint,
  FingerprintScope,
  Offer,
  OfferOutcome,
  Recollection,
  RelabelQueue,
} from '../../src/queue/relabel-queue.js';
import type { Task } from '../../src/queue/task.js';
import {
  byClaimOrder,
  complete,
  isControlOnly,
  isFree,
  isHeldBy,
  lease,
  noteDuplicate,
  offerTask,
  release,
  renew,
} from '../../src/queue/transitions.js';
import type { TaskStanding } from '../../src/queue/transitions.js';

/** The queue in its plainest form, on a Map: what the adapters are compared with. */
export class ModelQueue implements Omit<RelabelQueue, 'close'> {
  private readonly tasks = new Map<TaskId, Task>();

  all(): readonly Task[] {
    return [...this.tasks.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async offer(offers: readonly Offer[], now: number): Promise<readonly OfferOutcome[]> {
    return offers.map((offer) => {
      if (offer.kind === 'duplicate') return this.note(offer.of, offer.eventId);
      const { kind, task } = offerTask(this.tasks.get(offer.content.id), offer.content, now);
      this.tasks.set(task.id, task);
      return kind === 'created' ? 'queued' : 'known';
    });
  }

  async recall({ taskId, modelName, sourceId, eventId }: EventIdentity): Promise<Recollection> {
    if (this.tasks.has(taskId)) return 'task';
    const listed = this.all().some(
      (task) =>
        task.modelName === modelName &&
        task.sourceId === sourceId &&
        task.duplicates.includes(eventId),
    );
    return listed ? 'duplicate' : 'nothing';
  }

  async recentFingerprints(scope: FingerprintScope): Promise<readonly Fingerprint[]> {
    return this.all()
      .filter(
        (task) =>
          task.modelName === scope.modelName &&
          task.sourceId === scope.sourceId &&
          task.occurredAt >= scope.from &&
          task.occurredAt <= scope.to &&
          !isControlOnly(task.decision),
      )
      .sort((a, b) => b.occurredAt - a.occurredAt)
      .slice(0, scope.limit)
      .map(({ id, image }) => ({ taskId: id, perceptualHash: image.perceptualHash }));
  }

  lease: RelabelQueue['lease'] = async (request, now) => {
    const { modelName, sourceId, reason } = request.filter;
    const held = this.held(request.batchId, now);
    const free = this.all()
      .filter((task) => isFree(task, now))
      .filter((task) => modelName === undefined || task.modelName === modelName)
      .filter((task) => sourceId === undefined || task.sourceId === sourceId)
      .filter((task) => reason === undefined || task.decision.reasons.includes(reason))
      .sort(byClaimOrder)
      .slice(0, Math.max(0, request.limit - held.length));
    for (const task of free) {
      const outcome = lease(task, request, now);
      if (outcome.kind === 'leased') this.put(task, outcome.standing);
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
    const outcome = complete(task, claim, verdict, now);
    if (outcome.kind === 'lost') return { kind: 'lost' };
    if (outcome.kind === 'already-completed') return { kind: 'already-completed', task };
    return { kind: 'completed', task: this.put(task, outcome.standing) };
  };

  release: RelabelQueue['release'] = async (batchId, tasks, now) => {
    const held = this.held(batchId, now).filter(({ id }) => tasks === 'all' || tasks.includes(id));
    for (const task of held) {
      const outcome = release(task, batchId, now);
      if (outcome.kind === 'released') this.put(task, outcome.standing);
    }
    return held.length;
  };

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

  private put(task: Task, standing: TaskStanding): Task {
    const changed = { ...task, ...standing };
    this.tasks.set(task.id, changed);
    return changed;
  }
}
