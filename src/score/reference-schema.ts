import { z } from 'zod';
import { signalNameSchema } from './signal-schema.js';

export const formatVersion = 1;
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, { error: 'must be 64 lower-case hex digits' });

const shareSchema = z.number().min(0).max(1);
const temperatureSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('fitted'),
    temperature: z.number().positive(),
    labelled: z.int().min(1),
    calibrationError: z.strictObject({ before: shareSchema, after: shareSchema }),
  }),
  z.strictObject({
    kind: z.literal('not-fitted'),
    why: z.enum(['no-labels', 'too-few-labels', 'no-optimum', 'no-gain']),
    labelled: z.int().min(0),
  }),
]);

/** By any name: zod's own record leaves out `__proto__`, which a class may be called. */
function byName<Value>(value: z.ZodType<Value>) {
  return z
    .custom<Readonly<Record<string, unknown>>>(
      (given) => typeof given === 'object' && given !== null && !Array.isArray(given),
      { error: 'must be an object' },
    )
    .transform((given) => Object.entries(given).map(([name, of]) => ({ name, of })))
    .pipe(z.array(z.object({ name: z.string(), of: value })))
    .transform((all) => Object.fromEntries(all.map(({ name, of }) => [name, of] as const)));
}

const spreadSchema = z.strictObject({ mean: z.number(), deviation: z.number().min(0) });
const detectionSchema = z.strictObject({
  pictures: z.int().min(1),
  scoreThreshold: shareSchema.optional(),
  boxCount: spreadSchema,
  boxSize: spreadSchema.optional(),
  boxSizeOf: byName(spreadSchema),
});

/** `reference.json`. */
export const headSchema = z.strictObject({
  formatVersion: z.literal(formatVersion, {
    error: `must be ${formatVersion}, the only version that this edgeminer reads`,
  }),
  id: sha256Hex,
  createdAt: z.iso.datetime(),
  modelName: z.string().min(1),
  modelVersion: z.string().min(1),
  embedder: z.strictObject({ name: z.string().min(1), sha256: sha256Hex }).nullable(),
  predictionsBy: z.enum(['producer', 'embedder']).nullable(),
  temperature: temperatureSchema.optional(),
  detection: detectionSchema.optional(),
  neighbours: z.int().min(0),
  classes: z.array(z.string()),
  columns: z
    .array(signalNameSchema)
    .refine((names) => new Set(names).size === names.length, { error: 'must not repeat a name' }),
  /** Of each column of the user's own scores, what measured it. */
  own: byName(sha256Hex).optional(),
  files: z.strictObject({
    'items.json': sha256Hex,
    'measurements.npy': sha256Hex,
    'formats.json': sha256Hex.optional(),
    'embeddings.npy': sha256Hex.optional(),
    'turns.npy': sha256Hex.optional(),
    'novelty.json': sha256Hex.optional(),
    'novelty.npy': sha256Hex.optional(),
  }),
});
export type Head = z.output<typeof headSchema>;

/** `items.json`. */
export const itemsSchema = z.array(
  z.strictObject({
    path: z.string(),
    sha256: sha256Hex,
    label: z.string().optional(),
    sourceId: z.string().min(1).optional(),
    predicted: z.string().optional(),
  }),
);
