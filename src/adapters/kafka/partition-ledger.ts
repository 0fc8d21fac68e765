import { ContiguousPrefix } from './contiguous-prefix.js';

/** A record as far as the books of its partition go. */
export interface Fetched {
  /** Of key and value. */
  readonly bytes: number;
  /** The offset to read on from, once this record and all before it are dealt with. */
  readonly next: bigint;
}

/**
 * The books of one partition, from joining the group to the next rebalance: what was fetched and
 * waits, what is out, and how far all is settled without a gap. Of what is settled behind a gap
 * only the offset is kept.
 */
export class PartitionLedger<R extends Fetched> {
  readonly partition: number;
  private waiting: (R | undefined)[] = [];
  /** Where `waiting` begins: taking from the front of an array would copy it. */
  private head = 0;
  private waitingSize = 0;
  private handedOut = 0;
  private readonly prefix = new ContiguousPrefix<bigint>();
  /** By position, and so the oldest first. */
  private readonly out = new Map<number, { readonly bytes: number; readonly since: number }>();

  constructor(partition: number) {
    this.partition = partition;
  }

  get upcoming(): R | undefined {
    return this.waiting[this.head];
  }

  get waitingCount(): number {
    return this.waiting.length - this.head;
  }

  get waitingBytes(): number {
    return this.waitingSize;
  }

  /** How many records lie between the first that is not settled and the last handed out. */
  get span(): number {
    return this.handedOut - this.prefix.length;
  }

  /** The offset that may be committed; undefined before the first record is settled. */
  get settled(): bigint | undefined {
    return this.prefix.last;
  }

  /** When the oldest record that is out was handed out. */
  get oldestSince(): number | undefined {
    for (const { since } of this.out.values()) return since;
    return undefined;
  }

  add(records: readonly R[]): void {
    this.waiting = [...this.waiting.slice(this.head), ...records];
    this.head = 0;
    for (const { bytes } of records) this.waitingSize += bytes;
  }

  /** Takes `upcoming`; answers its position. */
  handOut(record: R, now: number): number {
    // What was handed out is held by its receiver only.
    this.waiting[this.head] = undefined;
    this.head += 1;
    this.waitingSize -= record.bytes;
    const position = this.handedOut;
    this.handedOut += 1;
    this.out.set(position, { bytes: record.bytes, since: now });
    return position;
  }

  /** Answers the bytes that are no longer out; undefined if the position was not. */
  settle(position: number, next: bigint): number | undefined {
    const held = this.out.get(position);
    if (held === undefined) return undefined;
    this.out.delete(position);
    this.prefix.add(position, next);
    return held.bytes;
  }
}
