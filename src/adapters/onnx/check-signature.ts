import { EdgeminerError } from '../../faults.js';
import type { ModelEntry } from './manifest.js';
import type { ModelSignature, TensorSignature } from './session-messages.js';

/**
 * Compares the tensors of an ONNX file with its manifest entry. Throws `model.shape-mismatch`
 * naming the manifest's field that differs.
 */
export function checkSignature(
  file: string,
  signature: ModelSignature,
  model: ModelEntry,
  classes: number | undefined,
): void {
  const { input, outputs } = model;
  checkTensor(file, 'input', 'input', input.name, signature.inputs, [3, input.height, input.width]);
  const others = signature.inputs.filter((tensor) => tensor.name !== input.name);
  if (others.length > 0) {
    throw mismatch(
      'input.name',
      `${file} wants more inputs than the manifest names: ${others.map((t) => t.name).join(', ')}.`,
    );
  }
  const { embedding, logits } = outputs;
  checkTensor(file, 'outputs.embedding', 'output', embedding.name, signature.outputs, [
    embedding.dimensions,
  ]);
  if (logits !== undefined && classes !== undefined) {
    checkTensor(file, 'outputs.logits', 'output', logits.name, signature.outputs, [classes]);
  }
}

/** `sizes` are those after the batch; a free size in the file fits any. */
function checkTensor(
  file: string,
  field: string,
  role: 'input' | 'output',
  name: string,
  tensors: readonly TensorSignature[],
  sizes: readonly number[],
): void {
  const tensor = tensors.find((candidate) => candidate.name === name);
  if (tensor === undefined) {
    const names = tensors.map((candidate) => candidate.name).join(', ');
    throw mismatch(`${field}.name`, `${file} has no ${role} "${name}"; it has ${names}.`);
  }
  if (tensor.type !== 'float32') {
    throw mismatch(field, `The ${role} "${name}" of ${file} is ${tensor.type}, not float32.`);
  }
  const [batch, ...rest] = tensor.shape;
  const fits =
    typeof batch === 'string' &&
    rest.length === sizes.length &&
    rest.every((size, axis) => typeof size === 'string' || size === sizes[axis]);
  if (!fits) {
    throw mismatch(
      field,
      `The ${role} "${name}" of ${file} has shape [${tensor.shape.join(', ')}]; ` +
        `the manifest says [batch, ${sizes.join(', ')}], the batch of free size.`,
    );
  }
}

function mismatch(field: string, message: string): EdgeminerError {
  return new EdgeminerError('model.shape-mismatch', message, {
    field,
    mend: 'Correct the entry in models/manifest.json, or export the model to fit it.',
  });
}
