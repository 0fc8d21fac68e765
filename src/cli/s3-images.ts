import type { S3ImageStoreOptions } from '../adapters/s3/s3-image-store.js';
import type { S3Images } from '../config/load-config.js';

/** How the bucket of `images` is reached. */
export function s3ImageOptions({
  bucket,
  prefix,
  endpoint,
  region,
  forcePathStyle,
  accessKeyId,
  secretAccessKey,
  timeoutSeconds,
}: S3Images): S3ImageStoreOptions {
  return {
    bucket,
    prefix,
    region,
    forcePathStyle,
    timeoutMs: timeoutSeconds * 1000,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
  };
}
