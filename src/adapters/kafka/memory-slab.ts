/** Bytes of a piece; what is larger than a quarter of it has a piece of its own. */
const pieceBytes = 128 * 1024;
const largest = pieceBytes / 4;
/** Any typed array may begin there. */
const alignment = 8;

let piece = newPiece();
let used = 0;

/**
 * Room for a small array in a piece of memory that many share: an array of its own for each record
 * and each embedding costs more, mostly in the collector, than to fill it. The bytes are whatever
 * they were. One that is held holds its whole piece, so it is for what is soon let go.
 */
export function roomFor(bytes: number): { readonly buffer: ArrayBuffer; readonly start: number } {
  if (bytes > largest) return { buffer: new ArrayBuffer(bytes), start: 0 };
  if (used + bytes > pieceBytes) {
    piece = newPiece();
    used = 0;
  }
  const start = used;
  used = (used + bytes + alignment - 1) & -alignment;
  return { buffer: piece, start };
}

/** Not filled with zeros: whoever takes room fills it. */
function newPiece(): ArrayBuffer {
  return Buffer.allocUnsafeSlow(pieceBytes).buffer;
}
