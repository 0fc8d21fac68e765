import { GetObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { EdgeminerError, messageOf } from '../../faults.js';
import type { Target } from '../../image/allow-list.js';
import type { Answer } from '../../image/image-answer.js';
import type { FetchRequest } from '../../image/image-fetcher.js';
import { startTimeLimit } from '../../image/time-limit.js';

export interface S3Options {
  /** Of an S3-compatible store; AWS's unless told. */
  readonly endpoint?: string;
  readonly region: string;
  /** Bucket in the path, not in the host name: most stores but AWS's want it. */
  readonly forcePathStyle: boolean;
  /** Else the SDK looks in the environment, files and the machine's role. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxBytes: number;
  /** For one try, but for waiting for room. */
  readonly timeoutMs: number;
}

export interface S3Objects {
  /**
   * One try to get an allowed object. Gone and refused are answers; what may pass (5xx,
   * throttling, no connection) throws `image.unreachable`, too many bytes `image.too-large`.
   */
  get(target: S3Target, request: FetchRequest): Promise<Answer>;
  close(): Promise<void>;
}

type S3Target = Extract<Target, { readonly kind: 's3' }>;

export function clientSettings(options: S3Options): S3ClientConfig {
  const { endpoint, region, forcePathStyle, credentials } = options;
  return {
    region,
    forcePathStyle,
    // Tries are the caller's.
    maxAttempts: 1,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

/** Objects of S3 and of stores that speak like it. */
export function openS3Objects(options: S3Options): S3Objects {
  const { maxBytes, timeoutMs } = options;
  const client = new S3Client(clientSettings(options));

  async function read(
    target: S3Target,
    signal: AbortSignal,
    roomFor: (bytes: number) => Promise<void>,
  ): Promise<Uint8Array> {
    const { bucket, key } = target;
    const { Body: body, ContentLength: length = maxBytes } = await client.send(
      new GetObjectCommand({ Bucket: bucket, Key: key }),
      { abortSignal: signal },
    );
    const stream = body as AsyncIterable<Uint8Array> & { destroy(): void };
    try {
      if (length > maxBytes) throw tooLarge(target, `${length} bytes`, maxBytes);
      await roomFor(length);
      const chunks: Uint8Array[] = [];
      let read = 0;
      for await (const chunk of stream) {
        signal.throwIfAborted();
        read += chunk.length;
        if (read > maxBytes) throw tooLarge(target, `more than ${maxBytes} bytes`, maxBytes);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks, read);
    } finally {
      stream.destroy();
    }
  }

  return {
    async get(target, { signal, makeRoom }) {
      signal.throwIfAborted();
      const limit = startTimeLimit(timeoutMs, () => tookTooLong(target, timeoutMs), signal);
      try {
        const bytes = await read(target, limit.signal, (room) =>
          limit.paused(() => makeRoom(room)),
        );
        return { kind: 'image', bytes };
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (limit.signal.aborted) throw limit.signal.reason;
        return answerTo(target, error);
      } finally {
        limit.end();
      }
    },
    async close() {
      client.destroy();
    },
  };
}

function answerTo(target: S3Target, error: unknown): Answer {
  if (error instanceof EdgeminerError) throw error;
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  const about = { cause: error, field: 'image.uri' };
  const what = `${nameOf(target)}: ${messageOf(error)}`;
  if (status === 404) {
    const mend = 'Keep images until they are mined, or send their bytes in the event.';
    return {
      kind: 'missing',
      fault: new EdgeminerError('image.not-found', what, { ...about, mend }),
    };
  }
  if (status === 401 || status === 403) {
    const mend = 'Give the credentials of fetch.s3 the right s3:GetObject on the bucket.';
    return {
      kind: 'missing',
      fault: new EdgeminerError('image.forbidden', what, { ...about, mend }),
    };
  }
  throw new EdgeminerError('image.unreachable', what, {
    ...about,
    mend: 'Check fetch.s3.endpoint, and that the object store runs.',
  });
}

function tooLarge(target: S3Target, size: string, maxBytes: number): EdgeminerError {
  return new EdgeminerError('image.too-large', `${nameOf(target)} has ${size}`, {
    field: 'image.uri',
    mend: `Shrink it to at most ${maxBytes} bytes, or raise fetch.maxBytes.`,
  });
}

function tookTooLong(target: S3Target, timeoutMs: number): EdgeminerError {
  return new EdgeminerError(
    'image.unreachable',
    `${nameOf(target)} took more than ${timeoutMs / 1000} s`,
    { field: 'image.uri', mend: 'Look into the object store, or raise fetch.timeoutSeconds.' },
  );
}

function nameOf({ bucket, key }: S3Target): string {
  return `s3://${bucket}/${key}`;
}
