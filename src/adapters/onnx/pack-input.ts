import { Float16Array } from '@petamoriken/float16';
import type { InputSpec } from './manifest-schema.js';
import type { InputPacker, PackedInput } from './input-packer.js';
import { planePacker } from './pack-planes.js';

/** A pixel has 256 values: what the model sees for each is worked out beforehand. */
const levels = 256;

export function inputPacker(input: InputSpec): InputPacker {
  // What most models take has a kernel: the loops below take five times as long.
  return input.layout === 'NCHW' && input.type === 'float32' ? planePacker(input) : packer(input);
}

function packer(input: InputSpec): InputPacker {
  const { width, height, layout } = input;
  const pixels = width * height;
  const tables = channelTables(input);
  // How far the channels lie apart, and the values of one.
  const [between, step] = layout === 'NCHW' ? [pixels, 1] : [1, 3];
  let values = emptyLike(tables[0], 0);

  return {
    pack(pictures, slots) {
      const length = slots * 3 * pixels;
      // Kept for the largest batch so far; one inference runs at a time.
      if (values.length < length) values = emptyLike(values, length);
      pictures.forEach((picture, index) => {
        const start = index * 3 * pixels;
        for (const [channel, { source, table }] of planes(tables, input).entries()) {
          const places = { start: start + channel * between, step, pixels };
          fillChannel(values, places, picture, source, table);
        }
      });
      values.fill(0, pictures.length * 3 * pixels, length);
      return values.subarray(0, length);
    },
  };
}

type Tables = readonly [PackedInput, PackedInput, PackedInput];

/** The channels in the model's order: which of R, G, B each is, and its table. */
function planes(tables: Tables, { channels }: InputSpec) {
  const [red, green, blue] = [
    { source: 0, table: tables[0] },
    { source: 1, table: tables[1] },
    { source: 2, table: tables[2] },
  ];
  return channels === 'RGB' ? [red, green, blue] : [blue, green, red];
}

function fillChannel(
  values: PackedInput,
  {
    start,
    step,
    pixels,
  }: { readonly start: number; readonly step: number; readonly pixels: number },
  picture: Uint8Array,
  source: number,
  table: PackedInput,
): void {
  for (let pixel = 0, at = source, to = start; pixel < pixels; pixel += 1, at += 3, to += step) {
    values[to] = table[picture[at] ?? 0] ?? 0;
  }
}

/** Per channel R, G, B: what the model sees for each level. */
function channelTables({ type, scale, mean, std }: InputSpec): Tables {
  const table = (average: number, deviation: number): PackedInput => {
    const seen = Float32Array.from(
      { length: levels },
      (_, level) => (level * scale - average) * (1 / deviation),
    );
    if (type === 'uint8') return Uint8Array.from(seen);
    return type === 'float32' ? seen : new Uint16Array(Float16Array.from(seen).buffer);
  };
  return [table(mean[0], std[0]), table(mean[1], std[1]), table(mean[2], std[2])];
}

function emptyLike(values: PackedInput, length: number): PackedInput {
  if (values instanceof Float32Array) return new Float32Array(length);
  return values instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length);
}
