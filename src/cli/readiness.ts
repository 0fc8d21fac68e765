import { messageOf } from '../faults.js';
import type { Readiness } from '../http/deps.js';

/** Longest wait for one answer; an orchestrator's probe gives up soon after. Milliseconds. */
const patienceMs = 3000;

/** Asks each dependency; `ending` makes it unready, so that no new work is sent. */
export function readinessOf(
  dependencies: Readonly<Record<string, () => Promise<void>>>,
  ending: AbortSignal,
): () => Promise<Readiness> {
  return async () => {
    const answers = await Promise.all(
      Object.entries(dependencies).map(async ([name, ask]) => [name, await answerOf(ask)] as const),
    );
    const checks = Object.fromEntries(answers);
    const ready = !ending.aborted && answers.every(([, { ok }]) => ok);
    return { ready, checks };
  };
}

async function answerOf(ask: () => Promise<void>): Promise<{ ok: boolean; detail?: string }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${patienceMs / 1000} s`));
    }, patienceMs);
  });
  try {
    await Promise.race([ask(), late]);
    return { ok: true };
  } catch (error) {
    return { ok: false, detail: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
}
