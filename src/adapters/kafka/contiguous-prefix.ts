/**
 * Which positions from 0 on are done without a gap, each with a value. Positions are done in any
 * order; what stands behind a gap waits for it, so that everything below `length` is done for
 * certain.
 */
export class ContiguousPrefix<T> {
  private readonly beyond = new Map<number, T>();
  private end = 0;
  private lastValue: T | undefined;

  /** Positions 0 to `length - 1` are all done. */
  get length(): number {
    return this.end;
  }

  /** The value of position `length - 1`; undefined while the prefix is empty. */
  get last(): T | undefined {
    return this.lastValue;
  }

  /** Marks a position, 0 or more; marking it again changes nothing. Answers whether it grew. */
  add(position: number, value: T): boolean {
    if (position < this.end || this.beyond.has(position)) return false;
    this.beyond.set(position, value);
    const before = this.end;
    for (let next = this.beyond.get(this.end); this.beyond.delete(this.end);) {
      this.lastValue = next;
      this.end += 1;
      next = this.beyond.get(this.end);
    }
    return this.end > before;
  }
}
