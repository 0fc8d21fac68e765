import type { Delivery, EventSource } from '../event/event-source.js';
import type { InferenceEvent } from '../event/inference-event.js';
import { EdgeminerError, isEdgeminerError, messageOf } from '../faults.js';
import type { DeadLetters } from './dead-letters.js';
import { InFlight } from './in-flight.js';
import type { Place } from './in-flight.js';
import type { MiningObserver } from './mining-observer.js';
import { mineEvent } from './pipeline.js';
import type { Mined, Stations } from './pipeline.js';
import { untilItWorks } from './retry.js';
import type { RetryPlan } from './retry.js';
import { SourceLanes } from './source-lanes.js';
import type { Lane } from './source-lanes.js';

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
 * dead letters. A data error goes to the dead letters; an infrastructure error is waited out.
 *
 * After an abort, what is in flight is finished if it can be; what waits for infrastructure is
 * left unacknowledged, and the source delivers it again next time. Resolves once nothing is in
 * flight; rejects with a setup fault, after what was in flight is done.
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

  try {
    for await (const delivery of options.source.deliveries(ended)) {
      if (delivery.revoked) continue;
      // Read one after the other, so that lanes are entered in the order of the stream.
      const event = await readRecord(delivery, options, ended);
      if (event === undefined) continue;
      const place = await inFlight.enter(inlineBytes(event));
      const lane = lanes.enter(JSON.stringify([event.modelName, event.sourceId]));
      const work = settle({ delivery, event, lane, place }, options, ended)
        .catch(endUnlessEnded)
        .finally(() => {
          lane.leave();
          place.leave();
          running.delete(work);
        });
      running.add(work);
    }
  } catch (error) {
    endUnlessEnded(error);
  }
  await Promise.all(running);
  if (failed.signal.aborted) throw failed.signal.reason;
}

/** The event of a record; undefined, and the record settled, where it holds none. */
async function readRecord(
  delivery: Delivery,
  options: WorkerOptions,
  signal: AbortSignal,
): Promise<InferenceEvent | undefined> {
  const start = performance.now();
  const reading = await retrying(() => delivery.read(), options, signal);
  options.observer.stationTook('read', (performance.now() - start) / 1000);
  if (reading.kind === 'event') return reading.event;
  await bury(delivery, undefined, reading.fault, options, signal);
  return undefined;
}

interface Work {
  readonly delivery: Delivery;
  readonly event: InferenceEvent;
  readonly lane: Lane;
  readonly place: Place;
}

async function settle(
  { delivery, event, lane, place }: Work,
  options: WorkerOptions,
  signal: AbortSignal,
): Promise<void> {
  const request = {
    signal,
    makeRoom: (bytes: number) => place.resize(inlineBytes(event) + bytes),
  };
  let mined: Mined;
  try {
    mined = await retrying(
      () => mineEvent(event, lane, options.stations, request),
      options,
      signal,
    );
  } catch (error) {
    if (signal.aborted) return;
    const fault = asFault(error, event);
    if (fault.kind !== 'data') throw fault;
    await bury(delivery, event, fault, options, signal);
    return;
  }
  delivery.acknowledge();
  const { observer } = options;
  if (mined.outcome === 'queued' && mined.decision.kind === 'queue') {
    observer.candidateQueued(mined.decision.reasons);
  }
  if (mined.decision.reference === 'no-reference') observer.noReference(event.modelName);
  observer.eventSettled(event.modelName, mined.outcome);
  options.onMined?.(mined);
}

async function bury(
  delivery: Delivery,
  event: InferenceEvent | undefined,
  fault: EdgeminerError,
  options: WorkerOptions,
  signal: AbortSignal,
): Promise<void> {
  const letter = { origin: delivery.origin, raw: delivery.raw, fault, attempts: 1 };
  await retrying(() => options.deadLetters.send(letter), options, signal);
  delivery.acknowledge();
  options.observer.deadLettered(fault.code);
  options.observer.eventSettled(event?.modelName, 'dead_letter');
}

function retrying<T>(work: () => Promise<T>, options: WorkerOptions, signal: AbortSignal) {
  return untilItWorks(work, options.retry, signal, (code) => options.observer.retried(code));
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
