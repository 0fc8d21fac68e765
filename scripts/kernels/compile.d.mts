export function compileKernel(
  name: 'pack-kernel' | 'plane-kernel' | 'resize-kernel' | 'row-products',
): Promise<Uint8Array>;
