import { HeadBucketCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { messageOf } from '../../faults.js';
import { failed, ok, warning } from '../../telemetry/checkup.js';
import type { Check, Finding } from '../../telemetry/checkup.js';
import { clientSettings } from './s3-objects.js';
import type { S3Options } from './s3-objects.js';

/** Whether the object store answers for each bucket of a section of the settings. */
export function bucketsCheck(
  options: S3Options,
  buckets: readonly string[],
  name = 'fetch.s3',
): Check {
  return {
    name,
    async run(signal) {
      const client = new S3Client(clientSettings(options));
      try {
        return await Promise.all(
          buckets.map((bucket) => checkBucket(client, { bucket, section: name }, signal)),
        );
      } finally {
        client.destroy();
      }
    },
  };
}

async function checkBucket(
  client: S3Client,
  { bucket, section }: { readonly bucket: string; readonly section: string },
  signal: AbortSignal,
): Promise<Finding> {
  const name = `bucket ${bucket}`;
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: signal });
    return ok(name, 'answers');
  } catch (error) {
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    switch (status) {
      case 404:
        return failed(
          name,
          'there is none of this name',
          `Correct the bucket or the region of ${section}.`,
        );
      case 301:
        return failed(name, 'it is in another region', `Correct ${section}.region.`);
      case 401:
      case 403:
        // Reading objects and asking for the bucket are different rights.
        return warning(
          name,
          'it answers, but refuses to be asked for (s3:ListBucket); objects may still be readable',
          `Check the credentials of ${section}, and that they have s3:GetObject on the bucket.`,
        );
      default:
        return failed(
          name,
          `the object store can't be reached: ${messageOf(error)}`,
          `Check ${section}.endpoint, and that the object store runs.`,
        );
    }
  }
}
