import { z } from 'zod';
import { spoilings } from '../../image/spoil-plane.js';
import type { EmbeddingMatrix } from '../embedding-matrix.js';
import type { Detectors } from './detectors.js';
import type { ShrunkCovariance } from './mahalanobis.js';
import type { NoveltyModel } from './novelty-model.js';
import { noveltyMethods } from './novelty-methods.js';

/**
 * A novelty model as JSON, with the long vectors one after another in one array beside it; in the
 * JSON stands where each begins and how long it is.
 */
export interface NoveltyFiles {
  readonly head: z.input<typeof noveltyHead>;
  readonly vectors: Float32Array;
}

const vector = z.tuple([z.int().min(0), z.int().min(0)]);
const numbers = z.array(z.number());
const covariance = z.strictObject({
  shrinkage: z.number().min(0).max(1),
  whitening: vector,
  centres: vector,
  offAxes: z.number().positive(),
});
const methods = z.array(z.string()).refine((names) => names.join() === noveltyMethods.join(), {
  error: 'were those of another version of edgeminer',
});
const standard = z.strictObject({ median: z.number(), spread: z.number().positive() });
const perMethod = z.array(z.number()).length(noveltyMethods.length);
const area = z.number().min(0).max(1).nullable();

/** What novelty.json holds. */
export const noveltyHead = z.strictObject({
  methods,
  standards: z.array(standard).length(noveltyMethods.length),
  weights: perMethod,
  withoutLogits: z.strictObject({ weights: perMethod, scale: z.number().positive() }),
  figures: z.array(
    z.strictObject({
      method: z.enum([...noveltyMethods, 'combination']),
      spoilt: area,
      mixed: area,
      leftOut: area,
    }),
  ),
  reached: z.partialRecord(z.enum(spoilings), z.number()),
  detectors: z.strictObject({
    axes: z.strictObject({ count: z.int().min(0), dimensions: z.int().min(1), axes: vector }),
    raw: covariance,
    normalised: covariance,
    classes: covariance.nullable(),
    densities: z.strictObject({
      rows: z.int().min(0),
      unit: vector,
      neighbours: z.int().min(1),
      reach: numbers,
      density: numbers,
    }),
    exposed: z
      .strictObject({
        kinds: z.array(z.enum(spoilings)),
        directions: vector,
        standards: z.array(standard),
      })
      .refine(({ kinds, standards }) => kinds.length === standards.length, {
        error: 'must have one standard a kind',
      })
      .nullable(),
    virtualLogit: z
      .strictObject({ axes: z.int().min(0), centre: vector, scale: z.number() })
      .nullable(),
  }),
});

export function noveltyToFiles(model: NoveltyModel): NoveltyFiles {
  const kept: Float32Array[] = [];
  let length = 0;
  const keep = (values: Float32Array): [number, number] => {
    kept.push(values);
    length += values.length;
    return [length - values.length, values.length];
  };
  const keepCovariance = ({ shrinkage, whitening, centres, offAxes }: ShrunkCovariance) => ({
    shrinkage,
    whitening: keep(whitening),
    centres: keep(centres),
    offAxes,
  });
  const { axes, raw, normalised, classes, densities, exposed, virtualLogit } = model.detectors;
  const known = (value: number) => (Number.isNaN(value) ? null : value);
  const head = {
    methods: [...noveltyMethods],
    standards: model.standards.map(({ median, spread }) => ({ median, spread })),
    weights: [...model.weights],
    withoutLogits: {
      weights: [...model.withoutLogits.weights],
      scale: model.withoutLogits.scale,
    },
    figures: model.figures.map(({ method, spoilt, mixed, leftOut }) => ({
      method,
      spoilt: known(spoilt),
      mixed: known(mixed),
      leftOut: known(leftOut),
    })),
    reached: { ...model.reached },
    detectors: {
      axes: { count: axes.count, dimensions: axes.dimensions, axes: keep(axes.axes) },
      raw: keepCovariance(raw),
      normalised: keepCovariance(normalised),
      classes: classes === undefined ? null : keepCovariance(classes),
      densities: {
        rows: densities.unit.rows,
        unit: keep(densities.unit.values),
        neighbours: densities.neighbours,
        reach: [...densities.reach],
        density: [...densities.density],
      },
      exposed:
        exposed === undefined
          ? null
          : {
              kinds: [...exposed.kinds],
              directions: keep(exposed.directions),
              standards: exposed.standards.map(({ median, spread }) => ({ median, spread })),
            },
      virtualLogit:
        virtualLogit === undefined ? null : { ...virtualLogit, centre: keep(virtualLogit.centre) },
    },
  };
  const vectors = new Float32Array(length);
  let at = 0;
  for (const values of kept) {
    vectors.set(values, at);
    at += values.length;
  }
  return { head, vectors };
}

/** @throws RangeError where the vectors do not hold what the head says. */
export function noveltyFromFiles(
  head: z.output<typeof noveltyHead>,
  vectors: Float32Array,
): NoveltyModel {
  const { axes, classes, densities, exposed, virtualLogit, raw, normalised } = head.detectors;
  const take = ([start, length]: readonly [number, number], expected = length): Float32Array => {
    if (length !== expected) throw new RangeError(`it has ${length} values, not ${expected}`);
    if (start + length > vectors.length) {
      throw new RangeError(`it ends at ${vectors.length}, before ${start + length}`);
    }
    return vectors.slice(start, start + length);
  };
  const takeCovariance = (stored: z.output<typeof covariance>): ShrunkCovariance => ({
    shrinkage: stored.shrinkage,
    whitening: take(stored.whitening, axes.count ** 2),
    centres: take(stored.centres),
    offAxes: stored.offAxes,
  });
  const { rows } = densities;
  const unit: EmbeddingMatrix = {
    rows,
    dimensions: axes.count,
    values: take(densities.unit, rows * axes.count),
  };
  const detectors: Detectors = {
    axes: { ...axes, axes: take(axes.axes, axes.count * axes.dimensions) },
    raw: takeCovariance(raw),
    normalised: takeCovariance(normalised),
    classes: classes === null ? undefined : takeCovariance(classes),
    densities: {
      unit,
      neighbours: densities.neighbours,
      reach: Float64Array.from(densities.reach),
      density: Float64Array.from(densities.density),
    },
    exposed:
      exposed === null
        ? undefined
        : {
            ...exposed,
            dimensions: axes.dimensions,
            directions: take(exposed.directions, exposed.kinds.length * axes.dimensions),
          },
    virtualLogit:
      virtualLogit === null
        ? undefined
        : { ...virtualLogit, centre: take(virtualLogit.centre, axes.count) },
  };
  return {
    detectors,
    standards: head.standards,
    weights: head.weights,
    withoutLogits: head.withoutLogits,
    figures: head.figures.map(({ method, spoilt, mixed, leftOut }) => ({
      method,
      spoilt: spoilt ?? Number.NaN,
      mixed: mixed ?? Number.NaN,
      leftOut: leftOut ?? Number.NaN,
    })),
    reached: head.reached,
  };
}
