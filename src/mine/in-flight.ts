/**
 * Bounds what is worked on at once, by number and by bytes. One event may always enter, however
 * large, so that nothing waits for ever.
 */
export class InFlight {
  private count = 0;
  private bytes = 0;
  private readonly waiting: { readonly bytes: number; readonly enter: () => void }[] = [];
  private readonly maxCount: number;
  private readonly maxBytes: number;
  private readonly onChange: (count: number, bytes: number) => void;

  constructor(
    limits: { readonly maxCount: number; readonly maxBytes: number },
    onChange: (count: number, bytes: number) => void,
  ) {
    this.maxCount = limits.maxCount;
    this.maxBytes = limits.maxBytes;
    this.onChange = onChange;
  }

  /** Resolves once there is room, first come, first served. */
  async enter(bytes: number): Promise<void> {
    if (this.waiting.length === 0 && this.fits(bytes)) {
      this.add(1, bytes);
      return;
    }
    await new Promise<void>((resolve) => this.waiting.push({ bytes, enter: resolve }));
  }

  /** Like enter, but answers false instead of waiting. */
  tryEnter(bytes: number): boolean {
    if (this.waiting.length > 0 || !this.fits(bytes)) return false;
    this.add(1, bytes);
    return true;
  }

  /** Gives the room of one event back. */
  leave(bytes: number): void {
    this.add(-1, -bytes);
    for (
      let next = this.waiting[0];
      next !== undefined && this.fits(next.bytes);
      next = this.waiting[0]
    ) {
      this.waiting.shift();
      this.add(1, next.bytes);
      next.enter();
    }
  }

  private fits(bytes: number): boolean {
    return this.count === 0 || (this.count < this.maxCount && this.bytes + bytes <= this.maxBytes);
  }

  private add(count: number, bytes: number): void {
    this.count += count;
    this.bytes += bytes;
    this.onChange(this.count, this.bytes);
  }
}
