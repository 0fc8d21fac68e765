import { readJsonEvent } from '../event/json-event.js';
import { EdgeminerError, isEdgeminerError, messageOf } from '../faults.js';
import type { EventIntake, IntakeOutcome } from './event-intake.js';
import { InFlight } from './in-flight.js';
import type { Place } from './in-flight.js';
import type { MiningObserver } from './mining-observer.js';
import { mineEvent } from './pipeline.js';
import type { Stations } from './pipeline.js';
import { SourceLanes } from './source-lanes.js';
import { tellOfMined } from './tell-of-mined.js';

export interface LocalIntakeOptions {
  readonly stations: Stations;
  readonly limits: { readonly maxCount: number; readonly maxBytes: number };
  readonly observer: MiningObserver;
}

/** Mines each event as it arrives, in this process: the embedded default, without Kafka. */
export function createLocalIntake({ stations, limits, observer }: LocalIntakeOptions): EventIntake {
  const lanes = new SourceLanes();
  const inFlight = new InFlight(limits, (count, bytes) => observer.inFlight(count, bytes));
  const open = new Set<Promise<unknown>>();
  const closing = new AbortController();

  async function mine(body: Uint8Array, place: Place): Promise<IntakeOutcome> {
    const reading = readJsonEvent(body);
    if (reading.kind === 'unreadable') return { kind: 'rejected', fault: reading.fault };
    const { event } = reading;
    const lane = lanes.enter(JSON.stringify([event.modelName, event.sourceId]));
    const frame = stations.frames.follow(event);
    try {
      const mined = await mineEvent(event, { lane, frame }, stations, {
        signal: closing.signal,
        makeRoom: (bytes) => place.resize(body.byteLength + bytes),
      });
      tellOfMined(mined, observer);
      return { kind: 'accepted', eventId: event.eventId, mined };
    } catch (error) {
      if (!isEdgeminerError(error)) throw unexpected(error);
      if (error.kind !== 'data') {
        observer.retried(error.code);
        return { kind: 'busy' };
      }
      observer.eventSettled(event.modelName, 'dead_letter');
      return { kind: 'rejected', fault: error };
    } finally {
      frame.leave();
      lane.leave();
    }
  }

  return {
    async accept(body) {
      const place = closing.signal.aborted ? undefined : inFlight.tryEnter(body.byteLength);
      if (place === undefined) return { kind: 'busy' };
      const work = mine(body, place).finally(() => {
        place.leave();
        open.delete(work);
      });
      open.add(work);
      return work;
    },
    async close() {
      closing.abort();
      await Promise.allSettled(open);
    },
  };
}

function unexpected(error: unknown): EdgeminerError {
  return new EdgeminerError('event.failed', `unexpected error: ${messageOf(error)}`, {
    mend: 'Report it with the stack trace in the log.',
    cause: error,
  });
}
