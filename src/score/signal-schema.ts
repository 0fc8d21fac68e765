import { z } from 'zod';
import { ownScoreName, signalNames } from './signal.js';

/** A score's name as it is written under `scores`. */
export const ownScoreNameSchema = z.string().regex(ownScoreName, {
  error: 'must be lower-case letters, digits and hyphens, beginning with a letter, 50 at most',
});

/** A signal's name where it comes from outside: a built-in one, or `own:` and a name. */
export const signalNameSchema = z.union([
  z.enum(signalNames),
  z.templateLiteral(['own:', z.string().regex(ownScoreName)]),
]);

export const reasonSchema = z.union([signalNameSchema, z.literal('control-sample')]);
