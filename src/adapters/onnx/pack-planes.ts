import { layOut, openKernel } from '../../image/kernel-memory.js';
import type { InputSpec } from './manifest-schema.js';
import type { InputPacker } from './input-packer.js';
import { packKernelBinary } from './pack-kernel-binary.js';

const floatBytes = 4;

/** Packs for a model that takes channels first, in 32 bits; to the last bit as the loops would. */
export function planePacker({ width, height, channels, ...input }: InputSpec): InputPacker {
  const { memory, pack } = openKernel<'pack'>(packKernelBinary);
  const pixels = width * height;
  const pictureBytes = 3 * pixels * floatBytes;
  const order = channels === 'RGB' ? ([0, 1, 2] as const) : ([2, 1, 0] as const);

  return {
    pack(pictures, slots) {
      const { area, reserve } = layOut(memory);
      const source = area(3 * pixels);
      const into = area(slots * pictureBytes);
      reserve();
      const bytes = new Uint8Array(memory.buffer, source, 3 * pixels);
      const values = new Float32Array(memory.buffer, into, slots * 3 * pixels);
      for (const [index, picture] of pictures.entries()) {
        bytes.set(picture);
        for (const [plane, channel] of order.entries()) {
          const to = into + index * pictureBytes + plane * pixels * floatBytes;
          const factor = 1 / input.std[channel];
          pack(source + channel, pixels, input.scale, input.mean[channel], factor, to);
        }
      }
      return values.fill(0, pictures.length * 3 * pixels);
    },
  };
}
