/** What was found about one thing that edgeminer depends on. */
export interface Finding {
  readonly name: string;
  readonly verdict: Verdict;
  /** One plain sentence, without a full stop. */
  readonly detail: string;
  /** What to do; there for a warning and a failure. */
  readonly mend: string | undefined;
}

/**
 * `warning` works, but not as well as it should or not for long; `skipped` was not looked at, and
 * the detail says why.
 */
export type Verdict = 'ok' | 'warning' | 'failed' | 'skipped';

/** Something to be looked at, which must change nothing that outlasts it. */
export interface Check {
  readonly name: string;
  /** Milliseconds; 10,000 unless told. */
  readonly deadlineMs?: number;
  /**
   * What is thrown becomes a failed finding. `signal` aborts at the deadline: what is held is to
   * be let go then, for nobody waits for it any more.
   */
  readonly run: (signal: AbortSignal) => Promise<readonly Finding[]>;
}

export function ok(name: string, detail: string): Finding {
  return { name, verdict: 'ok', detail, mend: undefined };
}

export function warning(name: string, detail: string, mend: string): Finding {
  return { name, verdict: 'warning', detail, mend };
}

export function failed(name: string, detail: string, mend: string | undefined): Finding {
  return { name, verdict: 'failed', detail, mend };
}

export function skipped(name: string, detail: string, mend?: string): Finding {
  return { name, verdict: 'skipped', detail, mend };
}

const defaultDeadlineMs = 10_000;

/** Runs all of them side by side; their findings in the order of the checks. Never rejects. */
export async function runChecks(checks: readonly Check[]): Promise<Finding[]> {
  return (await Promise.all(checks.map(runCheck))).flat();
}

async function runCheck({ name, deadlineMs = defaultDeadlineMs, run }: Check) {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Finding[]>((resolve) => {
    timer = setTimeout(() => {
      ending.abort();
      const detail = `did not answer within ${deadlineMs / 1000} s`;
      resolve([failed(name, detail, 'Look whether it hangs, or the network to it drops packets.')]);
    }, deadlineMs);
  });
  const found = run(ending.signal).catch((error: unknown) => [failureOf(name, error)]);
  try {
    return await Promise.race([found, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The finding of what was thrown, with its mend if it has one. */
export function failureOf(name: string, error: unknown): Finding {
  const detail = error instanceof Error ? error.message : String(error);
  const mend =
    error instanceof Error && 'mend' in error && typeof error.mend === 'string'
      ? error.mend
      : undefined;
  return failed(name, detail, mend);
}

const clockLimitMs = 5000;

/**
 * How far a remote clock is from this one. `remote` is what it showed between `before` and
 * `after` of this one, in milliseconds; it is exact to `exactTo` milliseconds, upwards.
 */
export function clockFinding(
  what: string,
  { remote, before, after, exactTo }: ClockReading,
): Finding {
  const name = `clock against ${what}`;
  const ahead = remote - after;
  const behind = before - (remote + exactTo);
  const apart = Math.max(0, ahead, behind);
  const seconds = (apart / 1000).toFixed(1);
  if (apart <= clockLimitMs) return ok(name, `at most ${seconds} s beyond what the way explains`);
  return warning(
    name,
    `this machine is ${seconds} s ${ahead > 0 ? 'behind' : 'ahead'}`,
    'Have both keep time (chrony, systemd-timesyncd): leases and lag are measured by these clocks.',
  );
}

export interface ClockReading {
  readonly remote: number;
  readonly before: number;
  readonly after: number;
  readonly exactTo: number;
}
