/**
 * Bounds what is worked on at once, by number and by bytes. One event may always enter, however
 * large, and the one that has been in longest may always grow, so that nothing waits for ever: an
 * event may wait for those that came before it (source-lanes.ts), never for those after it.
 * What is held stays within `maxBytes` and the size of one image.
 */
export class InFlight {
  /** In the order of entering. */
  private readonly inside = new Set<Holder>();
  private readonly entering: Waiting[] = [];
  private readonly growing: Waiting[] = [];
  private bytes = 0;
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
  async enter(bytes: number): Promise<Place> {
    const holder = { bytes };
    if (!this.tryAdmit(holder)) {
      await new Promise<void>((admit) => this.entering.push({ holder, bytes, admit }));
    }
    return this.placeOf(holder);
  }

  /** Like enter, but undefined instead of waiting. */
  tryEnter(bytes: number): Place | undefined {
    const holder = { bytes };
    return this.tryAdmit(holder) ? this.placeOf(holder) : undefined;
  }

  private placeOf(holder: Holder): Place {
    return {
      resize: (bytes) => this.resize(holder, bytes),
      leave: () => this.leave(holder),
    };
  }

  private tryAdmit(holder: Holder): boolean {
    if (this.entering.length > 0 || !this.hasRoomFor(holder.bytes)) return false;
    this.admit(holder);
    return true;
  }

  private admit(holder: Holder): void {
    this.inside.add(holder);
    this.bytes += holder.bytes;
    this.onChange(this.inside.size, this.bytes);
  }

  private async resize(holder: Holder, bytes: number): Promise<void> {
    if (!this.inside.has(holder)) return;
    if (bytes <= holder.bytes) {
      this.hold(holder, bytes);
      this.letIn();
      return;
    }
    if (this.mayGrow(holder, bytes)) this.hold(holder, bytes);
    else await new Promise<void>((admit) => this.growing.push({ holder, bytes, admit }));
  }

  private leave(holder: Holder): void {
    if (!this.inside.delete(holder)) return;
    this.bytes -= holder.bytes;
    this.onChange(this.inside.size, this.bytes);
    const waits = this.growing.findIndex((waiting) => waiting.holder === holder);
    for (const waiting of waits < 0 ? [] : this.growing.splice(waits, 1)) waiting.admit();
    this.letIn();
  }

  private hold(holder: Holder, bytes: number): void {
    this.bytes += bytes - holder.bytes;
    holder.bytes = bytes;
    this.onChange(this.inside.size, this.bytes);
  }

  /** Those inside go first: what they hold is only given back once they are done. */
  private letIn(): void {
    for (let at = 0; at < this.growing.length;) {
      const waiting = this.growing[at];
      if (waiting === undefined || !this.mayGrow(waiting.holder, waiting.bytes)) {
        at += 1;
        continue;
      }
      this.growing.splice(at, 1);
      this.hold(waiting.holder, waiting.bytes);
      waiting.admit();
    }
    for (
      let next = this.entering[0];
      next !== undefined && this.hasRoomFor(next.bytes);
      next = this.entering[0]
    ) {
      this.entering.shift();
      this.admit(next.holder);
      next.admit();
    }
  }

  private hasRoomFor(bytes: number): boolean {
    if (this.inside.size === 0) return true;
    return this.inside.size < this.maxCount && this.bytes + bytes <= this.maxBytes;
  }

  private mayGrow(holder: Holder, bytes: number): boolean {
    const [oldest] = this.inside;
    return holder === oldest || this.bytes - holder.bytes + bytes <= this.maxBytes;
  }
}

/** The room of one event. */
export interface Place {
  /** Sets what the event holds; more is waited for. An event that has left holds nothing. */
  resize(bytes: number): Promise<void>;
  /** Gives the room back; idempotent. */
  leave(): void;
}

interface Holder {
  bytes: number;
}

interface Waiting {
  readonly holder: Holder;
  readonly bytes: number;
  readonly admit: () => void;
}
