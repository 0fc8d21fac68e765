import { readCloudEvent } from '../event/cloud-event.js';
import type { CloudEvent } from '../event/cloud-event.js';
import { noContext } from '../event/event-map.js';
import type { EventReader } from '../event/event-reader.js';
import type { Delivery, EventSource, Reading } from '../event/event-source.js';
import { kserveDocuments, kserveTypes } from '../event/kserve.js';
import { EdgeminerError } from '../faults.js';
import { PairingWindow } from './pairing-window.js';
import type { Half, PairingLimits } from './pairing-window.js';

export interface PairingOptions {
  /** Makes the event of one instance; its document is a KserveDocument. */
  readonly reader: EventReader;
  readonly limits: PairingLimits;
  /** Milliseconds, from any start. */
  readonly now: () => number;
  /** A request whose response did not come in time; it is mined without predictions. */
  readonly onAlone: (id: string) => void;
}

/** A half as it was delivered. */
interface Delivered {
  readonly delivery: Delivery;
  readonly event: CloudEvent;
}

interface OpenPair {
  readonly deliveries: Delivery[];
  readonly isRevoked: () => boolean;
}

/** Ids whose events are settled, so that a late copy of a half is not taken for a new one. */
const rememberedIds = 10_000;

/**
 * A source whose records are KServe's requests and responses, as a source of events: one for each
 * instance of a request, with the prediction for it. A record stays unacknowledged until all
 * events of its pair are settled, so a crash between the halves loses nothing. A response that
 * stays alone holds no image: it becomes an unreadable delivery (`event.unpaired`). Records
 * are revoked all at once, as by a rebalance. Whoever opened the inner source closes this one
 * instead.
 */
export function pairRequestsWithResponses(
  source: EventSource,
  { reader, limits, now, onAlone }: PairingOptions,
): EventSource {
  const window = new PairingWindow<Delivered>(limits);
  const settled = new RecentIds(rememberedIds);
  /** Pairs whose events are being worked on. */
  const open = new Map<string, OpenPair>();

  function* take(delivery: Delivery): Generator<Delivery> {
    const reading = delivery.raw === undefined ? undefined : readCloudEvent(delivery.raw);
    if (reading === undefined) return;
    if (reading.kind === 'unreadable') {
      yield unreadable([delivery], reading.fault);
      return;
    }
    const { event } = reading;
    const { id = '', type } = event.attributes;
    const role = roleOf(type);
    if (role === undefined) {
      // Other events on the same topic (feedback, explanations) are none of ours.
      delivery.acknowledge();
      return;
    }
    if (settled.has(id)) {
      delivery.acknowledge();
      return;
    }
    const pair = open.get(id);
    if (pair !== undefined && !pair.isRevoked()) {
      // A late copy is settled along with its pair.
      pair.deliveries.push(delivery);
      return;
    }
    const bytes = delivery.raw?.value?.byteLength ?? 0;
    const half: Half<Delivered> = { id, role, bytes, items: [{ delivery, event }] };
    const other = window.add(half, now());
    if (other !== undefined && isTakenAway(other)) {
      // It will be delivered again, here or elsewhere; this half waits for that.
      window.add(half, now());
    } else if (other !== undefined) {
      yield* role === 'request' ? deliver(half, other) : deliver(other, half);
    }
  }

  /** The events of a request. */
  function* deliver(
    request: Half<Delivered>,
    response: Half<Delivered> | undefined,
  ): Generator<Delivery> {
    const halves = response === undefined ? [request] : [request, response];
    const deliveries = halves.flatMap(({ items }) => items.map(({ delivery }) => delivery));
    // A copy that was taken away does not take the others with it.
    const isRevoked = () => halves.some(isTakenAway);
    if (isRevoked()) return;
    if (response !== undefined) open.set(request.id, { deliveries, isRevoked });
    const documents = kserveDocuments(request.items[0].event, response?.items[0].event);
    let left = documents.length;
    const acknowledgeAll = () => {
      left -= 1;
      if (left > 0) return;
      open.delete(request.id);
      if (response !== undefined && !isRevoked()) settled.add(request.id);
      for (const delivery of deliveries) delivery.acknowledge();
    };
    if (documents.length === 0) {
      left = 1;
      acknowledgeAll();
    }
    for (const document of documents) {
      const read = async () => reader(document, noContext);
      yield joined(deliveries, isRevoked, read, acknowledgeAll);
    }
  }

  function* alone(half: Half<Delivered>): Generator<Delivery> {
    if (half.role === 'request') {
      onAlone(half.id);
      yield* deliver(half, undefined);
      return;
    }
    const deliveries = half.items.map(({ delivery }) => delivery);
    if (isTakenAway(half)) return;
    yield unreadable(
      deliveries,
      new EdgeminerError('event.unpaired', `the response ${half.id} came without its request`, {
        field: 'id',
        mend: 'Send both to the same partition; widen events.window if requests come late.',
      }),
    );
  }

  async function* deliveries(signal: AbortSignal): AsyncGenerator<Delivery, void, undefined> {
    const iterator = source.deliveries(signal)[Symbol.asyncIterator]();
    let upcoming: Promise<IteratorResult<Delivery>> | undefined;
    for (;;) {
      upcoming ??= iterator.next();
      const { nextExpiry } = window;
      const next = await until(upcoming, nextExpiry === undefined ? undefined : nextExpiry - now());
      if (next !== 'late') {
        upcoming = undefined;
        if (next.done === true) break;
        yield* take(next.value);
      }
      for (const half of window.letGo(now())) yield* alone(half);
    }
    const rest = window.letAllGo();
    // At the end of a finite input nothing more can come; after an abort all comes again.
    if (!signal.aborted) for (const half of rest) yield* alone(half);
  }

  return { deliveries, backlog: () => source.backlog(), close: () => source.close() };
}

function roleOf(type: string | undefined): Half<unknown>['role'] | undefined {
  if (type === kserveTypes.request) return 'request';
  return type === kserveTypes.response ? 'response' : undefined;
}

function joined(
  deliveries: readonly Delivery[],
  isRevoked: () => boolean,
  read: () => Promise<Reading>,
  acknowledge: () => void,
): Delivery {
  const [first] = deliveries;
  if (first === undefined) throw new TypeError('a pair without deliveries');
  let done = false;
  return {
    origin: first.origin,
    raw: first.raw,
    get revoked() {
      return isRevoked();
    },
    read,
    acknowledge: () => {
      if (!done) acknowledge();
      done = true;
    },
  };
}

function unreadable(deliveries: readonly Delivery[], fault: EdgeminerError): Delivery {
  const [first] = deliveries;
  if (first === undefined) throw new TypeError('nothing was delivered');
  return {
    origin: first.origin,
    raw: first.raw,
    get revoked() {
      return deliveries.every(({ revoked }) => revoked);
    },
    read: async () => ({ kind: 'unreadable', fault }),
    acknowledge: () => deliveries.forEach((delivery) => delivery.acknowledge()),
  };
}

function isTakenAway({ items }: Half<Delivered>): boolean {
  return items.every(({ delivery }) => delivery.revoked);
}

/** The result, or `late` where it takes longer than so many milliseconds. */
async function until<T>(work: Promise<T>, ms: number | undefined): Promise<T | 'late'> {
  if (ms === undefined) return work;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), Math.max(0, ms));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The newest so many ids. */
class RecentIds {
  private readonly ids = new Set<string>();
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  add(id: string): void {
    this.ids.delete(id);
    this.ids.add(id);
    if (this.ids.size <= this.most) return;
    for (const oldest of this.ids) {
      this.ids.delete(oldest);
      return;
    }
  }
}
