import { layOut, openKernel } from '../image/kernel-memory.js';
import type { EmbeddingMatrix } from './embedding-matrix.js';
import { rowProductsBinary } from './row-products-binary.js';

const { memory, multiply, signedRoots } = openKernel<'multiply', 'signedRoots'>(rowProductsBinary);

const floatBytes = 4;
/** The kernel reads eight floats at a time. */
const step = 8;
/** Matrices of more bytes pass through the kernel's memory in parts of as many. */
const partBytes = 4 * 1024 * 1024;
/** Matrices that are multiplied again and again stay there, up to as many bytes. */
const mostKeptBytes = 32 * 1024 * 1024;
const mostRows = partBytes / (step * floatBytes);

/** Addresses in the kernel's memory: of the vector, its roots, the products, and the matrices. */
interface Places {
  readonly width: number;
  readonly vector: number;
  readonly roots: number;
  readonly products: number;
  readonly matrices: number;
}

let places = placesFor(2048);
let kept = new Map<Float32Array, number>();
let nextFree = places.matrices;

/** The kernel's memory, as floats; a view is made anew where the memory has grown. */
let floats = new Float32Array(memory.buffer);

/**
 * The product of each row of a matrix with a vector of as many values as it has dimensions.
 * Summed in 32 bits: right to about a millionth of the product of the two lengths, and the same on
 * every machine. A matrix's values must never change: they are copied when they are first seen.
 * `into` takes the products, of which it must have room for one a row, and is returned.
 */
export function rowProducts(
  matrix: EmbeddingMatrix,
  vector: Float32Array | Float64Array,
  into: Float64Array = new Float64Array(matrix.rows),
): Float64Array {
  const width = widthOf(matrix);
  placeVector(vector, width);
  multiplyRows(matrix, width, places.vector, into);
  return into;
}

/**
 * The same with the vector's signed square roots, scaled to length 1: sign(x) sqrt(|x|), the
 * Hellinger kernel as features (Arandjelovic and Zisserman 2012; Perronnin, Sanchez and Mensink
 * 2010), by which a few large parts no longer decide alone. All zeros where it has no direction.
 */
export function rowProductsOfRoots(
  matrix: EmbeddingMatrix,
  vector: Float32Array | Float64Array,
  into: Float64Array = new Float64Array(matrix.rows),
): Float64Array {
  const width = widthOf(matrix);
  placeVector(vector, width);
  const squares = signedRoots(places.vector, width, places.roots);
  if (!(squares > 0 && Number.isFinite(squares))) return into.fill(0, 0, matrix.rows);
  multiplyRows(matrix, width, places.roots, into);
  const scale = 1 / Math.sqrt(squares);
  for (let row = 0; row < matrix.rows; row += 1) into[row] = (into[row] ?? 0) * scale;
  return into;
}

/** Floats of a row as the kernel reads them; places are made anew for wider ones. */
function widthOf({ dimensions }: EmbeddingMatrix): number {
  const width = step * Math.ceil(dimensions / step);
  if (width > places.width) {
    places = placesFor(width);
    forgetMatrices();
  }
  return width;
}

function placeVector(vector: Float32Array | Float64Array, width: number): void {
  const room = kernelFloats();
  const at = places.vector / floatBytes;
  room.set(vector, at);
  for (let end = at + vector.length; end < at + width; end += 1) room[end] = 0;
}

function multiplyRows(
  matrix: EmbeddingMatrix,
  width: number,
  vector: number,
  into: Float64Array,
): void {
  const { rows } = matrix;
  const rowsAtOnce = Math.max(1, Math.min(mostRows, Math.floor(partBytes / (width * floatBytes))));
  const whole = rows <= rowsAtOnce;
  const own = whole ? keptAt(matrix, width) : undefined;
  const passing = own ?? freeFor(Math.min(rows, rowsAtOnce) * width);
  const at = places.products / floatBytes;
  const room = kernelFloats();
  for (let first = 0; first < rows; first += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - first);
    if (!whole) copyRows(matrix, { first, count, width, to: passing });
    multiply(passing, count, width, vector, places.products);
    for (let row = 0; row < count; row += 1) into[first + row] = room[at + row] ?? 0;
  }
}

function kernelFloats(): Float32Array {
  if (floats.buffer !== memory.buffer) floats = new Float32Array(memory.buffer);
  return floats;
}

function keptAt(matrix: EmbeddingMatrix, width: number): number {
  const known = kept.get(matrix.values);
  if (known !== undefined) return known;
  const to = freeFor(matrix.rows * width);
  copyRows(matrix, { first: 0, count: matrix.rows, width, to });
  kept.set(matrix.values, to);
  nextFree = to + matrix.rows * width * floatBytes;
  return to;
}

/** The address of so many free floats; matrices are forgotten where they leave too little room. */
function freeFor(floats: number): number {
  const bytes = floats * floatBytes;
  if (nextFree + bytes > places.matrices + mostKeptBytes) forgetMatrices();
  const missing = nextFree + bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65_536));
  return nextFree;
}

function forgetMatrices(): void {
  kept = new Map();
  nextFree = places.matrices;
}

function copyRows(
  { dimensions, values }: EmbeddingMatrix,
  part: {
    readonly first: number;
    readonly count: number;
    readonly width: number;
    readonly to: number;
  },
): void {
  const { first, count, width, to } = part;
  const room = new Float32Array(memory.buffer, to, count * width);
  if (width === dimensions) {
    room.set(values.subarray(first * dimensions, (first + count) * dimensions));
    return;
  }
  room.fill(0);
  for (let row = 0; row < count; row += 1) {
    const start = (first + row) * dimensions;
    room.set(values.subarray(start, start + dimensions), row * width);
  }
}

function placesFor(width: number): Places {
  const { area, reserve } = layOut(memory);
  const vector = area(width * floatBytes);
  const roots = area(width * floatBytes);
  const products = area(mostRows * floatBytes);
  const matrices = area(0);
  reserve();
  return { width, vector, roots, products, matrices };
}
