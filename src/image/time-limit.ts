/** Time for one piece of work, which may be stopped while it waits for something of ours. */
export interface TimeLimit {
  /** Aborts when the time is over, or when the caller's signal does. */
  readonly signal: AbortSignal;
  /** The clock stands still, and starts anew, around this. */
  paused(wait: () => Promise<void>): Promise<void>;
  end(): void;
}

/** One controller, released at the end: signals joined to a long-lived one would add up. */
export function startTimeLimit(ms: number, reason: () => Error, caller: AbortSignal): TimeLimit {
  const limit = new AbortController();
  const abort = (): void => limit.abort(caller.reason);
  const start = () => setTimeout(() => limit.abort(reason()), ms);
  let timer = start();
  caller.addEventListener('abort', abort, { once: true });
  return {
    signal: limit.signal,
    async paused(wait) {
      clearTimeout(timer);
      await wait();
      limit.signal.throwIfAborted();
      timer = start();
    },
    end() {
      clearTimeout(timer);
      caller.removeEventListener('abort', abort);
    },
  };
}
