export function compileKernel(name: 'plane-kernel' | 'resize-kernel'): Promise<Uint8Array>;
