import { z } from 'zod';
import { formatTraits } from './format-profile.js';

const count = z.int().min(1);

/** A FormatProfile as `formats.json` holds it: as it is. */
export const formatsSchema = z.strictObject({
  pictures: count,
  traits: z.record(
    z.enum(formatTraits),
    z.strictObject({ values: z.array(z.tuple([z.string(), count])), others: z.int().min(0) }),
  ),
  sizes: z.array(z.strictObject({ width: count, height: count, pictures: count })).min(1),
});
