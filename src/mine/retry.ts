import pRetry from 'p-retry';
import { isEdgeminerError } from '../faults.js';
import type { EdgeminerError, FaultCode } from '../faults.js';

export interface RetryPlan {
  /** Waits grow from this, doubling, with jitter, in milliseconds. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
}

export interface RetryOptions {
  readonly plan: RetryPlan;
  readonly signal: AbortSignal;
  /** Asked before each further try; once false, the last error is thrown. */
  readonly isWanted: () => boolean;
  readonly onRetry: (code: FaultCode) => void;
}

/**
 * Tries until it succeeds, while what fails is infrastructure: an outage is waited out, never
 * given up on. Any other error is thrown at once. Ends early, by throwing, when `signal` aborts.
 */
export async function untilItWorks<T>(
  work: () => Promise<T>,
  { plan, signal, isWanted, onRetry }: RetryOptions,
): Promise<T> {
  let first: { readonly error: unknown } | undefined;
  try {
    return await work();
  } catch (error) {
    if (!isOutage(error)) throw error;
    first = { error };
  }
  // Nearly everything works at once, and is spared the machinery.
  return pRetry(
    async () => {
      if (first === undefined) return work();
      const { error } = first;
      first = undefined;
      throw error;
    },
    {
      retries: Number.POSITIVE_INFINITY,
      factor: 2,
      minTimeout: plan.firstWaitMs,
      maxTimeout: plan.longestWaitMs,
      randomize: true,
      signal,
      shouldRetry: ({ error }) => isOutage(error) && isWanted(),
      onFailedAttempt: ({ error }) => {
        if (isOutage(error)) onRetry(error.code);
      },
    },
  );
}

function isOutage(error: unknown): error is EdgeminerError {
  return isEdgeminerError(error) && error.retriable;
}
