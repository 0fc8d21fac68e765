export function compileKernel(
  name: 'plane-kernel' | 'resize-kernel' | 'row-products',
): Promise<Uint8Array>;
