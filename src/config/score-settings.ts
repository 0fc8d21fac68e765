import { z } from 'zod';
import { ownScoreNameSchema } from '../score/signal-schema.js';

const text = z.string().min(1);
const side = z.int().min(1).max(4096);
const channels = z.tuple([z.number(), z.number(), z.number()]);

/** How the picture is prepared: the same words as in models/manifest.json. */
const pictureInput = z.strictObject({
  width: side,
  height: side,
  /** Per channel R, G, B, in units of 0..255: the model sees (pixel - mean) / std. */
  mean: channels.default([0, 0, 0]),
  std: channels
    .refine((values) => values.every((value) => value > 0), { error: 'must be above 0' })
    .default([255, 255, 255]),
  /** `squash` takes the whole picture whatever its shape, `crop` its middle. */
  fit: z.enum(['crop', 'squash']).default('crop'),
  /** Share of the short side that the centre crop keeps. */
  crop: z.number().gt(0).max(1).default(1),
  interpolation: z.enum(['bicubic', 'bilinear']).default('bilinear'),
});

/**
 * A score of the user's own: a module that says the rest itself, or an ONNX file with one number
 * as its output.
 */
const score = z
  .strictObject({
    /** Everywhere else it is called `own:` and this. */
    name: ownScoreNameSchema,
    /** An ES module, relative to the file of the settings. */
    module: text.optional(),
    /** For the module, if it exports a function. */
    options: z.unknown().optional(),
    /** An ONNX file, relative to the file of the settings. */
    onnx: text.optional(),
    /** What the ONNX model looks at. */
    over: z.enum(['picture', 'embedding']).optional(),
    /** The picture as the ONNX model was trained to see it. */
    input: pictureInput.optional(),
    /** The output to read, where the file has several. */
    output: text.optional(),
    unit: text.optional(),
    range: z.tuple([z.number(), z.number()]).optional(),
    unusual: z.enum(['low', 'high']).optional(),
    /** Flagged from here on while no reference says what is usual. */
    limit: z.number().optional(),
    family: z.enum(['confidence', 'quality', 'format', 'novelty']).optional(),
  })
  .superRefine((entry, context) => {
    const complain = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message });
    if ((entry.module === undefined) === (entry.onnx === undefined)) {
      complain('name', `needs either module or onnx`);
      return;
    }
    if (entry.module !== undefined) {
      for (const key of forOnnx) {
        if (entry[key] !== undefined) complain(key, 'is for onnx; the module says it itself');
      }
      return;
    }
    for (const key of ['range', 'unusual', 'limit'] as const) {
      if (entry[key] === undefined) complain(key, 'is missing; onnx needs it');
    }
    if (entry.over === 'embedding') {
      if (entry.input !== undefined)
        complain('input', 'is for pictures; an embedding is taken as it is');
    } else if (entry.input === undefined) {
      complain('input', 'is missing: how the model wants the picture; or set over to embedding');
    }
    if (entry.options !== undefined) complain('options', 'is for module; an ONNX file takes none');
  });

const forOnnx = [
  'over',
  'input',
  'output',
  'unit',
  'range',
  'unusual',
  'limit',
  'family',
] as const satisfies readonly (keyof typeof score.shape)[];

export const scoresSchema = z.array(score).default([]);

export type ScoreSettings = z.output<typeof score>;
