import { openImageFetcher } from '../adapters/fetch/open-fetcher.js';
import type { ImageFetcherOptions } from '../adapters/fetch/open-fetcher.js';
import type { S3Options } from '../adapters/s3/s3-objects.js';
import type { Config } from '../config/load-config.js';
import type { ImageFetcher } from '../image/image-fetcher.js';

/** What follows references, within the allow-list and the limits of `fetch`. */
export async function openFetcher(config: Pick<Config, 'fetch'>): Promise<ImageFetcher> {
  const { fetch } = config;
  return openImageFetcher({
    allowOrigins: fetch.allowOrigins,
    allowDirectories: fetch.allowDirectories,
    ...(await s3Of(config)),
    maxBytes: fetch.maxBytes,
    timeoutMs: fetch.timeoutSeconds * 1000,
    attempts: fetch.attempts,
  });
}

async function s3Of({ fetch }: Pick<Config, 'fetch'>): Promise<Pick<ImageFetcherOptions, 's3'>> {
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
