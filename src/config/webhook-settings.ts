import { z } from 'zod';
import { noticeNames } from '../notice/notice.js';

const name = z.string().min(1);

/** Where a secret stands: nobody writes it into the file of the settings, or into the store. */
const secret = z.union(
  [
    z.strictObject({
      /** A variable of the environment. */
      variable: name.regex(/^(?!EDGEMINER_)[A-Za-z_][A-Za-z0-9_]*$/),
    }),
    z.strictObject({ file: name }),
  ],
  { error: 'must be {variable: NAME} (not EDGEMINER_...) or {file: PATH}' },
);

const endpoint = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
    error: 'must be lower-case letters, digits and hyphens, 63 at most',
  }),
  url: z.url({ protocol: /^https?$/ }).refine((text) => !/^[^/]*\/\/[^/]*@/.test(text), {
    error: 'must hold no password',
  }),
  events: z
    .array(z.enum(noticeNames))
    .min(1)
    .refine((events) => new Set(events).size === events.length, { error: 'names one twice' })
    .default([...noticeNames]),
  /** The second is for the time in which they change. */
  secrets: z.array(secret).min(1).max(2),
});

/** The section `webhooks`; docs/webhooks.md explains it. */
export const webhooksSchema = z
  .strictObject({
    /** Origins that may lie at loopback or private addresses. */
    allowOrigins: z.array(z.url()).default([]),
    endpoints: z
      .array(endpoint)
      .refine((all) => new Set(all.map((one) => one.name)).size === all.length, {
        error: 'has two endpoints of the same name',
      })
      .default([]),
  })
  .prefault({});
