import type { Spoiling } from '../../image/spoil-plane.js';
import { cosineDistance, NearestSoFar } from '../exact-neighbours.js';
import { rowOf } from '../embedding-matrix.js';
import type { EmbeddingMatrix } from '../embedding-matrix.js';
import { areaUnderCurve } from './area-under-curve.js';
import { combined, standardOf, surprise } from './combine.js';
import type { Standard } from './combine.js';
import { detect, fitDetectors, pickPictures } from './detectors.js';
import type { Detectors, EmbeddedPictures } from './detectors.js';
import { meanDistance } from './embedding-distance.js';
import { groupRows } from './group-rows.js';
import type { MethodFigures, NoveltyModel } from './novelty-model.js';
import { besides, combinedBy } from './novelty-model.js';
import { needsLogits, noveltyMethods } from './novelty-methods.js';
import type { MethodScores } from './novelty-methods.js';
import { chooseWeights, weighed } from './weigh.js';
import type { Surprises, WeighingSets } from './weigh.js';

export interface NoveltySample {
  /** Pictures of the reference, in an order that has nothing to do with what they show. */
  readonly ordinary: EmbeddedPictures;
  /** Class of each, 0 up, -1 for none; undefined without labels. */
  readonly classes: Int32Array | undefined;
  /** Each picture's mean distance to its nearest in the whole reference, itself left out. */
  readonly nearest: Float64Array;
  /** Neighbours that `nearest` looks at. */
  readonly neighbours: number;
  /** Copies of some of the pictures, spoilt. */
  readonly spoilt: EmbeddedPictures | undefined;
  /** Of each spoilt one: how, and the row in `ordinary` (one of its first) that it was made of. */
  readonly spoiltBy: readonly { readonly kind: Spoiling; readonly source: number }[];
}

export interface FittedNovelty {
  readonly model: NoveltyModel;
  /** The combined score of each ordinary picture, by detectors that did not see it. */
  readonly heldOut: Float64Array;
}

const folds = 5;
/** Pictures that detectors are fitted on and weighed with, at most; the rest place the scores. */
const mostFitted = 400;
/** Groups that are left out in turn, at most. */
const mostGroups = 5;
/** Two embeddings this close are one picture twice. */
const sameDirection = 1e-6;
const withinReach = 0.9;

/**
 * Fits every method on the sample, and weighs them on it (weigh.ts): held-out pictures against spoilt
 * and left-out-class ones, each scored by detectors that saw neither it nor what it was made of.
 * Takes seconds for hundreds of pictures; `turn` is awaited between the fits.
 */
export async function fitNovelty(
  whole: NoveltySample,
  turn: () => Promise<void> = () => new Promise((resolve) => setImmediate(resolve)),
): Promise<FittedNovelty> {
  const sample = firstRows(whole, mostFitted);
  const { ordinary, classes, spoilt, spoiltBy } = sample;
  const count = ordinary.raw.rows;
  const all = Array.from({ length: count }, (_, row) => row);
  const kindOf = spoiltBy.map(({ kind }) => kind);
  const detectors = fitDetectors({ ordinary, classes, spoilt, kinds: kindOf });
  const heldOut: MethodScores[] = [];
  const spoiltScores: MethodScores[] = [];
  for (let fold = 0; fold < folds; fold += 1) {
    await turn();
    const part = partOf(sample, detectors, (row) => row % folds !== fold);
    for (const row of all.filter((each) => each % folds === fold)) {
      heldOut[row] = scoreRow(part, ordinary, row);
    }
    for (const [row, { source }] of spoiltBy.entries()) {
      if (spoilt !== undefined && source % folds === fold) {
        spoiltScores[row] = scoreRow(part, spoilt, row);
      }
    }
  }
  const standards = standardsOf(heldOut);
  const surprises = (scores: readonly MethodScores[]) => surprisesOf(scores, standards);
  const left = await leaveOutGroups(sample, detectors, turn);
  const kinds = [...new Set(kindOf)];
  const byKind = kinds.map((kind) => spoiltScores.filter((_, row) => spoiltBy[row]?.kind === kind));
  const sets = {
    ordinary: surprises(heldOut),
    spoilt: kinds.map((kind, at) => ({ kind, copies: surprises(byKind[at] ?? []) })),
    leftOut: left.out,
    besideLeftOut: left.beside,
  };
  const usable = noveltyMethods.map((_, at) =>
    heldOut.some((row) => !Number.isNaN(row[at] ?? NaN)),
  );
  const weights = chooseWeights(sets, usable);
  const lean = chooseWeights(
    sets,
    usable.map((can, at) => can && !needsLogits.has(noveltyMethods[at] ?? 'energy')),
  );
  // In use, distances go to the whole reference, which is denser than the sample's folds.
  const placed = heldOut.map((row, at) => withNearest(row, whole.nearest[at]));
  for (let row = count; row < whole.ordinary.raw.rows; row += 1) {
    if (row % 50 === 0) await turn();
    const { embedding, logits } = pictureAt(whole.ordinary, row);
    placed.push(detect(detectors, embedding, logits, whole.nearest[row] ?? Number.NaN).scores);
  }
  const finalStandards = standardsOf(placed);
  const highest = (by: readonly number[]) =>
    quantile(
      placed.map((row) => combined(row, finalStandards, by)),
      0.99,
    );
  const parts = {
    standards: finalStandards,
    weights,
    withoutLogits: { weights: lean, scale: highest(weights) / (highest(lean) || 1) || 1 },
  };
  return {
    model: {
      ...parts,
      detectors,
      figures: figuresOf(sets, weights),
      reached: Object.fromEntries(
        kinds.map((kind, at) => [
          kind,
          quantile(
            (byKind[at] ?? []).map((row) => besides(row, standards)),
            withinReach,
          ),
        ]),
      ),
    },
    heldOut: Float64Array.from(placed, (row) => combinedBy(parts, row)),
  };
}

/** Detectors of some of the pictures, with those pictures to measure distances to. */
interface Part {
  readonly detectors: Detectors;
  readonly unit: EmbeddingMatrix;
  readonly neighbours: number;
}

function partOf(sample: NoveltySample, near: Detectors, isIn: (row: number) => boolean): Part {
  const rows = Array.from({ length: sample.ordinary.raw.rows }, (_, row) => row).filter(isIn);
  const spoiltRows = sample.spoiltBy.flatMap(({ source }, row) => (isIn(source) ? [row] : []));
  const ordinary = pickPictures(sample.ordinary, rows);
  const { classes, spoilt } = sample;
  const detectors = fitDetectors({
    ordinary,
    near,
    classes: classes === undefined ? undefined : Int32Array.from(rows, (row) => classes[row] ?? -1),
    spoilt:
      spoilt === undefined || spoiltRows.length === 0
        ? undefined
        : pickPictures(spoilt, spoiltRows),
    kinds: spoiltRows.flatMap((row) => sample.spoiltBy[row]?.kind ?? []),
  });
  return { detectors, unit: ordinary.unit, neighbours: sample.neighbours };
}

function scoreRow({ detectors, unit, neighbours }: Part, from: EmbeddedPictures, row: number) {
  const { dimensions } = from.raw;
  const start = row * dimensions;
  const nearest = new NearestSoFar(neighbours);
  for (let other = 0; other < unit.rows; other += 1) {
    const at = other * dimensions;
    const distance = cosineDistance(from.unit.values, start, unit.values, at, dimensions);
    if (distance > sameDirection) nearest.offer(other, distance);
  }
  const { embedding, logits } = pictureAt(from, row);
  const distance = nearest.found.length === 0 ? Number.NaN : meanDistance(nearest.found);
  return detect(detectors, embedding, logits, distance).scores;
}

function pictureAt({ raw, logits }: EmbeddedPictures, row: number) {
  return {
    embedding: rowOf(raw, row),
    logits: logits === undefined ? undefined : rowOf(logits, row),
  };
}

function firstRows(sample: NoveltySample, most: number): NoveltySample {
  const count = sample.ordinary.raw.rows;
  if (count <= most) return sample;
  const rows = Array.from({ length: most }, (_, row) => row);
  return {
    ...sample,
    ordinary: pickPictures(sample.ordinary, rows),
    classes: sample.classes?.slice(0, most),
    nearest: sample.nearest.slice(0, most),
  };
}

/** Surprises at a class (a cluster, without labels) that the detectors did not know. */
async function leaveOutGroups(
  sample: NoveltySample,
  near: Detectors,
  turn: () => Promise<void>,
): Promise<{ readonly out: Surprises; readonly beside: Surprises }> {
  const groups = groupRows(sample.ordinary.unit, sample.classes, mostGroups);
  const out: Float64Array[] = [];
  const beside: Float64Array[] = [];
  const groupCount = Math.max(...groups) + 1;
  for (let group = 0; group < groupCount && groupCount > 1; group += 1) {
    await turn();
    const isIn = (row: number) => groups[row] !== group && row % folds > 1;
    const known = groups.filter((_, row) => isIn(row)).length;
    if (known < 2 * folds) continue;
    const part = partOf(sample, near, isIn);
    const scores = (rows: (row: number) => boolean) =>
      [...groups.keys()].filter(rows).map((row) => scoreRow(part, sample.ordinary, row));
    const others = scores((row) => groups[row] !== group && row % folds <= 1);
    const standards = standardsOf(others);
    beside.push(...surprisesOf(others, standards));
    out.push(
      ...surprisesOf(
        scores((row) => groups[row] === group),
        standards,
      ),
    );
  }
  return { out, beside };
}

function standardsOf(scores: readonly MethodScores[]): Standard[] {
  return noveltyMethods.map((_, at) => standardOf(scores.map((row) => row[at] ?? Number.NaN)));
}

function surprisesOf(scores: readonly MethodScores[], standards: readonly Standard[]): Surprises {
  return scores.map((row) =>
    row.map((value, at) => {
      const standard = standards[at];
      return standard === undefined || Number.isNaN(value) ? Number.NaN : surprise(value, standard);
    }),
  );
}

function withNearest(row: MethodScores, nearest: number | undefined): MethodScores {
  const changed = row.slice();
  changed[noveltyMethods.indexOf('nearest-neighbours')] = nearest ?? Number.NaN;
  return changed;
}

function figuresOf(sets: WeighingSets, weights: readonly number[]): MethodFigures[] {
  const figuresBy = (
    method: MethodFigures['method'],
    of: (rows: Surprises) => number[],
  ): MethodFigures => {
    const spoilt = (mixed: boolean) =>
      sets.spoilt.flatMap(({ kind, copies }) => ((kind === 'mixed') === mixed ? of(copies) : []));
    const ordinary = of(sets.ordinary);
    return {
      method,
      spoilt: areaUnderCurve(ordinary, spoilt(false)),
      mixed: areaUnderCurve(ordinary, spoilt(true)),
      leftOut: areaUnderCurve(of(sets.besideLeftOut), of(sets.leftOut)),
    };
  };
  return [
    ...noveltyMethods.flatMap((method, at) =>
      sets.ordinary.some((row) => !Number.isNaN(row[at] ?? Number.NaN))
        ? [figuresBy(method, (rows) => rows.map((row) => row[at] ?? 0))]
        : [],
    ),
    figuresBy('combination', (rows) => weighed(rows, weights)),
  ];
}

function quantile(values: readonly number[], share: number): number {
  const ascending = values.toSorted((a, b) => a - b);
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))] ?? 0;
}
