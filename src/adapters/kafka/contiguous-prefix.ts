/**
 * Which positions from 0 on are done without a gap. Positions are done in any order; what stands
 * behind a gap waits for it, so that everything below `length` is done for certain.
 */
export class ContiguousPrefix {
  private readonly beyond = new Set<number>();
  private end = 0;

  /** Positions 0 to `length - 1` are all done. */
  get length(): number {
    return this.end;
  }

  /** Marks a position, 0 or more; marking it again changes nothing. Answers whether it grew. */
  add(position: number): boolean {
    if (position < this.end) return false;
    this.beyond.add(position);
    const before = this.end;
    while (this.beyond.delete(this.end)) this.end += 1;
    return this.end > before;
  }
}
