import type { EmbeddingSpec, InputSpec } from './manifest-schema.js';
import type { GraphFacts } from './inspect-graph.js';
import { proposeInput } from './propose-input.js';
import { proposeOutputs } from './propose-outputs.js';
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

/**
 * Works out a manifest entry: what was told, else what the file says, else what is usual, with
 * the reason for each. Throws `model.unsuitable` for a model that can't embed pictures, and
 * `input.invalid` for something told that the file contradicts.
 */
export function proposeEntry(model: InspectedModel, told: Told): Proposal {
  const notes: Notebook = { points: [], questions: [] };
  const input = proposeInput(model, told, notes);
  const outputs = proposeOutputs(model, told, input?.layout, notes);
  const name = told.name ?? nameFrom(model.file);
  notes.points.unshift({
    topic: 'name',
    value: name,
    by: told.name === undefined ? 'guess' : 'told',
    why: 'the file is called so',
    worthAsking: true,
  });
  const source = told.source ?? sourceOf(model);
  notes.points.push({
    topic: 'source',
    value: source,
    by: told.source === undefined ? 'guess' : 'told',
    why: 'for people only',
  });
  if (told.licence === undefined) {
    notes.questions.push({
      topic: 'licence',
      text: 'Under which licence may its weights be used (an SPDX name such as Apache-2.0, or "proprietary")?',
    });
  } else {
    notes.points.push({ topic: 'licence', value: told.licence, by: 'told', why: '' });
  }
  const { points, questions } = notes;
  const complete =
    questions.length === 0 && input !== undefined && outputs !== undefined && told.licence;
  if (!complete) return { points, questions, draft: undefined };
  const draft: Draft = { name, licence: complete, source, input, ...outputs };
  return { points, questions, draft };
}

function nameFrom(file: string): string {
  const stem = (file.split(/[\\/]/).at(-1) ?? file).replace(/\.onnx$/i, '');
  const plain = stem.replaceAll(/[^\w.-]+/g, '-').replaceAll(/^[-.]+|[-.]+$/g, '');
  return plain === '' ? 'model' : plain;
}

function sourceOf({ file, graph }: InspectedModel): string {
  const base = file.split(/[\\/]/).at(-1) ?? file;
  return graph.producer === '' ? base : `${base}, written by ${graph.producer}`;
}
