import type { Delivery, EventSource } from '../event/event-source.js';
import type { InferenceEvent } from '../event/inference-event.js';
import { EdgeminerError, isEdgeminerError, messageOf } from '../faults.js';
import type { DeadLetters } from './dead-letters.js';
import { InFlight } from './in-flight.js';
import type { Place } from './in-flight.js';
import type { MiningObserver } from './mining-observer.js';
import { mineEvent } from './pipeline.js';
import type { Mined, Stations, StreamPlace } from './pipeline.js';
import { untilItWorks } from './retry.js';
import type { RetryPlan } from './retry.js';
import { SourceLanes } from './source-lanes.js';
import { tellOfMined } from './tell-of-mined.js';

export interface WorkerOptions {
  readonly source: EventSource;
  readonly stations: Stations;
  readonly deadLetters: DeadLetters;
  readonly limits: { readonly maxCount: number; readonly maxBytes: number };
  readonly retry: RetryPlan;
  readonly observer: MiningObserver;
  /** Told of each mined event, after it was settled; for `--json` and progress. */
  readonly onMined?: (mined: Mined) => void;
}

/**
 * Takes events from the source until it ends or `signal` aborts, many at a time, each through
 * the pipeline. A record is acknowledged once its outcome is durable: stored, passed, or in the
 * dead letters. A data error goes to the dead letters; an infrastructure error is waited out,
 * and meanwhile no more is taken than the limits allow.
 *
 * After an abort, what is in flight is finished if it can be; what waits for infrastructure is
 * left unacknowledged, and the source delivers it again next time. So is what was revoked: it
 * is somebody else's now. Resolves once nothing is in flight; rejects with a setup fault, after
 * what was in flight is done.
 */
export async function runWorker(options: WorkerOptions, signal: AbortSignal): Promise<void> {
  const inFlight = new InFlight(options.limits, (count, bytes) =>
    options.observer.inFlight(count, bytes),
  );
  const lanes = new SourceLanes();
  const running = new Set<Promise<void>>();
  const failed = new AbortController();
  const ended = AbortSignal.any([signal, failed.signal]);
  const endUnlessEnded = (error: unknown) => {
    if (!ended.aborted) failed.abort(error);
  };
  const run = (work: Promise<void>, place: Place) => {
    const done = work.catch(endUnlessEnded).finally(() => {
      place.leave();
      running.delete(done);
    });
    running.add(done);
  };

  try {
    for await (const delivery of options.source.deliveries(ended)) {
      if (delivery.revoked) continue;
      const task: Task = { delivery, options, signal: ended };
      // Read one after the other, so that lanes are entered in the order of the stream.
      const reading = await readRecord(task);
      if (reading === 'left') continue;
      if (reading.kind === 'unreadable') {
        const { fault } = reading;
        run(bury(task, { model: undefined, fault, attempts: 1 }), await inFlight.enter(0));
        continue;
      }
      const { event } = reading;
      const place = await inFlight.enter(inlineBytes(event));
      const lane = lanes.enter(JSON.stringify([event.modelName, event.sourceId]));
      const frame = options.stations.frames.follow(event);
      run(
        settle(task, event, { lane, frame }, place).finally(() => {
          frame.leave();
          lane.leave();
        }),
        place,
      );
    }
  } catch (error) {
    endUnlessEnded(error);
  }
  await Promise.all(running);
  if (failed.signal.aborted) throw failed.signal.reason;
}

/** What is to be done with one record. */
interface Task {
  readonly delivery: Delivery;
  readonly options: WorkerOptions;
  readonly signal: AbortSignal;
}

/** `left`: the record is left to another worker, or to the next start. */
async function readRecord(task: Task): Promise<Awaited<ReturnType<Delivery['read']>> | 'left'> {
  const start = performance.now();
  try {
    const reading = await retrying(task, () => task.delivery.read());
    task.options.observer.stationTook('read', (performance.now() - start) / 1000);
    return reading;
  } catch (error) {
    if (isLeft(task)) return 'left';
    throw error;
  }
}

async function settle(
  task: Task,
  event: InferenceEvent,
  stream: StreamPlace,
  place: Place,
): Promise<void> {
  const { delivery, signal } = task;
  const { observer, stations, onMined } = task.options;
  const request = {
    signal,
    makeRoom: (bytes: number) => place.resize(inlineBytes(event) + bytes),
  };
  let mined: Mined;
  let attempts = 0;
  try {
    mined = await retrying(task, () => {
      attempts += 1;
      return mineEvent(event, stream, stations, request);
    });
  } catch (error) {
    if (isLeft(task)) return;
    const fault = asFault(error, event);
    if (fault.kind !== 'data') throw fault;
    const tries = attempts - 1 + (fault.attempts ?? 1);
    await bury(task, { model: event.modelName, fault, attempts: tries });
    return;
  }
  delivery.acknowledge();
  tellOfMined(mined, observer);
  onMined?.(mined);
}

interface Burial {
  /** Undefined where the event could not be read. */
  readonly model: InferenceEvent['modelName'] | undefined;
  readonly fault: EdgeminerError;
  readonly attempts: number;
}

async function bury(task: Task, { model, fault, attempts }: Burial): Promise<void> {
  const { delivery, options } = task;
  const letter = { origin: delivery.origin, raw: delivery.raw, fault, attempts };
  try {
    await retrying(task, () => options.deadLetters.send(letter));
  } catch (error) {
    if (isLeft(task)) return;
    throw error;
  }
  delivery.acknowledge();
  options.observer.deadLettered(fault.code);
  options.observer.eventSettled(model, 'dead_letter');
}

/** A worker that ends, or whose record was revoked, tries no more. */
function retrying<T>({ delivery, options, signal }: Task, work: () => Promise<T>): Promise<T> {
  return untilItWorks(work, {
    plan: options.retry,
    signal,
    isWanted: () => !delivery.revoked,
    onRetry: (code) => options.observer.retried(code),
  });
}

function isLeft({ delivery, signal }: Task): boolean {
  return signal.aborted || delivery.revoked;
}

/** What nobody foresaw fails this one event, and must not stop the stream behind it. */
function asFault(error: unknown, event: InferenceEvent): EdgeminerError {
  if (isEdgeminerError(error)) return error;
  return new EdgeminerError('event.failed', `unexpected error: ${messageOf(error)}`, {
    field: event.eventId,
    mend: 'Report it with the stack trace in the log; replay the dead letter once it is mended.',
    cause: error,
  });
}

/** A referenced image's size is not known before it is fetched; room is made for it then. */
function inlineBytes({ image }: InferenceEvent): number {
  return image.kind === 'inline' ? image.bytes.byteLength : 0;
}
