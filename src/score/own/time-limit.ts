/**
 * Milliseconds that a score of one's own has for one picture: a thousand times what it should take,
 * so that a busy machine is not taken for a score without an end.
 */
export const measureLimitMs = 10_000;

/** Milliseconds to load in. Less than what a process that was asked to end has left (main.ts). */
export const loadLimitMs = 20_000;

/** No answer came in time. What is asked may still be at it. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
}

/**
 * What `work` gives. Nothing is ended where it is late: whoever asked does that.
 * @param late What a sentence says of what is late, without a full stop.
 * @throws OutOfTime
 */
export async function withinTime<T>(
  work: Promise<T>,
  limitMs: number,
  late: (limit: string) => string,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new OutOfTime(late(`${limitMs / 1000} s`))), limitMs);
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
  }
}
