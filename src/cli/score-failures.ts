import type { MiningObserver } from '../mine/mining-observer.js';
import type { OnScoreFailure } from '../score/own/own-scores.js';
import type { OwnSignalName } from '../score/signal.js';
import type { Logger } from '../telemetry/logger.js';

const quietMs = 60_000;

/** Counts each failure, and logs the first of a score and then one a minute at most. */
export function reportFailures(
  observer: Pick<MiningObserver, 'ownScoreFailed'>,
  logger: Logger,
  now: () => number,
): OnScoreFailure {
  const logged = new Map<OwnSignalName, { readonly at: number; since: number }>();
  return (name, problem) => {
    observer.ownScoreFailed(name);
    const last = logged.get(name);
    if (last !== undefined && now() - last.at < quietMs) {
      last.since += 1;
      return;
    }
    logged.set(name, { at: now(), since: 0 });
    logger.error('a score of your own failed; its events go on without it', {
      score: name,
      problem,
      ...(last === undefined ? {} : { failuresSinceLastLine: last.since }),
      mend: `Mend the score; edgeminer score check ${name} tries it on many inputs.`,
    });
  };
}
