import type { ScoreTraits } from '../../score/own/own-scorer.js';
import type { OwnInput } from '../../score/scorer.js';

/** What the thread of a module is started with. */
export interface ModuleStart {
  /** Path of the ES module. */
  readonly file: string;
  /** For the function that it exports, as the settings have them. */
  readonly options: unknown;
}

export interface ToModule {
  readonly input: OwnInput;
  /** Whether to look for what the score wrote to its input, which takes a copy. */
  readonly watch: boolean;
}

export type FromModule =
  | {
      readonly kind: 'loaded';
      readonly traits: ScoreTraits;
      readonly limitNote: string | undefined;
    }
  /** It can't be loaded, or is no score: the parts of an EdgeminerError. */
  | {
      readonly kind: 'refused';
      readonly message: string;
      readonly field: string | undefined;
      readonly mend: string | undefined;
      /** The message of what went wrong underneath. */
      readonly cause: string | undefined;
    }
  | {
      readonly kind: 'measured';
      /** Undefined where it has nothing to say. */
      readonly raw: number | undefined;
      readonly note: string | undefined;
      readonly wrote: readonly (keyof OwnInput)[];
    }
  | {
      readonly kind: 'failed';
      readonly message: string;
      readonly wrote: readonly (keyof OwnInput)[];
    };
