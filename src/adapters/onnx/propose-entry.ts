import type { InspectedModel, Notebook, Proposal, Draft, Told } from './entry-draft.js';
import { proposeInput } from './propose-input.js';
import { proposeOutputs } from './propose-outputs.js';

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
