import { z } from 'zod';

const percentage = /^\d+(?:\.\d+)?\s*%$/;

const error = 'must be a share from 0 to 1, such as 0.01, or a percentage, such as 1%';

/** A share from 0 to 1, also as a percentage: `0.01` and `1%` are the same. */
export const share = z.union(
  [
    z.number().min(0, { error }).max(1, { error }),
    z
      .string()
      .regex(percentage, { error })
      .transform((text) => Number.parseFloat(text) / 100)
      .pipe(z.number().max(1, { error })),
  ],
  { error },
);

/** A share of ordinary pictures that may be flagged. 1 is all of them, and was meant as 1 %. */
export const falseAlarmRate = share.refine((rate) => rate !== 1, {
  error: 'would flag every picture; for one in a hundred write 1% or 0.01',
});
