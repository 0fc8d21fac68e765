import type { EmbeddingSpec, InputSpec } from './manifest-schema.js';
import type { Draft, InspectedModel, Notebook, Told } from './entry-draft.js';
import { contradicts, describeTensor, unsuitable } from './propose-input.js';
import type { TensorSignature } from './session-messages.js';

type Outputs = Pick<Draft, 'embedding' | 'logits' | 'classes'>;
type Pooling = Pick<EmbeddingSpec, 'pool' | 'features'>;

const embeddingName = /embed|feature|pool|latent|hidden|representation|projection/i;
const scoreName = /logit|prob|score|class|softmax|predict/i;

/** Undefined while something about them is unknown; the notebook then has the question. */
export function proposeOutputs(
  model: InspectedModel,
  told: Told,
  layout: InputSpec['layout'] | undefined,
  notes: Notebook,
): Outputs | undefined {
  const usable = model.signature.outputs.filter(
    ({ type, shape }) =>
      (type === 'float32' || type === 'float16') && [0, 2, 3, 4].includes(shape.length),
  );
  if (usable.length === 0) {
    const all = model.signature.outputs.map(describeTensor).join(', ');
    throw unsuitable(
      model.file,
      `none of its outputs (${all}) is a vector, a map or tokens of float32 or float16`,
      'Export it with the features before the last layer as an output.',
    );
  }
  const tensor = proposeEmbedding(usable, told, notes);
  const scores = usable.filter(({ name, shape }) => name !== tensor?.name && shape.length <= 2);
  const logits = proposeLogits(scores, told, tensor, notes);
  if (tensor === undefined || logits === undefined) return undefined;
  const pooling = proposePooling(tensor, layout, told, notes);
  return {
    embedding: { name: tensor.name, ...pooling },
    logits: logits === 'none' ? undefined : logits,
    classes: logits === 'none' ? undefined : told.classes,
  };
}

function proposeEmbedding(
  usable: readonly TensorSignature[],
  told: Told,
  notes: Notebook,
): TensorSignature | undefined {
  if (told.embedding !== undefined) {
    const tensor = named(usable, told.embedding, '--embedding');
    notes.points.push({ topic: 'embedding', value: told.embedding, by: 'told', why: '' });
    return tensor;
  }
  const settle = (tensor: TensorSignature, by: 'file' | 'guess', why: string) => {
    const worthAsking = by === 'guess';
    notes.points.push({ topic: 'embedding', value: tensor.name, by, why, worthAsking });
    return tensor;
  };
  const candidates = usable.filter(({ name }) => name !== told.logits);
  const [first, ...others] = candidates;
  if (first !== undefined && others.length === 0) {
    const scores = scoreName.test(first.name)
      ? '; it looks like class scores, which embed less well than the features before them'
      : '';
    return settle(first, 'file', `the only output to choose, ${describeTensor(first)}${scores}`);
  }
  const byName = candidates.filter(({ name }) => embeddingName.test(name));
  const vectors = (byName.length > 0 ? byName : candidates).filter(
    ({ name, shape }) => shape.length === 2 && !scoreName.test(name),
  );
  const [only, ...more] = byName.length === 1 ? byName : vectors;
  if (only !== undefined && more.length === 0) {
    const rest = candidates.filter((tensor) => tensor !== only);
    return settle(
      only,
      'guess',
      `by its name, out of it and ${rest.map(describeTensor).join(', ')}`,
    );
  }
  notes.questions.push({
    topic: 'embedding',
    text: `Which output is the embedding: ${candidates.map(describeTensor).join(', ')}?`,
    options: candidates.map(({ name }) => name),
    ...(only === undefined ? {} : { suggestion: only.name }),
  });
  return undefined;
}

/** An output, `none`, or undefined while that or its classes are unknown. */
function proposeLogits(
  scores: readonly TensorSignature[],
  told: Told,
  embedding: TensorSignature | undefined,
  notes: Notebook,
): string | undefined {
  const [only, ...others] = scores;
  const fromClasses = told.classes !== undefined && others.length === 0 ? only : undefined;
  const logits = told.logits ?? fromClasses?.name;
  if (logits === undefined && told.classes !== undefined && embedding !== undefined) {
    if (only === undefined) throw contradicts('--classes', 'no output is left for class scores');
    notes.questions.push({
      topic: 'logits',
      text: 'Which output holds the scores of those classes, before softmax?',
      options: scores.map(({ name }) => name),
    });
    return undefined;
  }
  if (logits === undefined || logits === 'none') {
    if (told.classes !== undefined && told.logits === 'none') {
      throw contradicts('--classes', 'classes need the output that holds their scores (--logits)');
    }
    if (told.logits === undefined && only !== undefined) {
      notes.points.push({
        topic: 'logits',
        value: 'none',
        by: 'guess',
        why: `${scores.map(describeTensor).join(', ')} may hold class scores; with --logits and --classes they tell how sure the model is`,
        worthAsking: true,
      });
    }
    return 'none';
  }
  named(scores, logits, '--logits');
  notes.points.push({
    topic: 'logits',
    value: logits,
    by: told.logits === undefined ? 'guess' : 'told',
    why: 'the only output left, and classes are given',
  });
  if (told.classes !== undefined) return logits;
  notes.questions.push({
    topic: 'classes',
    text: `Which file names the classes of "${logits}", in their order (a JSON list, or one a line)?`,
  });
  return undefined;
}

function proposePooling(
  tensor: TensorSignature,
  layout: InputSpec['layout'] | undefined,
  told: Told,
  notes: Notebook,
): Pooling {
  const { shape } = tensor;
  if (shape.length < 3) {
    if (told.pool !== undefined && told.pool !== 'none' && shape.length === 2) {
      throw contradicts('--pool', `the output ${describeTensor(tensor)} is a vector already`);
    }
    return { pool: 'none' };
  }
  if (told.pool === 'none') {
    throw contradicts(
      '--pool',
      `the output ${describeTensor(tensor)} must be pooled: mean or first`,
    );
  }
  if (told.pool !== undefined) {
    notes.points.push({ topic: 'pool', value: told.pool, by: 'told', why: '' });
    return { pool: told.pool, features: featuresAxis(shape, layout) };
  }
  const classToken = shape.length === 3 && hasClassToken(shape[1]);
  notes.points.push({
    topic: 'pool',
    value: classToken ? 'first' : 'mean',
    by: 'guess',
    why: classToken
      ? `the output is ${describeTensor(tensor)}: one token more than a square of patches, so the first stands for the whole`
      : `the output is ${describeTensor(tensor)}: the mean of all places`,
    worthAsking: shape.length === 3,
  });
  return { pool: classToken ? 'first' : 'mean', features: featuresAxis(shape, layout) };
}

/** Features are many, places along a side few; where that does not tell, as the input has it. */
function featuresAxis(
  shape: TensorSignature['shape'],
  layout: InputSpec['layout'] | undefined,
): 'first' | 'last' {
  if (shape.length === 3) return 'last';
  const [, second, third, last] = shape;
  if (typeof second === 'number' && typeof third === 'number' && typeof last === 'number') {
    if (second !== third && third === last) return 'first';
    if (last !== third && third === second) return 'last';
  }
  if (typeof second === 'number' && typeof last !== 'number') return 'first';
  if (typeof last === 'number' && typeof second !== 'number') return 'last';
  return layout === 'NHWC' ? 'last' : 'first';
}

function hasClassToken(tokens: number | string | undefined): boolean {
  return typeof tokens === 'number' && tokens > 1 && Number.isInteger(Math.sqrt(tokens - 1));
}

function named(tensors: readonly TensorSignature[], name: string, flag: string): TensorSignature {
  const tensor = tensors.find((candidate) => candidate.name === name);
  if (tensor !== undefined) return tensor;
  const all = tensors.map(describeTensor).join(', ');
  throw contradicts(flag, `there is no such output "${name}" to take; there is ${all || 'none'}`);
}
