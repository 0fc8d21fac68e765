import { PartitionLedger } from './partition-ledger.js';
import type { Fetched } from './partition-ledger.js';

export interface WindowLimits {
  /** Records that are handed out and not yet acknowledged. */
  readonly maxCount: number;
  /** Bytes of those; one record may always be out, however large. */
  readonly maxBytes: number;
}

export interface WindowOptions {
  readonly limits: WindowLimits;
  /** Milliseconds, from any start. */
  readonly now: () => number;
}

/**
 * While one record takes long, so many of its partition may be handed out after it. None of them
 * can be committed, and a crash has them all delivered again.
 */
const maxSpan = 10_000;
/**
 * The next fetch begins when less than this waits: enough to work on while it is under way, and
 * all that is held beside one fetch's answer and what is out.
 */
const enough = { bytes: 4 * 1024 * 1024, count: 4096 };

/** A record in somebody's hands. */
export interface HandedOut<R> {
  readonly record: R;
  readonly isRevoked: () => boolean;
  readonly acknowledge: () => void;
}

/** The state of one partition's books. */
export interface Standing {
  readonly partition: number;
  /** The offset that may be committed; undefined before the first record is settled. */
  readonly settled: bigint | undefined;
  /** How long the oldest record that is out has been; 0 where none is. Milliseconds. */
  readonly oldestMs: number;
  /** True while the partition may hand out nothing, for its span is at its limit. */
  readonly held: boolean;
}

/**
 * Between what Kafka fetches and the one who asks for records: hands them out one by one, a
 * record of each partition in turn, no more at once than the limits allow, and keeps each
 * partition's books. Fetching need not wait for what is out, only for what was not handed out
 * yet. It knows nothing of Kafka.
 */
export class DeliveryWindow<R extends Fetched> {
  private readonly limits: WindowLimits;
  private readonly now: () => number;
  private ledgers = new Map<number, PartitionLedger<R>>();
  /** Partitions that may hand out, the next in turn first. */
  private turns: PartitionLedger<R>[] = [];
  /** Those who wait for a record. */
  private readonly asking = new Set<() => void>();
  /** Those who wait to fetch. */
  private readonly fetching = new Set<() => void>();
  private count = 0;
  private bytes = 0;
  private ended: { readonly fault: Error | undefined } | undefined;

  constructor({ limits, now }: WindowOptions) {
    this.limits = limits;
    this.now = now;
  }

  /** Takes what was fetched of one partition, in its order, right after what came before. */
  add(partition: number, records: readonly R[]): void {
    if (this.ended !== undefined || records.length === 0) return;
    let ledger = this.ledgers.get(partition);
    if (ledger === undefined) {
      ledger = new PartitionLedger(partition);
      this.ledgers.set(partition, ledger);
    }
    ledger.add(records);
    this.queueUp(ledger);
    wakeAll(this.asking);
  }

  /** The next record; undefined once the signal is aborted or the window ended. */
  async next(signal: AbortSignal): Promise<HandedOut<R> | undefined> {
    for (;;) {
      if (this.ended?.fault !== undefined) throw this.ended.fault;
      if (this.ended !== undefined || signal.aborted) return undefined;
      const handed = this.take();
      if (handed !== undefined) return handed;
      await woken(this.asking, signal);
    }
  }

  /** Whether so little waits that the next fetch should begin. Partitions that are held don't count. */
  get hungry(): boolean {
    if (this.ended !== undefined) return false;
    let count = 0;
    let bytes = 0;
    for (const ledger of this.ledgers.values()) {
      if (ledger.span >= maxSpan) continue;
      count += ledger.waitingCount;
      bytes += ledger.waitingBytes;
    }
    return count < enough.count && bytes < enough.bytes;
  }

  /** Resolves when the window may have become hungry, or the signal aborts: look again then. */
  async hungrier(signal: AbortSignal): Promise<void> {
    if (!this.hungry && !signal.aborted) await woken(this.fetching, signal);
  }

  standings(): Standing[] {
    const now = this.now();
    return [...this.ledgers.values()].map((ledger) => ({
      partition: ledger.partition,
      settled: ledger.settled,
      oldestMs: ledger.oldestSince === undefined ? 0 : Math.max(0, now - ledger.oldestSince),
      held: ledger.span >= maxSpan,
    }));
  }

  /** Forgets everything: what waits, and what is out, whose acknowledgements are void. */
  revokeAll(): void {
    this.ledgers = new Map();
    this.turns = [];
    this.count = 0;
    this.bytes = 0;
    wakeAll(this.fetching);
  }

  /** Hands out no more; with a fault, whoever asks gets it. What is out may be acknowledged. */
  end(fault?: Error): void {
    this.ended ??= { fault };
    wakeAll(this.asking);
    wakeAll(this.fetching);
  }

  private take(): HandedOut<R> | undefined {
    for (let ledger = this.turns[0]; ledger !== undefined; ledger = this.turns[0]) {
      const record = ledger.upcoming;
      if (record === undefined || ledger.span >= maxSpan) {
        this.turns.shift();
        continue;
      }
      const fits =
        this.count === 0 ||
        (this.count < this.limits.maxCount && this.bytes + record.bytes <= this.limits.maxBytes);
      if (!fits) return undefined;
      this.turns.shift();
      this.turns.push(ledger);
      this.count += 1;
      this.bytes += record.bytes;
      const handed = this.handOut(ledger, record);
      if (this.fetching.size > 0 && this.hungry) wakeAll(this.fetching);
      return handed;
    }
    return undefined;
  }

  private handOut(ledger: PartitionLedger<R>, record: R): HandedOut<R> {
    const position = ledger.handOut(record, this.now());
    const { next } = record;
    const isRevoked = () => this.ledgers.get(ledger.partition) !== ledger;
    return {
      record,
      isRevoked,
      acknowledge: () => {
        if (isRevoked()) return;
        const bytes = ledger.settle(position, next);
        if (bytes === undefined) return;
        this.count -= 1;
        this.bytes -= bytes;
        this.queueUp(ledger);
        wakeAll(this.asking);
      },
    };
  }

  private queueUp(ledger: PartitionLedger<R>): void {
    const may = ledger.upcoming !== undefined && ledger.span < maxSpan;
    if (may && !this.turns.includes(ledger)) this.turns.push(ledger);
  }
}

function woken(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      waiting.delete(wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    waiting.add(wake);
    signal.addEventListener('abort', wake, { once: true });
  });
}

function wakeAll(waiting: ReadonlySet<() => void>): void {
  for (const wake of [...waiting]) wake();
}
