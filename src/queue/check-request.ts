import { EdgeminerError } from '../faults.js';
import type { LeaseRequest, Page } from './relabel-queue.js';

/** What both adapters refuse, with `input.invalid`, before they ask their store. */

export function checkLease({ limit, expiresAt }: LeaseRequest, now: number): void {
  if (!Number.isInteger(limit) || limit < 1) {
    throw new EdgeminerError('input.invalid', `a batch can't have ${limit} tasks`, {
      field: 'limit',
      mend: 'Ask for a whole number of tasks, 1 or more.',
    });
  }
  checkExpiry(expiresAt, now);
}

/** A lease that is born expired would be claimed by everybody at once. */
export function checkExpiry(expiresAt: number, now: number): void {
  if (Number.isFinite(expiresAt) && expiresAt > now) return;
  throw new EdgeminerError('input.invalid', 'a lease must end after it begins', {
    field: 'expiresAt',
    mend: 'Give a time in milliseconds since 1970 that lies after now.',
  });
}

const longestPage = 1000;

export function checkPage({ limit }: Page): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= longestPage) return;
  throw new EdgeminerError('input.invalid', `a page can't have ${limit} tasks`, {
    field: 'limit',
    mend: `Ask for 1 to ${longestPage} tasks, and for the next page after the last one's id.`,
  });
}
