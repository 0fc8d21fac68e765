import { ContiguousPrefix } from './contiguous-prefix.js';

/** What is handed out and not yet acknowledged stays within these. */
export interface WindowLimits {
  readonly maxCount: number;
  /** One record may always be out, however large. */
  readonly maxBytes: number;
}

export interface Sized {
  /** Of key and value. */
  readonly bytes: number;
}

/** A record in somebody's hands. */
export interface HandedOut<R> {
  readonly record: R;
  readonly revoked: boolean;
  acknowledge(): void;
}

/** The records of one fetch from one partition, while they are dealt with. */
export interface OpenBatch {
  /** Resolves once all records are acknowledged, or the batch is revoked. */
  readonly settled: Promise<void>;
  /** Takes back what was not handed out, and forgets the rest: its acknowledgements are void. */
  revoke(): void;
}

/**
 * Between the batches that Kafka hands over and the one who asks for records: hands them out one
 * by one, a record from each open batch in turn, no more at once than the limits allow. It knows
 * nothing of Kafka.
 */
export class DeliveryWindow<R extends Sized> {
  private readonly limits: WindowLimits;
  private readonly open = new Set<Batch<R>>();
  /** Open batches with records left, the next in turn first. */
  private readonly turns: Batch<R>[] = [];
  private readonly waiting = new Set<() => void>();
  private count = 0;
  private bytes = 0;
  private ended: { readonly fault: Error | undefined } | undefined;

  constructor(limits: WindowLimits) {
    this.limits = limits;
  }

  /** `onPrefix` hears the last record of the run from the first that are all acknowledged. */
  openBatch(records: readonly R[], onPrefix: (last: R) => void): OpenBatch {
    const batch = new Batch(records, {
      onPrefix,
      onReleased: (count, bytes) => this.release(count, bytes),
      onSettled: () => this.open.delete(batch),
    });
    if (this.ended !== undefined) batch.revoke();
    else if (records.length === 0) batch.revoke();
    else {
      this.open.add(batch);
      this.turns.push(batch);
      this.wakeAll();
    }
    return batch;
  }

  /** The next record; undefined once the signal is aborted or the window ended. */
  async next(signal: AbortSignal): Promise<HandedOut<R> | undefined> {
    for (;;) {
      if (this.ended?.fault !== undefined) throw this.ended.fault;
      if (this.ended !== undefined || signal.aborted) return undefined;
      const handed = this.take();
      if (handed !== undefined) return handed;
      await this.changed(signal);
    }
  }

  revokeAll(): void {
    for (const batch of this.open) batch.revoke();
  }

  /** Hands out no more; with a fault, whoever asks gets it. What is out may be acknowledged. */
  end(fault?: Error): void {
    this.ended ??= { fault };
    this.wakeAll();
  }

  private take(): HandedOut<R> | undefined {
    for (let batch = this.turns[0]; batch !== undefined; batch = this.turns[0]) {
      const record = batch.upcoming;
      if (record === undefined) {
        this.turns.shift();
        continue;
      }
      const fits =
        this.count === 0 ||
        (this.count < this.limits.maxCount && this.bytes + record.bytes <= this.limits.maxBytes);
      if (!fits) return undefined;
      this.turns.shift();
      this.turns.push(batch);
      this.count += 1;
      this.bytes += record.bytes;
      return batch.handOut(record);
    }
    return undefined;
  }

  private release(count: number, bytes: number): void {
    this.count -= count;
    this.bytes -= bytes;
    this.wakeAll();
  }

  private changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  private wakeAll(): void {
    for (const wake of this.waiting) wake();
  }
}

interface BatchEvents<R> {
  readonly onPrefix: (last: R) => void;
  readonly onReleased: (count: number, bytes: number) => void;
  readonly onSettled: () => void;
}

class Batch<R extends Sized> implements OpenBatch {
  readonly settled: Promise<void>;
  private readonly records: readonly R[];
  private readonly events: BatchEvents<R>;
  private readonly prefix = new ContiguousPrefix();
  private readonly out = new Map<number, R>();
  private position = 0;
  private revoked = false;
  private settle: () => void = () => undefined;

  constructor(records: readonly R[], events: BatchEvents<R>) {
    this.records = records;
    this.events = events;
    this.settled = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  get upcoming(): R | undefined {
    return this.revoked ? undefined : this.records[this.position];
  }

  handOut(record: R): HandedOut<R> {
    const position = this.position;
    this.position += 1;
    this.out.set(position, record);
    const isRevoked = () => this.revoked;
    return {
      record,
      get revoked() {
        return isRevoked();
      },
      acknowledge: () => this.acknowledge(position),
    };
  }

  revoke(): void {
    if (this.revoked || this.isComplete()) return;
    this.revoked = true;
    const left = [...this.out.values()];
    this.out.clear();
    this.events.onReleased(
      left.length,
      left.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    this.finish();
  }

  private acknowledge(position: number): void {
    const record = this.out.get(position);
    if (record === undefined) return;
    this.out.delete(position);
    if (this.prefix.add(position)) {
      const last = this.records[this.prefix.length - 1];
      if (last !== undefined) this.events.onPrefix(last);
    }
    this.events.onReleased(1, record.bytes);
    if (this.isComplete()) this.finish();
  }

  private isComplete(): boolean {
    return this.records.length > 0 && this.prefix.length === this.records.length;
  }

  private finish(): void {
    this.events.onSettled();
    this.settle();
  }
}
