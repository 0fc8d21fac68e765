import { z } from 'zod';

const name = z.string().min(1);
const side = z.int().min(1).max(4096);
const perChannel = z.tuple([z.number(), z.number(), z.number()]);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, { error: 'must be 64 lower-case hex digits' });
const plainName = /^[\w.-]+$/;
/** A name inside the models directory, never a path out of it. */
const fileName = name.regex(plainName, { error: 'must be a plain file name' });

/** Beside the manifest, or anywhere by its whole path; never by a path that climbs. */
const modelFile = name.refine((file) => plainName.test(file) || /^(\/|[A-Za-z]:[\\/])/.test(file), {
  error: 'must be a plain file name or an absolute path',
});

/** As the ONNX file itself names it: from its own folder, downwards. */
const dataFile = name.refine(
  (path) => !/^([\\/]|[A-Za-z]:)/.test(path) && !path.split(/[\\/]/).includes('..'),
  { error: 'must be a path below the folder of the ONNX file' },
);

export const classNamesSchema = z
  .array(name)
  .min(2)
  .refine((names) => new Set(names).size === names.length, { error: 'must not repeat a name' });

const input = z
  .strictObject({
    name,
    layout: z.enum(['NCHW', 'NHWC']),
    type: z.enum(['float32', 'float16', 'uint8']).default('float32'),
    /** The order in which the model takes them. */
    channels: z.enum(['RGB', 'BGR']).default('RGB'),
    /** Pictures of one run, where the model takes no other number. */
    batch: z.int().min(1).max(64).optional(),
    width: side,
    height: side,
    /**
     * The model sees (pixel * scale - mean) / std, pixels being 0..255; mean and std per channel
     * R, G, B, whatever the order of `channels`.
     */
    scale: z.number().positive().default(1),
    mean: perChannel.default([0, 0, 0]),
    std: perChannel
      .refine((values) => values.every((value) => value > 0), { error: 'must be above 0' })
      .default([1, 1, 1]),
    /** Whether the centre of the input's aspect is cut out, or all of it squashed into shape. */
    fit: z.enum(['crop', 'squash']).default('crop'),
    /** Share of the side that the centre crop keeps. */
    crop: z.number().gt(0).max(1).default(1),
    interpolation: z.enum(['bicubic', 'bilinear']),
  })
  .refine((one) => one.type !== 'uint8' || unchanged(one), {
    error: 'uint8 takes the pixels as they are: leave out scale, mean and std',
    path: ['type'],
  });

const embedding = z
  .strictObject({
    name,
    dimensions: z.int().positive(),
    /** Of outputs that are not [batch, dimensions]: the mean of all places, or the first alone. */
    pool: z.enum(['none', 'mean', 'first']).default('none'),
    /** Which axis after the batch holds the features that are pooled. */
    features: z.enum(['first', 'last']).optional(),
  })
  .refine((one) => (one.pool === 'none') === (one.features === undefined), {
    error: 'goes together with pool',
    path: ['features'],
  });

const entry = z
  .strictObject({
    file: modelFile,
    sha256,
    bytes: z.int().positive(),
    /** Files in which the ONNX file keeps its weights. */
    data: z
      .array(z.strictObject({ file: dataFile, sha256, bytes: z.int().min(0) }))
      .min(1)
      .optional(),
    licence: name,
    /** Where the file comes from, for people. */
    source: name,
    input,
    outputs: z.strictObject({ embedding, logits: z.strictObject({ name }).optional() }),
    /** The logits' names in their order: a list, or the JSON file that holds it. */
    classes: z.union([fileName, classNamesSchema]).optional(),
    /** What the model made of ten pictures when it was added; see `edgeminer model check`. */
    check: fileName.optional(),
  })
  .refine((model) => (model.outputs.logits === undefined) === (model.classes === undefined), {
    error: 'outputs.logits and classes go together',
    path: ['classes'],
  });

export const manifestSchema = z.strictObject({
  version: z.literal(1),
  models: z.record(name, entry),
});

/** models/manifest.json: what is known of each ONNX file, by the name that settings use. */
export type Manifest = z.output<typeof manifestSchema>;
export type ModelEntry = Manifest['models'][string];
/** As it is written: what has a default may be left out. */
export type WrittenEntry = z.input<typeof entry>;
export type InputSpec = ModelEntry['input'];
export type EmbeddingSpec = ModelEntry['outputs']['embedding'];

function unchanged(one: {
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}): boolean {
  return one.scale === 1 && one.mean.every((value) => value === 0) && one.std.every((v) => v === 1);
}
