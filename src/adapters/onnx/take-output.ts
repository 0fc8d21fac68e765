import { Float16Array } from '@petamoriken/float16';
import type { EmbeddingSpec } from './manifest-schema.js';

/** The part of the runtime's tensor that is read. */
export interface OutputTensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}

/** The values as float32, in memory that can be given away; the runtime's own can't. */
export function ownFloats(tensor: OutputTensor | undefined, name: string) {
  const data = tensor?.data;
  if (data instanceof Float32Array) return Float32Array.from(data);
  if (tensor?.type === 'float16' && ArrayBuffer.isView(data)) {
    // Bits, or on newer versions of Node numbers of 16 bits: the same memory.
    const { buffer, byteOffset, byteLength } = data;
    return Float32Array.from(new Float16Array(buffer, byteOffset, byteLength / 2));
  }
  throw new Error(`The output ${name} is ${tensor?.type ?? 'missing'}, not float32 or float16.`);
}

/**
 * Brings an output to one row per picture. Of a map or of tokens, `mean` averages all places and
 * `first` takes the first one; `features` says which axis after the batch is kept.
 */
export function poolRows(
  values: Float32Array<ArrayBuffer>,
  dims: readonly number[],
  { pool, features }: Pick<EmbeddingSpec, 'pool' | 'features'>,
): Float32Array<ArrayBuffer> {
  if (pool === 'none') return values;
  const [rows = 0, ...rest] = dims;
  const length = (features === 'first' ? rest[0] : rest.at(-1)) ?? 0;
  const places = rows * length === 0 ? 0 : values.length / rows / length;
  const taken = pool === 'first' ? Math.min(1, places) : places;
  const [perFeature, perPlace] = features === 'first' ? [places, 1] : [1, length];
  const pooled = new Float32Array(rows * length);
  for (let row = 0; row < rows; row += 1) {
    for (let feature = 0; feature < length; feature += 1) {
      let sum = 0;
      let at = row * length * places + feature * perFeature;
      for (let place = 0; place < taken; place += 1, at += perPlace) sum += values[at] ?? 0;
      pooled[row * length + feature] = sum / taken;
    }
  }
  return pooled;
}
