import { z } from 'zod';

const name = z.string().min(1);

/** Whether a task's image is copied, or stays where its event says that it lies. */
export const keepSchema = z.enum(['copy', 'reference']).default('copy');

/** How S3, or what speaks like it, is reached. */
export const s3Access = {
  endpoint: z.url().optional(),
  region: name.default('us-east-1'),
  forcePathStyle: z.boolean().default(false),
  accessKeyId: name.optional(),
  secretAccessKey: name.optional(),
};

interface Keys {
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
}

export function hasBothKeysOrNone({ accessKeyId, secretAccessKey }: Keys): boolean {
  return (accessKeyId === undefined) === (secretAccessKey === undefined);
}

export const keysError = { error: 'needs accessKeyId and secretAccessKey together' };

/** Images in a bucket of S3, or of what speaks like it. */
export const s3ImagesSchema = z
  .strictObject({
    kind: z.literal('s3'),
    bucket: name,
    /** Before every key. */
    prefix: z
      .string()
      .regex(/^([^/]+\/)+$/, { error: "must end with '/' and not begin with it" })
      .or(z.literal(''))
      .default('images/'),
    ...s3Access,
    timeoutSeconds: z.number().positive().default(30),
    keep: keepSchema,
  })
  .refine(hasBothKeysOrNone, keysError);
