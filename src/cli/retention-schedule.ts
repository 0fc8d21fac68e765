import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config/load-config.js';
import { applyRetention, retentionClasses } from '../curate/retention.js';
import type { RetentionPolicy, RetentionReport } from '../curate/retention.js';
import { untilItWorks } from '../mine/retry.js';
import type { Logger } from '../telemetry/logger.js';
import type { Stores } from './open-stores.js';

const hour = 60 * 60 * 1000;
/** Servers that start together do not look through the same images at the same moment. */
const longestFirstWait = 10 * 60 * 1000;
const retryPlan = { firstWaitMs: 1000, longestWaitMs: 5 * 60 * 1000 };

export interface RetentionParts {
  readonly stores: Pick<Stores, 'images' | 'eraser' | 'curatedSets'>;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export function retentionPolicy({ retention }: Pick<Config, 'retention'>): RetentionPolicy {
  const { images, curatedSets, graceHours } = retention;
  return { images, curatedSets, grace: graceHours * hour };
}

/**
 * Applies the retention every `retention.everyHours` until it is closed; undefined where that is not
 * set. Several processes may do it at once: each image is removed by one of them. A store that is
 * away is waited for; whatever else goes wrong is logged, and the next turn tries anew.
 */
export function startRetention(
  config: Pick<Config, 'retention'>,
  { stores, logger, now, random }: RetentionParts,
): { close(): Promise<void> } | undefined {
  const { everyHours } = config.retention;
  if (everyHours === undefined) return undefined;
  const everyMs = everyHours * hour;
  const policy = retentionPolicy(config);
  const ending = new AbortController();
  const { signal } = ending;

  async function once(): Promise<void> {
    const report = await untilItWorks(
      () =>
        applyRetention(
          { shelf: stores.images, uses: stores.eraser, sets: stores.curatedSets },
          policy,
          { now: now(), dryRun: false, signal },
        ),
      {
        plan: retryPlan,
        signal,
        isWanted: () => !signal.aborted,
        onRetry: (code) => logger.warn('retention waits for what is away', { code }),
      },
    );
    logger.info('retention was applied', countsOf(report));
  }

  async function run(): Promise<void> {
    await delay(random() * Math.min(everyMs, longestFirstWait), undefined, { signal });
    for (;;) {
      try {
        await once();
      } catch (error) {
        signal.throwIfAborted();
        logger.error('retention was not applied; the next turn tries again', { error });
      }
      await delay(everyMs, undefined, { signal });
    }
  }

  const running = run().catch((error: unknown) => {
    if (!signal.aborted) logger.error('retention is not applied any more', { error });
  });
  return {
    async close() {
      ending.abort();
      await running;
    },
  };
}

function countsOf({ looked, removed, kept }: RetentionReport): Record<string, number> {
  const gone = retentionClasses.map((name) => removed[name]);
  return {
    images: looked.images,
    removed: gone.reduce((sum, { images }) => sum + images, 0),
    removedBytes: gone.reduce((sum, { bytes }) => sum + bytes, 0),
    keptForTasks: kept.tasks.images,
    keptForCuratedSets: kept['curated-sets'].images,
    putNotLongAgo: kept['put-since'].images,
  };
}
