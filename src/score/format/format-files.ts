import { z } from 'zod';
import type { NpyArray } from '../npy.js';
import { formatTraits } from './format-profile.js';
import type { TurnModel } from './turn-model.js';

const count = z.int().min(1);

/** A FormatProfile as `formats.json` holds it: as it is. */
export const formatsSchema = z.strictObject({
  pictures: count,
  traits: z.record(
    z.enum(formatTraits),
    z.strictObject({ values: z.array(z.tuple([z.string(), count])), others: z.int().min(0) }),
  ),
  sizes: z.array(z.strictObject({ width: count, height: count, pictures: count })).min(1),
});

/** A turn model as `turns.npy` holds it: per row weights, offset and gate. */
export function turnsTable({ directions, gate }: TurnModel): NpyArray {
  const rows = directions.map(({ weights, offset }) => [...weights, offset, gate]);
  const columns = directions[0].weights.length + 2;
  return { shape: [rows.length, columns], values: Float32Array.from(rows.flat()) };
}

/** Undefined where the table is not one. */
export function turnsFromTable(
  { shape, values }: NpyArray,
  dimensions: number,
): TurnModel | undefined {
  const columns = dimensions + 2;
  if (shape[0] !== 3 || shape[1] !== columns || !(values instanceof Float32Array)) return undefined;
  const direction = (row: number) => ({
    weights: values.slice(row * columns, row * columns + dimensions),
    offset: values[row * columns + dimensions] ?? 0,
  });
  return {
    directions: [direction(0), direction(1), direction(2)],
    gate: values[columns - 1] ?? 0,
  };
}
