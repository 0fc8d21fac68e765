/** How often a request is sent, and how. */
export interface Patience {
  readonly attempts: number;
  /** Milliseconds. */
  readonly longestWait: number;
  readonly send: (request: Request) => Promise<Response>;
}

/** After the first try; doubled after each, with some chance in it. Milliseconds. */
const firstWait = 500;

/** The code of the one 409 that passes by itself. */
const running = 'request.running';

/**
 * Sends a request until it is answered with something other than "later", or as often as it may.
 * Every request of the API may be repeated, with its Idempotency-Key where it takes one.
 */
export async function sendPatiently(
  request: Request,
  { attempts, longestWait, send }: Patience,
): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const isLast = attempt >= attempts;
    // A body can be read once; the last try may have the original.
    const sent = isLast ? request : request.clone();
    let wait = Math.min(longestWait, firstWait * 2 ** (attempt - 1));
    try {
      const response = await send(sent);
      const asked = Number(response.headers.get('Retry-After') ?? Number.NaN) * 1000;
      if (isLast || asked > longestWait || !(await meansLater(response))) return response;
      await response.body?.cancel();
      if (Number.isFinite(asked)) wait = asked;
      else wait *= 0.5 + Math.random() / 2;
    } catch (error) {
      if (isLast || request.signal.aborted) throw error;
      wait *= 0.5 + Math.random() / 2;
    }
    await pause(wait, request.signal);
  }
}

async function meansLater(response: Response): Promise<boolean> {
  if (response.status === 429 || response.status === 503) return true;
  if (response.status !== 409) return false;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return typeof body === 'object' && body !== null && Reflect.get(body, 'code') === running;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', stop, { once: true });
  });
}
