import { z } from 'zod';
import { reasonSchema, signalNameSchema } from '../score/signal-schema.js';
import { eventsSchema } from './event-settings.js';
import { httpSchema } from './http-settings.js';
import { kafkaSchema } from './kafka-settings.js';
import { consensusSchema, goldSchema, preAnnotationSchema } from './quality-settings.js';
import { labelSetSchema } from './label-set-settings.js';
import { retentionSchema } from './retention-settings.js';
import {
  hasBothKeysOrNone,
  keepSchema,
  keysError,
  s3Access,
  s3ImagesSchema,
} from './s3-images-settings.js';
import { scoresSchema } from './score-settings.js';
import { falseAlarmRate, share } from './share.js';
import { toolsSchema } from './tool-settings.js';
import { webhooksSchema } from './webhook-settings.js';

/**
 * The settings as a person writes them in edgeminer.config.yaml. Unknown keys are refused.
 * docs/configuration.md lists every key; a test holds the two together.
 */

const seconds = z.number().positive();
const name = z.string().min(1);

const oneRule = 'off, {falseAlarms: 1%}, {edgeScore: 0.99} or {raw: NUMBER}';
const flagRule = z.union(
  [
    z.literal('off'),
    z.strictObject({ falseAlarms: falseAlarmRate }),
    z.strictObject({ edgeScore: share }),
    z.strictObject({ raw: z.number() }),
  ],
  { error: `must be ${oneRule}` },
);

/** By the class that was predicted; the rest of the rule holds for all other classes. */
const classes = z.record(name, flagRule).optional();
const signalRule = z.union(
  [
    z.literal('off'),
    z.strictObject({ falseAlarms: falseAlarmRate, classes }),
    z.strictObject({ edgeScore: share, classes }),
    z.strictObject({ raw: z.number(), classes }),
    z.strictObject({ classes: z.record(name, flagRule) }),
  ],
  { error: `must be ${oneRule}, or besides have classes: {CLASS: one of these}` },
);

const policy = z.strictObject({
  falseAlarms: falseAlarmRate.default(0.01),
  /** Whether the share is that of each signal alone, or of all that have no rule of their own. */
  falseAlarmsOf: z.enum(['event', 'signal']).default('event'),
  minFlags: z.int().min(1).default(1),
  controlSample: share.default(0.01),
  signals: z.partialRecord(signalNameSchema, signalRule).default({}),
  weights: z
    .strictObject({
      confidence: z.number().min(0).default(1),
      quality: z.number().min(0).default(0.6),
      format: z.number().min(0).default(0.6),
      novelty: z.number().min(0).default(1),
    })
    .refine((weights) => Object.values(weights).some((weight) => weight > 0), {
      error: 'needs at least one weight above 0',
    })
    .prefault({}),
});

const overlapRule = z.strictObject({
  reason: reasonSchema.optional(),
  model: name.optional(),
  /** Of the tasks that match, drawn by the hash of their ids. */
  share: share.default(1),
  opinions: z.int().min(1).max(20),
});

const model = z.strictObject({
  /** Exact name, or `*` for every model that no other entry matches. */
  name,
  /** Exact versions, or patterns with `*`. */
  versions: z.array(name).min(1).default(['*']),
  /** A reference folder, `store` for the published one, or none. */
  reference: name.default('store'),
  /** An entry of models/manifest.json, or `none`. */
  embedder: name.default('efficientnet-lite0'),
  labelSet: name.optional(),
  policy: name.default('default'),
  /** Of the deployed model, where it is a detector. */
  detection: z
    .strictObject({
      /** Its boxes count from this score on. */
      scoreThreshold: share.optional(),
    })
    .prefault({}),
});

export const configSchema = z.strictObject({
  /** Where the embedded store, images, references and dead letters live. */
  dataDir: name.default('.edgeminer'),
  store: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('sqlite'), file: name.optional() }),
      z.strictObject({
        kind: z.literal('mongodb'),
        uri: name,
        database: name.default('edgeminer'),
      }),
    ])
    .prefault({ kind: 'sqlite' }),
  images: z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('directory'),
        path: name.optional(),
        keep: keepSchema,
      }),
      z.strictObject({ kind: z.literal('gridfs'), keep: keepSchema }),
      s3ImagesSchema,
    ])
    .optional(),
  kafka: kafkaSchema.optional(),
  tools: toolsSchema,
  events: eventsSchema,
  fetch: z
    .strictObject({
      /** Origins that may be fetched: https://images.example.com, http://10.0.0.5:9000. */
      allowOrigins: z.array(z.url()).default([]),
      /** Directories that file: references may point into. */
      allowDirectories: z.array(name).default([]),
      /** S3 and what speaks like it. */
      s3: z
        .strictObject({ buckets: z.array(name).min(1), ...s3Access })
        .refine(hasBothKeysOrNone, keysError)
        .optional(),
      maxBytes: z
        .int()
        .positive()
        .default(32 * 1024 * 1024),
      timeoutSeconds: seconds.default(15),
      attempts: z.int().min(1).default(3),
    })
    .prefault({}),
  mining: z
    .strictObject({
      maxInFlight: z.int().min(1).default(64),
      maxBytesInFlight: z
        .int()
        .positive()
        .default(256 * 1024 * 1024),
      maxPixels: z.int().positive().default(50_000_000),
      stalledAfterSeconds: seconds.default(180),
      duplicates: z
        .strictObject({
          windowSeconds: z.number().min(0).default(86_400),
          bits: z.int().min(0).max(32).default(10),
        })
        .prefault({}),
      /** Frames are compared with the one before of their source. */
      frames: z
        .strictObject({
          maxSources: z.int().min(1).default(1000),
          maxGapSeconds: z.number().min(0).default(10),
        })
        .prefault({}),
    })
    .prefault({}),
  inference: z
    .strictObject({
      maxBatch: z.int().min(1).max(64).default(4),
      maxWaitMs: z.number().min(0).max(1000).default(0),
      /** Inferences at once; one per core unless set, four at most. */
      sessions: z.int().min(1).max(64).optional(),
      /** Of one inference; unless set, the cores shared out among the sessions. */
      threads: z.int().min(1).optional(),
      spinning: z.boolean().default(false),
      /** Where the ONNX runtime computes, the preferred place first. */
      executionProviders: z
        .array(z.enum(['cpu', 'cuda', 'tensorrt', 'coreml', 'dml', 'webgpu']))
        .min(1)
        .refine((names) => new Set(names).size === names.length, { error: 'names one twice' })
        .default(['cpu']),
    })
    .prefault({}),
  queue: z
    .strictObject({
      leaseSeconds: seconds.default(1800),
      maxBatch: z.int().min(1).max(1000).default(100),
      skipsToEnd: z.int().min(1).max(100).default(2),
      overlap: z.array(overlapRule).default([]),
      consensus: consensusSchema,
      gold: goldSchema,
      preAnnotation: preAnnotationSchema,
    })
    .prefault({}),
  curation: z
    .strictObject({
      shares: z
        .strictObject({ train: share, validation: share, test: share })
        .refine((s) => Math.abs(s.train + s.validation + s.test - 1) < 1e-9, {
          error: 'must sum to 1',
        })
        .prefault({ train: 0.8, validation: 0.1, test: 0.1 }),
      seed: name.default('edgeminer'),
      incidentGapSeconds: z.number().min(0).default(300),
      nearDuplicateBits: z.int().min(0).max(32).default(10),
    })
    .prefault({}),
  http: httpSchema,
  modelsDir: name.optional(),
  models: z.array(model).default([]),
  labelSets: z.record(name, labelSetSchema).default({}),
  /** Scores of the user's own; docs/own-scores.md. */
  scores: scoresSchema,
  policies: z.record(name, policy).default({}),
  webhooks: webhooksSchema,
  retention: retentionSchema,
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
    })
    .prefault({}),
});

/** The settings, validated and with every default filled in. */
export type Settings = z.output<typeof configSchema>;
export type ModelSettings = Settings['models'][number];
export type PolicySettings = z.output<typeof policy>;
export type SignalRuleSettings = z.output<typeof signalRule>;
export type FlagRuleSettings = z.output<typeof flagRule>;

/** The policy of a model that names none. */
export const defaultPolicy: PolicySettings = policy.parse({});
