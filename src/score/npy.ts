import { endianness } from 'node:os';
import { EdgeminerError } from '../faults.js';

/**
 * The NumPy array file format, version 1.0, for what references hold: float32 and float64,
 * little-endian, C order, one or two dimensions.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export interface NpyArray<Values extends NpyValues = NpyValues> {
  /** [length] or [rows, columns]; each 0 or more, their product is `values.length`. */
  readonly shape: readonly [number] | readonly [number, number];
  /** Row after row. */
  readonly values: Values;
}

type NpyValues = Float32Array | Float64Array;

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0] as const;
/** Magic, version and the two bytes of the header's length. */
const prefixLength = 10;
/** The data starts at a multiple of this, so that a reader can map it into memory. */
const alignment = 64;
const isLittleEndian = endianness() === 'LE';
/** Bytes of values from which a second copy of them in memory is worth avoiding. */
const largeFrom = 1 << 20;

/**
 * The file of an array. Where its values lie behind their header in memory already
 * (`float32ForNpy`), no copy is made: then change neither of the two.
 */
export function encodeNpy(array: NpyArray): Uint8Array {
  const { shape, values } = array;
  if (values.length !== sizeOf(shape)) {
    throw new RangeError(`${values.length} values do not fill the shape (${shape.join(', ')})`);
  }
  const header = headerOf(values instanceof Float32Array ? '<f4' : '<f8', shape);
  const inPlace = behindHeader(values, header);
  if (inPlace !== undefined) return inPlace;
  const start = header.length;
  const bytes = new Uint8Array(start + values.byteLength);
  const view = new DataView(bytes.buffer);
  bytes.set(header);
  // A DataView, because a typed array would write in the order of the machine.
  if (values instanceof Float32Array) {
    values.forEach((value, index) => view.setFloat32(start + index * 4, value, true));
  } else {
    values.forEach((value, index) => view.setFloat64(start + index * 8, value, true));
  }
  return bytes;
}

/** Zeros to be filled, that `encodeNpy` makes a file of without copying them. */
export function float32ForNpy(shape: NpyArray['shape']): Float32Array {
  const header = headerOf('<f4', shape);
  const bytes = new Uint8Array(header.length + sizeOf(shape) * 4);
  bytes.set(header);
  return new Float32Array(bytes.buffer, header.length);
}

/** Magic, version, length and dictionary: all that stands before the values. */
function headerOf(descr: '<f4' | '<f8', shape: NpyArray['shape']): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const length = Math.ceil((prefixLength + dictionary.length + 1) / alignment) * alignment;
  const bytes = new Uint8Array(length);
  bytes.set(magic);
  new DataView(bytes.buffer).setUint16(8, length - prefixLength, true);
  const padded = `${dictionary.padEnd(length - prefixLength - 1)}\n`;
  bytes.set(new TextEncoder().encode(padded), prefixLength);
  return bytes;
}

/** The file, where it lies in memory as it is. */
function behindHeader(values: NpyValues, header: Uint8Array): Uint8Array | undefined {
  const start = values.byteOffset - header.length;
  if (!isLittleEndian || start < 0) return undefined;
  const before = new Uint8Array(values.buffer, start, header.length);
  if (before.some((byte, at) => byte !== header[at])) return undefined;
  return new Uint8Array(values.buffer, start, header.length + values.byteLength);
}

/**
 * Large values are not copied where the machine can take them as they are: then they change with
 * `bytes`.
 * @throws EdgeminerError `reference.invalid` that names `file` and what is wrong with it.
 */
export function decodeNpy(bytes: Uint8Array, file: string): NpyArray {
  const refuse = (what: string): never => {
    throw new EdgeminerError('reference.invalid', `${file} ${what}`, {
      field: file,
      mend: 'Build the reference again with `edgeminer reference build`.',
    });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < prefixLength || magic.some((byte, index) => bytes[index] !== byte)) {
    return refuse('is not a NumPy file of version 1.0');
  }
  const start = prefixLength + view.getUint16(8, true);
  if (bytes.length < start) return refuse('ends inside its header');
  const header = new TextDecoder('latin1').decode(bytes.subarray(prefixLength, start));

  const descr = /'descr': *'([^']*)'/.exec(header)?.[1];
  if (descr !== '<f4' && descr !== '<f8') {
    return refuse(`holds values of type ${descr ?? 'unknown'}, not <f4 or <f8`);
  }
  if (!/'fortran_order': *False/.test(header)) return refuse('is not in C order');
  const shape = parseShape(/'shape': *\(([^)]*)\)/.exec(header)?.[1]);
  if (shape === undefined) return refuse('has neither one nor two dimensions');

  const count = sizeOf(shape);
  const width = descr === '<f4' ? 4 : 8;
  if (bytes.length - start !== count * width) {
    return refuse(
      `has ${bytes.length - start} bytes of values where its shape (${shape.join(', ')}) needs ${count * width}`,
    );
  }
  if (width === 4) {
    const at = bytes.byteOffset + start;
    if (isLittleEndian && at % 4 === 0 && count * width >= largeFrom) {
      return { shape, values: new Float32Array(bytes.buffer, at, count) };
    }
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = view.getFloat32(start + i * 4, true);
    return { shape, values };
  }
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = view.getFloat64(start + i * 8, true);
  return { shape, values };
}

function parseShape(tuple: string | undefined): NpyArray['shape'] | undefined {
  const sizes = tuple?.split(',').map((size) => size.trim());
  if (sizes?.at(-1) === '') sizes.pop();
  if (sizes?.every((size) => /^\d{1,15}$/.test(size)) !== true) return undefined;
  const [first, second, third] = sizes.map(Number);
  if (first === undefined || third !== undefined) return undefined;
  return second === undefined ? [first] : [first, second];
}

function sizeOf(shape: NpyArray['shape']): number {
  return shape[0] * (shape[1] ?? 1);
}
