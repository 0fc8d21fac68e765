import { z } from 'zod';

const name = z.string().min(1);

/** Whether a task's image is copied, or stays where its event says that it lies. */
export const keepSchema = z.enum(['copy', 'reference']).default('copy');

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
    endpoint: z.url().optional(),
    region: name.default('us-east-1'),
    forcePathStyle: z.boolean().default(false),
    accessKeyId: name.optional(),
    secretAccessKey: name.optional(),
    timeoutSeconds: z.number().positive().default(30),
    keep: keepSchema,
  })
  .refine((s3) => (s3.accessKeyId === undefined) === (s3.secretAccessKey === undefined), {
    error: 'needs accessKeyId and secretAccessKey together',
  });
