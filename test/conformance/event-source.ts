import { expect, it } from 'vitest';
import type { Delivery, EventSource } from '../../src/event/event-source.js';
import type { InferenceEvent } from '../../src/event/inference-event.js';
import { eventId, modelName, modelVersion, sourceId } from '../../src/ids.js';

/** A record to be put in the input of a source. */
export type InputRecord =
  | { readonly kind: 'event'; readonly event: InferenceEvent }
  /** Whatever can't be read as an event, in the way of this input. */
  | { readonly kind: 'broken' };

export interface EventSourceUnderTest {
  /**
   * Makes an input of one stream that holds these records in this order, and opens a source on
   * it. The suite closes the source; `onTestFinished` is the place to remove the input.
   */
  open(records: readonly InputRecord[]): Promise<EventSource>;
  /** False for a source that waits for more at the end of its input. */
  readonly finite: boolean;
  /** Whether the input can give `event` back in full, or only its id and image. */
  readonly carries: 'whole events' | 'images';
  /** Whether the records have bytes for the dead letters. */
  readonly raw: boolean;
}

/** The obligations of the EventSource port. Call it inside a `describe`. */
export function eventSourceSuite(place: EventSourceUnderTest): void {
  /** The first `count` deliveries; then the iteration is ended by the signal. */
  async function take(source: EventSource, count: number): Promise<Delivery[]> {
    const stop = new AbortController();
    const taken: Delivery[] = [];
    for await (const delivery of source.deliveries(stop.signal)) {
      taken.push(delivery);
      if (taken.length === count) stop.abort();
    }
    return taken;
  }

  const idOf = async (delivery: Delivery): Promise<string> => {
    const reading = await delivery.read();
    return reading.kind === 'event' ? reading.event.eventId : reading.fault.code;
  };

  it('delivers the records in their order, with rising offsets', async () => {
    const events = sampleEvents(250);
    const source = await place.open(events.map((event) => ({ kind: 'event', event })));
    const taken = await take(source, events.length);
    expect(await Promise.all(taken.map(idOf))).toEqual(events.map((event) => event.eventId));
    const offsets = taken.map(({ origin }) => Number(origin.offset));
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    expect(new Set(offsets).size).toBe(events.length);
    expect(new Set(taken.map(({ origin }) => origin.stream)).size).toBe(1);
    expect(taken.every(({ revoked }) => !revoked)).toBe(true);
    for (const delivery of taken) delivery.acknowledge();
    await source.close();
  });

  it('reads each event as it was written, as often as asked', async () => {
    const events = sampleEvents(3);
    const source = await place.open(events.map((event) => ({ kind: 'event', event })));
    const taken = await take(source, events.length);
    for (const [index, delivery] of taken.entries()) {
      const [first, second] = [await delivery.read(), await delivery.read()];
      expect(second).toEqual(first);
      if (first.kind !== 'event') throw first.fault;
      const expected = events[index];
      if (place.carries === 'whole events') expect(plain(first.event)).toEqual(plain(expected));
      else expect(plain(first.event.image)).toEqual(plain(expected?.image));
      delivery.acknowledge();
    }
    await source.close();
  });

  it('gives a broken record as an unreadable reading and goes on', async () => {
    const [one, two, three] = sampleEvents(3).map((event) => ({ kind: 'event', event }) as const);
    if (one === undefined || two === undefined || three === undefined) throw new Error('no sample');
    const broken = { kind: 'broken' } as const;
    const source = await place.open([broken, one, broken, broken, two, three, broken]);
    const taken = await take(source, 7);
    const readings = await Promise.all(taken.map((delivery) => delivery.read()));
    expect(readings.map(({ kind }) => kind)).toEqual([
      ...['unreadable', 'event', 'unreadable', 'unreadable', 'event', 'event', 'unreadable'],
    ]);
    for (const [index, reading] of readings.entries()) {
      if (reading.kind === 'event') continue;
      expect(reading.fault.kind).toBe('data');
      const { raw } = taken[index] ?? {};
      if (place.raw) expect(raw?.value?.length).toBeGreaterThan(0);
      else expect(raw).toBeUndefined();
    }
    for (const delivery of taken) delivery.acknowledge();
    await source.close();
  });

  it('takes acknowledgements in any order, twice, and after the iteration has ended', async () => {
    const events = sampleEvents(20);
    const source = await place.open(events.map((event) => ({ kind: 'event', event })));
    const taken = await take(source, events.length);
    for (const delivery of [...taken.reverse(), ...taken]) delivery.acknowledge();
    await source.close();
  });

  it('delivers nothing once its signal is aborted', async () => {
    const source = await place.open([{ kind: 'event', event: sampleEvent(0) }]);
    const stopped = AbortSignal.abort();
    expect(await source.deliveries(stopped)[Symbol.asyncIterator]().next()).toMatchObject({
      done: true,
    });
    await source.close();
  });

  it('ends soon after its signal aborts, though the consumer is slow to ask', async () => {
    const events = sampleEvents(200);
    const source = await place.open(events.map((event) => ({ kind: 'event', event })));
    const stop = new AbortController();
    let seen = 0;
    for await (const delivery of source.deliveries(stop.signal)) {
      seen += 1;
      delivery.acknowledge();
      if (seen === 5) {
        stop.abort();
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    // A source may have handed out a little more by then, not go on to the end.
    expect(seen).toBeLessThan(events.length / 2);
    await source.close();
  });

  it('may be left in the middle', async () => {
    const events = sampleEvents(20);
    const source = await place.open(events.map((event) => ({ kind: 'event', event })));
    for await (const delivery of source.deliveries(new AbortController().signal)) {
      delivery.acknowledge();
      break;
    }
    await source.close();
  });

  it.runIf(place.finite)('ends with its input, also where that is empty', async () => {
    for (const count of [0, 1, 70]) {
      const events = sampleEvents(count);
      const source = await place.open(events.map((event) => ({ kind: 'event', event })));
      let seen = 0;
      for await (const delivery of source.deliveries(new AbortController().signal)) {
        seen += 1;
        delivery.acknowledge();
      }
      expect(seen).toBe(count);
      await source.close();
    }
  });

  it('closes twice, also where nothing was read', async () => {
    const source = await place.open([{ kind: 'event', event: sampleEvent(0) }]);
    await source.close();
    await expect(source.close()).resolves.toBeUndefined();
  });
}

/** Events whose ids sort in their order. */
function sampleEvents(count: number): InferenceEvent[] {
  return Array.from({ length: count }, (_, index) => sampleEvent(index));
}

function sampleEvent(index: number): InferenceEvent {
  return {
    eventId: eventId(`${String(index).padStart(6, '0')}.jpg`),
    occurredAt: Date.UTC(2026, 0, 1) + index,
    modelName: modelName('shop'),
    modelVersion: modelVersion('1.0'),
    sourceId: sourceId('camera ü'),
    image: { kind: 'inline', bytes: Uint8Array.of(0xff, 0xd8, index & 0xff, index >> 8) },
    predictions: { kind: 'classification', classes: ['cat', 'dog'], probabilities: [0.25, 0.75] },
    embedding: Float32Array.of(index, 0.5),
    tags: { lane: String(index % 3) },
  };
}

/** Buffers and arrays of bytes alike. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => {
      if (inner instanceof Uint8Array || inner instanceof Float32Array) return Array.from(inner);
      if (typeof inner !== 'object' || inner === null || !('type' in inner)) return inner;
      // JSON.stringify has already asked a Buffer for its own form.
      return inner.type === 'Buffer' && 'data' in inner ? inner.data : inner;
    }),
  );
}
