import type { Config } from '../config/load-config.js';
import type { CandidatePublisher } from '../mine/candidate-publisher.js';
import { LastFrames } from '../mine/last-frames.js';
import type { MiningObserver } from '../mine/mining-observer.js';
import type { Stations } from '../mine/pipeline.js';
import type { Logger } from '../telemetry/logger.js';
import { openFetcher } from './open-fetcher.js';
import { openModels } from './open-models.js';
import type { OpenModels } from './open-models.js';
import { openScores } from './open-scores.js';
import type { Stores } from './open-stores.js';
import { closeAll } from './open-stores.js';
import { reportFailures } from './score-failures.js';

export interface OpenStations extends Stations {
  close(): Promise<void>;
}

/** Opens what the path of an event needs, beside the stores. */
export async function openStations(
  config: Config,
  stores: Stores,
  parts: {
    readonly candidates: CandidatePublisher | undefined;
    readonly observer: MiningObserver;
    readonly logger: Logger;
    readonly now: () => number;
  },
): Promise<OpenStations> {
  const own = await openScores(
    config,
    reportFailures(parts.observer, parts.logger, () => performance.now()),
  );
  let models: OpenModels;
  try {
    models = await openModels(config, stores.references, own, parts.logger, parts.now);
  } catch (error) {
    await own.close();
    throw error;
  }
  const fetcher = await openFetcher(config);
  return {
    images: { fetcher, maxPixels: config.mining.maxPixels },
    models: models.served,
    queue: {
      queue: stores.queue,
      images: stores.images,
      keep: config.images.keep,
      candidates: parts.candidates,
      duplicates: {
        window: config.mining.duplicates.windowSeconds * 1000,
        bits: config.mining.duplicates.bits,
      },
      now: parts.now,
    },
    frames: new LastFrames({
      maxSources: config.mining.frames.maxSources,
      maxGapMs: config.mining.frames.maxGapSeconds * 1000,
    }),
    took: (station, seconds) => parts.observer.stationTook(station, seconds),
    close: () => closeAll([fetcher, models, own]),
  };
}

/** Limits on what is worked on at once. */
export function inFlightLimits({ mining }: Config) {
  return { maxCount: mining.maxInFlight, maxBytes: mining.maxBytesInFlight };
}
