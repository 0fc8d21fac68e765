import { setMaxListeners } from 'node:events';
import type { LookupFunction } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventImage } from '../../event/inference-event.js';
import { EdgeminerError } from '../../faults.js';
import { allowList, targetOf, withoutSecrets } from '../../image/allow-list.js';
import type { Target } from '../../image/allow-list.js';
import { contentHash } from '../../image/content-hash.js';
import type { FetchRequest, ImageFetcher } from '../../image/image-fetcher.js';
import type { Answer } from '../../image/image-answer.js';
import { readAllowedFile } from './file-fetcher.js';
import { openHttpFetcher } from './http-fetcher.js';

export interface ImageFetcherOptions {
  /** Scheme, host and port each; see image/allow-list.ts and address-guard.ts. */
  readonly allowOrigins: readonly string[];
  readonly allowDirectories: readonly string[];
  /** Buckets that may be read, and who reads them; closed with the fetcher. */
  readonly s3?: { readonly buckets: readonly string[]; readonly objects: ObjectReader };
  readonly maxBytes: number;
  /** For one try of an http reference, from its name to its last byte. */
  readonly timeoutMs: number;
  /** Tries before an image counts as gone or refused; 1 or more. */
  readonly attempts: number;
  /** Resolves names; the system's unless told. */
  readonly lookup?: LookupFunction;
}

/** Gets the objects of allowed buckets; the adapter of an object store. */
export interface ObjectReader {
  get(target: Extract<Target, { readonly kind: 's3' }>, request: FetchRequest): Promise<Answer>;
  close(): Promise<void>;
}

const noObjects: Pick<ObjectReader, 'get'> = {
  get: () => Promise.reject(new TypeError('a bucket is allowed, but nobody reads it')),
};

/** Milliseconds before the second try; doubles from there. */
const firstPause = 100;
const longestPause = 2_000;

/** @throws EdgeminerError `config.invalid` that names the entry of the allow-list. */
export function openImageFetcher(options: ImageFetcherOptions): ImageFetcher {
  const { maxBytes, timeoutMs, attempts, lookup, s3 } = options;
  const allowed = allowList(options.allowOrigins, options.allowDirectories, s3?.buckets);
  const limits = { allowed, maxBytes, timeoutMs };
  const http = openHttpFetcher(lookup === undefined ? limits : { ...limits, lookup });

  function follow(uri: string): (request: FetchRequest) => Promise<Answer> {
    const target = targetOf(uri, allowed);
    switch (target.kind) {
      case 'http':
        return (request) => http.get(target.url, request);
      case 'file':
        return (request) => readAllowedFile(target, maxBytes, request);
      case 's3':
        // Allowed buckets come with their reader.
        return (request) => (s3?.objects ?? noObjects).get(target, request);
      case 'refused': {
        const message = `${withoutSecrets(uri)} is not fetched: ${target.why}`;
        throw new EdgeminerError('image.forbidden', message, {
          field: 'image.uri',
          mend: target.mend,
        });
      }
    }
  }

  async function tryRepeatedly(
    once: (request: FetchRequest) => Promise<Answer>,
    request: FetchRequest,
  ): Promise<Uint8Array> {
    const { signal } = request;
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted();
      const answer = await once(request);
      if (answer.kind === 'image') return answer.bytes;
      if (attempt >= attempts) throw afterTries(answer.fault, attempt);
      await delay(Math.min(firstPause * 2 ** (attempt - 1), longestPause), undefined, { signal });
    }
  }

  return {
    async fetch(image, request) {
      // All images in flight listen to the worker's one signal, and each takes its ear away.
      setMaxListeners(0, request.signal);
      const bytes =
        image.kind === 'inline'
          ? withinLimit(image.bytes, maxBytes)
          : await tryRepeatedly(follow(image.uri), request);
      verifyHash(image, bytes);
      return bytes;
    },
    async close() {
      await http.close();
      await s3?.objects.close();
    },
  };
}

function afterTries({ code, message, mend, field, cause }: EdgeminerError, attempts: number) {
  return new EdgeminerError(code, message, {
    cause,
    attempts,
    ...(mend === undefined ? {} : { mend }),
    ...(field === undefined ? {} : { field }),
  });
}

function withinLimit(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.length <= maxBytes) return bytes;
  throw new EdgeminerError('image.too-large', `the image has ${bytes.length} bytes`, {
    field: 'image.bytes',
    mend: `Shrink it to at most ${maxBytes} bytes, or raise fetch.maxBytes.`,
  });
}

function verifyHash({ sha256 }: EventImage, bytes: Uint8Array): void {
  if (sha256 === undefined) return;
  const actual = contentHash(bytes);
  if (actual === sha256) return;
  throw new EdgeminerError('image.hash-mismatch', `the image has sha256 ${actual}, not ${sha256}`, {
    field: 'image.sha256',
    mend: 'Hash the bytes as they are sent, and do not overwrite images under their URI.',
  });
}
