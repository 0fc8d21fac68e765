/**
 * Lets the events of one source into the queue in the order in which they came, while the work
 * before that goes on in parallel. Near-duplicates are found among earlier candidates of the
 * same source, so without this the same stream could queue different pictures on each run.
 */
export class SourceLanes {
  private readonly ends = new Map<string, Promise<void>>();

  /** Takes the next place in the source's lane. Call in the order of the stream. */
  enter(source: string): Lane {
    const before = this.ends.get(source) ?? Promise.resolve();
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const end = before.then(() => left);
    this.ends.set(source, end);
    void end.then(() => {
      if (this.ends.get(source) === end) this.ends.delete(source);
    });
    return { turn: before, leave };
  }
}

export interface Lane {
  /** Resolves once all that came before have left. */
  readonly turn: Promise<void>;
  /** Must be called, whatever happened; idempotent. */
  leave(): void;
}
