import { z } from 'zod';

const name = z.string().min(1);
const timing = {
  /** For each renewal; a sync renews. */
  leaseSeconds: z.number().positive().max(86_400).default(86_400),
  timeoutSeconds: z.number().positive().default(60),
};

/** Other tools in which people label: docs/tools.md. */
export const toolsSchema = z
  .strictObject({
    /** Who a tool's person is here, by their address or user name there. */
    annotators: z.record(name, name).default({}),
    labelStudio: z
      .strictObject({
        url: z.url({ protocol: /^https?$/ }),
        token: name,
        project: name.default('edgeminer'),
        annotator: name.default('label-studio'),
        pictures: z.enum(['upload', 'inline', 'url']).default('upload'),
        /** Of edgeminer's API as annotators reach it, for `pictures: url`. */
        pictureUrl: z.url({ protocol: /^https?$/ }).optional(),
        ...timing,
      })
      .refine(({ pictures, pictureUrl }) => pictures !== 'url' || pictureUrl !== undefined, {
        error: 'needs pictureUrl where pictures is url',
      })
      .optional(),
    cvat: z
      .strictObject({
        url: z.url({ protocol: /^https?$/ }),
        token: name.optional(),
        username: name.optional(),
        password: name.optional(),
        organization: name.optional(),
        project: name.default('edgeminer'),
        annotator: name.default('cvat'),
        picturesPerJob: z.int().min(1).default(20),
        ...timing,
      })
      .refine(
        ({ token, username, password }) =>
          token === undefined
            ? username !== undefined && password !== undefined
            : username === undefined && password === undefined,
        { error: 'needs either token, or username and password' },
      )
      .optional(),
  })
  .prefault({});
