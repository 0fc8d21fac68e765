import { readJsonEvent } from '../../event/json-event.js';
import { isEdgeminerError } from '../../faults.js';
import type { EventIntake, IntakeOutcome } from '../../mine/event-intake.js';
import { InFlight } from '../../mine/in-flight.js';
import type { EventPublisher } from './event-publisher.js';

/** Checks an event and hands it to the workers through Kafka, to be mined there. */
export function openKafkaIntake(
  publisher: EventPublisher,
  limits: { readonly maxCount: number; readonly maxBytes: number },
): EventIntake {
  const inFlight = new InFlight(limits, () => undefined);
  const open = new Set<Promise<unknown>>();
  let closing = false;

  async function take(body: Uint8Array): Promise<IntakeOutcome> {
    const reading = readJsonEvent(body);
    if (reading.kind === 'unreadable') return { kind: 'rejected', fault: reading.fault };
    try {
      await publisher.publish(reading.event);
    } catch (error) {
      if (isEdgeminerError(error) && error.retriable) return { kind: 'busy' };
      if (isEdgeminerError(error) && error.kind === 'data') {
        return { kind: 'rejected', fault: error };
      }
      throw error;
    }
    return { kind: 'accepted', eventId: reading.event.eventId, mined: undefined };
  }

  return {
    async accept(body) {
      const place = closing ? undefined : inFlight.tryEnter(body.byteLength);
      if (place === undefined) return { kind: 'busy' };
      const work = take(body).finally(() => {
        place.leave();
        open.delete(work);
      });
      open.add(work);
      return work;
    },
    async close() {
      closing = true;
      await Promise.allSettled(open);
      await publisher.close();
    },
  };
}
