import { z } from 'zod';
import { share } from './share.js';

/** Tasks whose label is known, mixed in; of use once a curator has made some. */
export const goldSchema = z
  .strictObject({
    /** Of an annotator's tasks. */
    share: share.default(0.1),
    /** A share of its own for the first tasks, while nothing is known of the annotator. */
    firstTasks: z.int().min(0).default(30),
    firstShare: share.default(0.5),
    /** Accuracy that is not good enough, and accuracy that is good. */
    floor: z.number().gt(0).lt(1).default(0.75),
    good: z.number().gt(0).lt(1).default(0.93),
    /** Natural logarithm of how much likelier the one than the other, at which one is paused. */
    evidence: z.number().positive().default(3.5),
  })
  .refine(({ floor, good }) => floor < good, { error: 'needs a floor below good', path: ['floor'] })
  .prefault({});

/** What annotators see of the model's prediction. */
export const preAnnotationSchema = z
  .strictObject({
    show: z.boolean().default(true),
    /** Share of tasks that hide it, to measure what it does to annotators. */
    hideShare: share.default(0),
  })
  .prefault({});

export const consensusSchema = z.enum(['votes', 'dawid-skene']).default('votes');
