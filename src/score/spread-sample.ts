/**
 * Values evenly spread over a stream of unknown length, `most` at most: every one, then every
 * second, every fourth and so on. The same stream gives the same sample.
 */
export class SpreadSample<T> {
  private kept: T[] = [];
  private stride = 1;
  private seen = 0;
  private readonly most: number;

  /** @param most 2 or more. */
  constructor(most: number) {
    this.most = most;
  }

  /** `make` is called where the value gets in. */
  offer(make: () => T): void {
    if (this.seen % this.stride === 0) this.kept.push(make());
    this.seen += 1;
    if (this.kept.length <= this.most) return;
    this.kept = this.kept.filter((_, at) => at % 2 === 0);
    this.stride *= 2;
  }

  /** In the order of the stream. */
  values(): readonly T[] {
    return this.kept;
  }
}
