import { z } from 'zod';
import { signalNameSchema } from '../score/signal-schema.js';

/** One scorer's result, as clients see it. */
export const signal = z.object({
  name: signalNameSchema,
  family: z.enum(['confidence', 'quality', 'format', 'novelty']),
  raw: z.number(),
  edgeScore: z.number().describe('0..1; 1 is the most unusual.'),
  calibrated: z.boolean().describe('Whether a reference was there to compare with.'),
  flagged: z.boolean(),
  surprise: z
    .number()
    .optional()
    .describe(
      'Of a flagged one with a reference: -ln of how probable an ordinary picture is that is as unusual.',
    ),
  limit: z
    .number()
    .optional()
    .describe('Of a flagged one: the raw limit that it lies beyond, where its rule comes to one.'),
  cause: signalNameSchema
    .optional()
    .describe('Of a novelty: the quality signal that explains it; the picture is badly taken.'),
  explanation: z.string(),
});
