import { openImageFetcher } from '../adapters/fetch/open-fetcher.js';
import type { ImageFetcherOptions } from '../adapters/fetch/open-fetcher.js';
import type { S3Options } from '../adapters/s3/s3-objects.js';
import type { Config } from '../config/load-config.js';
import type { CandidatePublisher } from '../mine/candidate-publisher.js';
import { LastFrames } from '../mine/last-frames.js';
import type { MiningObserver } from '../mine/mining-observer.js';
import type { Stations } from '../mine/pipeline.js';
import type { Logger } from '../telemetry/logger.js';
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
  const fetcher = openImageFetcher({
    allowOrigins: config.fetch.allowOrigins,
    allowDirectories: config.fetch.allowDirectories,
    ...(await s3Of(config)),
    maxBytes: config.fetch.maxBytes,
    timeoutMs: config.fetch.timeoutSeconds * 1000,
    attempts: config.fetch.attempts,
  });
  return {
    images: { fetcher, maxPixels: config.mining.maxPixels },
    models: models.served,
    queue: {
      queue: stores.queue,
      images: stores.images,
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

async function s3Of({ fetch }: Config): Promise<Pick<ImageFetcherOptions, 's3'>> {
  if (fetch.s3 === undefined) return {};
  // The SDK takes its time to load, and has opinions on the version of Node.
  const { openS3Objects } = await import('../adapters/s3/s3-objects.js');
  return { s3: { buckets: fetch.s3.buckets, objects: openS3Objects(s3Options(fetch, fetch.s3)) } };
}

/** How the object store of `fetch.s3` is reached. */
export function s3Options(
  fetch: Config['fetch'],
  s3: NonNullable<Config['fetch']['s3']>,
): S3Options {
  const { endpoint, region, forcePathStyle, accessKeyId, secretAccessKey } = s3;
  return {
    region,
    forcePathStyle,
    maxBytes: fetch.maxBytes,
    timeoutMs: fetch.timeoutSeconds * 1000,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
  };
}

/** Limits on what is worked on at once. */
export function inFlightLimits({ mining }: Config) {
  return { maxCount: mining.maxInFlight, maxBytes: mining.maxBytesInFlight };
}
