import { z } from 'zod';
import { labelBody } from './label-schemas.js';
import { count, name, next, sha256, time } from './schema-pieces.js';

/** Gold tasks, annotators and the quality of labels on the wire. */
const interval = z.object({ low: z.number(), high: z.number() }).describe('95 %.');

const rate = z.object({
  held: count,
  of: count,
  share: z.number().nullable().describe('held / of; null where `of` is 0.'),
  interval,
});

// Gold tasks

const goldTask = z.object({
  task: z.string().describe('The labelled task whose picture it shows.'),
  model: z.string(),
  project: z.string().nullable(),
  label: labelBody.describe('What is right.'),
  labelSet: z.string(),
  addedBy: z.string(),
  addedAt: time,
  retiredAt: time.nullable().describe('Since when nobody gets it any more.'),
  answers: count.describe('Labels that annotators gave it.'),
  right: count.describe('Those of them that were right.'),
});

export type GoldTaskJson = z.output<typeof goldTask>;

export const goldQuery = z.strictObject({
  after: sha256.optional().describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});

export const goldPage = z
  .object({ goldTasks: z.array(goldTask), next })
  .describe('A page of gold tasks, retired ones among them, by the ids of their tasks.');

export const goldRequest = z.strictObject({
  task: sha256.describe('A labelled task; its label becomes what is right.'),
});

export const goldAdded = z
  .object({ task: z.string(), outcome: z.enum(['added', 'in-use']) })
  .describe('`in-use`: it was a gold task before, and stays as it is.');

export const goldParams = z.object({ id: sha256.describe('The id of the task.') });

export const goldRetired = z
  .object({ task: z.string(), outcome: z.enum(['retired', 'unchanged']) })
  .describe('`unchanged`: it was retired before.');

// Annotators

const pause = z.object({
  at: time,
  reason: z.string(),
  reopened: count.nullable().describe('Tasks that were opened again; null while that goes on.'),
  resumed: z.object({ at: time, by: z.string(), reason: z.string() }).nullable(),
});

const annotator = z.object({
  annotator: z.string(),
  turns: count.describe('Tasks that they were given since there are gold tasks.'),
  state: z
    .enum(['ok', 'watch', 'paused'])
    .describe('`watch`: a few more wrong answers would pause them.'),
  reason: z.string().describe('What their answers say since they began or were let go on.'),
  gold: rate.extend({
    classes: z.array(rate.extend({ class: z.string() })).describe('Of objects, by class.'),
  }),
  pauses: z.array(pause).describe('Oldest first.'),
});

export type AnnotatorJson = z.output<typeof annotator>;

export const annotatorsQuery = z.strictObject({
  after: name.optional().describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});

export const annotatorsPage = z
  .object({ annotators: z.array(annotator), next })
  .describe('How annotators did at gold tasks, in all, by name.');

export const annotatorParams = z.object({ name: name.describe('The annotator.') });

export const resumeRequest = z.strictObject({
  reason: z.string().describe('Why, in 1 to 500 characters. It stays: name nobody.'),
});

export const resumed = z
  .object({ annotator: z.string(), outcome: z.literal('resumed') })
  .describe('They get tasks again, and their gold answers count anew.');

// Quality

const coefficient = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('measured'),
    value: z.number().describe('1: full agreement; 0: as much as by chance.'),
    observed: z.number(),
    expected: z.number(),
    units: count,
  }),
  z.object({ kind: z.literal('absent'), why: z.enum(['no-overlap', 'one-class', 'uneven']) }),
]);

export type CoefficientJson = z.output<typeof coefficient>;

const kindReport = z.object({
  tasks: count,
  opinions: count,
  alpha: coefficient.describe("Krippendorff's alpha."),
  annotators: z.array(
    z.object({
      annotator: z.string(),
      answers: count,
      accuracy: z.number().describe('Answers that are likely right, by Dawid and Skene, 0..1.'),
      kappas: z
        .array(z.object({ with: z.string(), kappa: coefficient }))
        .describe("Cohen's kappa with each other annotator."),
    }),
  ),
  confusedClasses: z
    .array(
      z.object({
        classes: z.array(z.string()),
        betweenAnnotators: count,
        againstModel: count,
        share: z.number(),
      }),
    )
    .describe('The hundred pairs that are confused most, most often first.'),
});

const shapeReport = kindReport.extend({
  f1: z.number().nullable(),
  meanIou: z.number().nullable().describe('Null where no shapes matched.'),
});

export type KindReportJson = z.output<typeof kindReport>;
export type ShapeReportJson = z.output<typeof shapeReport>;

export const qualityQuery = z.strictObject({
  model: name.optional().describe('By default all models.'),
  most: z.coerce
    .number()
    .int()
    .min(1)
    .max(20_000)
    .default(5000)
    .describe('Most tasks with opinions that are looked at.'),
});

export const qualityReport = z
  .object({
    tasks: count.describe('Tasks with opinions that were looked at.'),
    cut: z.boolean().describe('Whether there were more; then it was a random part of all.'),
    strata: z.array(
      z.object({
        name: z.string().describe('`all`, `model NAME` or `reason NAME`.'),
        classes: kindReport.nullable(),
        severalClasses: kindReport.nullable(),
        boxes: shapeReport.nullable(),
        polygons: shapeReport.nullable(),
      }),
    ),
    predictions: z.object({
      accepted: rate.describe('Opinions that left the prediction that was shown as it was.'),
      meanShift: z.number().nullable().describe('Of boxes that were kept: mean of 1 - IoU.'),
      shown: rate.describe('Labels that agree with the model where it was shown.'),
      hidden: rate.describe('The same where it was hidden.'),
      difference: z.number().nullable().describe('Share shown less share hidden.'),
      interval,
    }),
    secondLooks: z.object({
      begun: count,
      stood: rate.describe('Of those that ended in a label: it stayed as it was.'),
    }),
  })
  .describe('How good the labels are, as far as the queue can tell.');

export type QualityReportJson = z.output<typeof qualityReport>;

export const secondLookRequest = z.strictObject({
  model: name.optional().describe('By default all models.'),
  limit: z.int().min(1).max(1000).default(100).describe('Most tasks, the strongest first.'),
  dryRun: z.boolean().default(false).describe('Show them only.'),
});

export const secondLooks = z
  .object({
    checked: count.describe('Labels that were looked at.'),
    settled: count.describe('Those of them that people have stood by before.'),
    suspects: z.array(
      z.object({
        task: z.string(),
        model: z.string(),
        strength: z.number().describe('0..1, for ranking.'),
        reasons: z.array(z.object({ kind: z.string(), strength: z.number(), reason: z.string() })),
        sent: z.boolean().describe('Whether it goes round again.'),
      }),
    ),
    sent: count,
  })
  .describe('Labels that something speaks against, the strongest suspicions first.');
