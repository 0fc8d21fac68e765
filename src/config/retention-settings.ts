import { z } from 'zod';

const hour = 60 * 60 * 1000;

/** `90d`, `12h` or `keep`; to milliseconds. */
const term = z
  .string()
  .regex(/^(keep|[1-9]\d{0,4}[hd])$/, { error: 'must be like 90d, 12h, or keep' })
  .transform((text): number | 'keep' =>
    text === 'keep' ? text : Number(text.slice(0, -1)) * (text.endsWith('d') ? 24 : 1) * hour,
  )
  .prefault('keep');

/** The section `retention`; docs/retention.md explains it. */
export const retentionSchema = z
  .strictObject({
    images: z
      .strictObject({
        labelled: term,
        skipped: term,
        cancelled: term,
        unlabelled: term,
        unused: term,
      })
      .prefault({}),
    curatedSets: z.enum(['keep', 'ignore']).default('keep'),
    /** No image is removed so soon after it was put. */
    graceHours: z.number().min(1).default(24),
    /** Between two turns of `serve`; what a timer can wait is a little longer. */
    everyHours: z.number().min(1).max(500).optional(),
  })
  .prefault({});
