import { EdgeminerError } from '../../faults.js';
import type { EmbeddingSpec, InputSpec, ModelEntry } from './manifest-schema.js';
import type { ModelSignature, TensorSignature } from './session-messages.js';

/**
 * Compares the tensors of an ONNX file with its manifest entry. Throws `model.shape-mismatch`
 * naming the manifest's field that differs.
 */
export function checkSignature(
  file: string,
  signature: ModelSignature,
  model: Pick<ModelEntry, 'input' | 'outputs'>,
  classes: number | undefined,
): void {
  checkInput(file, model.input, signature.inputs);
  const { embedding, logits } = model.outputs;
  const found = named(file, 'outputs.embedding', 'output', embedding.name, signature.outputs);
  checkOutputType(file, 'outputs.embedding', found);
  checkEmbeddingShape(file, embedding, found);
  checkBatch(file, 'outputs.embedding', found, model.input.batch);
  if (logits === undefined || classes === undefined) return;
  const scores = named(file, 'outputs.logits', 'output', logits.name, signature.outputs);
  checkOutputType(file, 'outputs.logits', scores);
  checkRank(file, 'outputs.logits', scores, 2);
  checkSize(file, 'outputs.logits', scores, 1, classes, `its ${classes} classes`);
}

function checkInput(file: string, input: InputSpec, inputs: readonly TensorSignature[]): void {
  const tensor = named(file, 'input', 'input', input.name, inputs);
  const others = inputs.filter(({ name }) => name !== input.name);
  if (others.length > 0) {
    throw mismatch(
      'input.name',
      `${file} wants more inputs than the manifest names: ${others.map((t) => t.name).join(', ')}.`,
    );
  }
  if (tensor.type !== input.type) {
    throw mismatch(
      'input.type',
      `the input "${input.name}" of ${file} is ${tensor.type}; the manifest says ${input.type}.`,
    );
  }
  checkRank(file, 'input.layout', tensor, 4);
  checkBatch(file, 'input.batch', tensor, input.batch);
  const [channels, height, width] = input.layout === 'NCHW' ? [1, 2, 3] : [3, 1, 2];
  checkSize(file, 'input.layout', tensor, channels, 3, `${input.layout} with 3 channels`);
  checkSize(file, 'input.height', tensor, height, input.height, `${input.height}`);
  checkSize(file, 'input.width', tensor, width, input.width, `${input.width}`);
}

function checkEmbeddingShape(file: string, spec: EmbeddingSpec, tensor: TensorSignature): void {
  const field = 'outputs.embedding';
  const { dimensions, pool, features } = spec;
  if (pool === 'none') {
    checkRank(file, field, tensor, 2);
  } else if (tensor.shape.length !== 0 && tensor.shape.length < 3) {
    throw mismatch(
      `${field}.pool`,
      `the output "${tensor.name}" of ${file} has shape ${shown(tensor)}: there is nothing to pool.`,
    );
  }
  const axis = features === 'first' || pool === 'none' ? 1 : tensor.shape.length - 1;
  checkSize(file, `${field}.dimensions`, tensor, axis, dimensions, `${dimensions}`);
}

function named(
  file: string,
  field: string,
  role: 'input' | 'output',
  name: string,
  tensors: readonly TensorSignature[],
): TensorSignature {
  const tensor = tensors.find((candidate) => candidate.name === name);
  if (tensor !== undefined) return tensor;
  const names = tensors.map((candidate) => candidate.name).join(', ');
  throw mismatch(`${field}.name`, `${file} has no ${role} "${name}"; it has ${names}.`);
}

function checkOutputType(file: string, field: string, { name, type }: TensorSignature): void {
  if (type === 'float32' || type === 'float16') return;
  throw mismatch(field, `the output "${name}" of ${file} is ${type}, not float32 or float16.`);
}

/** A file that declares no shape at all fits any. */
function checkRank(file: string, field: string, tensor: TensorSignature, rank: number): void {
  const { shape } = tensor;
  if (shape.length === 0 || shape.length === rank) return;
  throw mismatch(
    field,
    `"${tensor.name}" of ${file} has shape ${shown(tensor)}; ${rank} axes are needed.`,
  );
}

function checkBatch(
  file: string,
  field: string,
  tensor: TensorSignature,
  batch: number | undefined,
): void {
  const [size] = tensor.shape;
  if (typeof size !== 'number' || size === batch) return;
  const says = batch === undefined ? 'that it is free' : `input.batch is ${batch}`;
  throw mismatch(
    field,
    `"${tensor.name}" of ${file} has shape ${shown(tensor)}, a batch of ${size}; the manifest says ${says}.`,
  );
}

/** A free size in the file fits any. */
function checkSize(
  file: string,
  field: string,
  tensor: TensorSignature,
  axis: number,
  size: number,
  says: string,
): void {
  const found = tensor.shape[axis];
  if (typeof found !== 'number' || found === size) return;
  throw mismatch(
    field,
    `"${tensor.name}" of ${file} has shape ${shown(tensor)}, ${found} there; the manifest says ${says}.`,
  );
}

function shown({ shape }: TensorSignature): string {
  return `[${shape.map((size) => (size === '' ? '?' : size)).join(', ')}]`;
}

function mismatch(field: string, message: string): EdgeminerError {
  return new EdgeminerError('model.shape-mismatch', message, {
    field,
    mend: 'Correct the entry in models/manifest.json, or export the model to fit it.',
  });
}
