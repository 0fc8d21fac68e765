/** snappyjs has no types of its own. */
declare module 'snappyjs' {
  const snappy: { uncompress(compressed: Uint8Array): Uint8Array };
  export default snappy;
}
