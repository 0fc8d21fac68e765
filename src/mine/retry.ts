import pRetry from 'p-retry';
import { isEdgeminerError } from '../faults.js';
import type { FaultCode } from '../faults.js';

export interface RetryPlan {
  /** Waits grow from this, doubling, with jitter, in milliseconds. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
}

/**
 * Tries until it succeeds, while what fails is infrastructure: an outage is waited out, never
 * given up on. Any other error is thrown at once. Ends early, by throwing, when `signal` aborts.
 */
export async function untilItWorks<T>(
  work: () => Promise<T>,
  plan: RetryPlan,
  signal: AbortSignal,
  onRetry: (code: FaultCode) => void,
): Promise<T> {
  return pRetry(work, {
    retries: Number.POSITIVE_INFINITY,
    factor: 2,
    minTimeout: plan.firstWaitMs,
    maxTimeout: plan.longestWaitMs,
    randomize: true,
    signal,
    shouldRetry: ({ error }) => isEdgeminerError(error) && error.retriable,
    onFailedAttempt: ({ error }) => {
      if (isEdgeminerError(error) && error.retriable) onRetry(error.code);
    },
  });
}
