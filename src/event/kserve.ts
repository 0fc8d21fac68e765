import type { CloudEvent } from './cloud-event.js';

/** The types that KServe's inference logger sends. */
export const kserveTypes = {
  request: 'org.kubeflow.serving.inference.request',
  response: 'org.kubeflow.serving.inference.response',
} as const;

/** One instance of a request, with what the model answered: what a mapping's paths start at. */
export interface KserveDocument {
  /** The request's id; with several instances, and the number of the instance. */
  readonly id: string;
  readonly index: number;
  /** Of the request. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly instance: unknown;
  /** Undefined where the response never came. */
  readonly prediction: unknown;
  readonly request: unknown;
  readonly response: unknown;
}

/**
 * The instances of a request, each with its prediction. Both protocols: V1 has lists `instances`
 * and `predictions`; V2 (the Open Inference Protocol) has tensors, which are cut along their
 * first dimension, each instance becoming an object by tensor name.
 * https://kserve.github.io/website/docs/concepts/architecture/data-plane
 */
export function kserveDocuments(
  request: CloudEvent,
  response: CloudEvent | undefined,
): KserveDocument[] {
  const instances = instancesOf(request.data);
  const predictions = response === undefined ? [] : predictionsOf(response.data);
  const { attributes } = request;
  const id = attributes['id'] ?? '';
  return instances.map((instance, index) => ({
    id: instances.length === 1 ? id : `${id}/${index}`,
    index,
    attributes,
    instance,
    prediction: predictions[index],
    request: request.data,
    response: response?.data,
  }));
}

function instancesOf(data: unknown): readonly unknown[] {
  const instances = fieldOf(data, 'instances');
  if (Array.isArray(instances)) return instances;
  const inputs = fieldOf(data, 'inputs');
  if (Array.isArray(inputs) && inputs.some(isTensor)) return rowsOf(inputs.filter(isTensor));
  // Neither protocol: the whole is one instance, and the mapping tells.
  return [data];
}

function predictionsOf(data: unknown): readonly unknown[] {
  const predictions = fieldOf(data, 'predictions');
  if (Array.isArray(predictions)) return predictions;
  const outputs = fieldOf(data, 'outputs');
  if (Array.isArray(outputs) && outputs.some(isTensor)) return rowsOf(outputs.filter(isTensor));
  return [data];
}

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Flat, row-major. */
  readonly data: readonly unknown[];
}

function isTensor(value: unknown): value is Tensor {
  const [name, shape, data] = ['name', 'shape', 'data'].map((key) => fieldOf(value, key));
  return typeof name === 'string' && Array.isArray(shape) && Array.isArray(data);
}

/** Row n of every tensor, by name; a row of one value is the value itself. */
function rowsOf(tensors: readonly Tensor[]): object[] {
  const rows = Math.max(...tensors.map(({ shape, data }) => shape[0] ?? data.length));
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      tensors.map(({ name, data }) => {
        const size = Math.floor(data.length / rows);
        const slice = data.slice(row * size, (row + 1) * size);
        return [name, size === 1 ? slice[0] : slice] as const;
      }),
    ),
  );
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}
