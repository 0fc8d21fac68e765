import type { GraphFacts } from './inspect-graph.js';
import type { EmbeddingSpec, InputSpec } from './manifest-schema.js';
import type { PixelScale } from './pixel-scales.js';
import type { ModelSignature } from './session-messages.js';

/** What somebody has said about the model; the rest is read from the file, guessed or asked. */
export interface Told {
  readonly name?: string;
  readonly licence?: string;
  readonly source?: string;
  readonly layout?: InputSpec['layout'];
  readonly size?: { readonly width: number; readonly height: number };
  readonly batch?: number;
  readonly channels?: InputSpec['channels'];
  readonly pixels?: PixelScale;
  readonly fit?: InputSpec['fit'];
  readonly crop?: number;
  readonly interpolation?: InputSpec['interpolation'];
  readonly embedding?: string;
  readonly pool?: EmbeddingSpec['pool'];
  /** An output, or `none`. */
  readonly logits?: string;
  readonly classes?: readonly string[];
}

export type Topic = keyof Told;

/** Something that is settled, and by what. */
export interface Point {
  readonly topic: Topic;
  readonly value: string;
  readonly by: 'told' | 'file' | 'guess';
  readonly why: string;
  /** A guess that changes embeddings if it is wrong: worth asking where somebody can answer. */
  readonly worthAsking?: boolean;
}

/** Something that neither the file nor custom settles. */
export interface Question {
  readonly topic: Topic;
  readonly text: string;
  readonly options?: readonly string[];
  /** What is most likely, for somebody who can judge it. */
  readonly suggestion?: string;
}

/** An entry without what only a run or the files tell. */
export interface Draft {
  readonly name: string;
  readonly licence: string;
  readonly source: string;
  readonly input: InputSpec;
  readonly embedding: Pick<EmbeddingSpec, 'name' | 'pool' | 'features'>;
  readonly logits: string | undefined;
  readonly classes: readonly string[] | undefined;
}

export interface Proposal {
  readonly points: readonly Point[];
  readonly questions: readonly Question[];
  /** Undefined while there are questions. */
  readonly draft: Draft | undefined;
}

/** What was found in the file that is to be added. */
export interface InspectedModel {
  /** As the user wrote it. */
  readonly file: string;
  readonly signature: ModelSignature;
  readonly graph: GraphFacts;
}

/** Collects what is settled and what is not. */
export interface Notebook {
  readonly points: Point[];
  readonly questions: Question[];
}
