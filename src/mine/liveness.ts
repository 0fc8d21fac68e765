import type { Backlog } from '../event/event-source.js';

export interface LivenessOptions {
  readonly backlog: () => readonly Backlog[];
  /** Milliseconds, from any start; never goes back. */
  readonly now: () => number;
  readonly stalledAfterMs: number;
}

export interface Liveness {
  /** Something was settled, or an outage is being waited out: a restart would not help. */
  progressed(): void;
  /** Asked by the orchestrator now and then. */
  check(): { readonly alive: boolean; readonly detail: string };
}

/**
 * A worker lives as long as it gets on while there is something to do. kafkajs can stop
 * consuming without a word, and a process that answers proves nothing. Not alive is: records have
 * waited all the time, and for so long nothing was settled, retried or joined again.
 */
export function watchLiveness({ backlog, now, stalledAfterMs }: LivenessOptions): Liveness {
  let progress = now();
  /** Since when every look has found something to do. */
  let busySince: number | undefined;
  return {
    progressed() {
      progress = now();
    },
    check() {
      const at = now();
      const lag = backlog().reduce((sum, each) => sum + each.lag, 0);
      busySince = lag > 0 ? (busySince ?? at) : undefined;
      if (busySince === undefined) return { alive: true, detail: 'nothing to do' };
      const still = at - Math.max(progress, busySince);
      const seconds = (still / 1000).toFixed(0);
      return still < stalledAfterMs
        ? { alive: true, detail: `${lag} records to do, the last progress ${seconds} s ago` }
        : { alive: false, detail: `${lag} records to do, and nothing done for ${seconds} s` };
    },
  };
}
