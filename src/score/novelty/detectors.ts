import type { Spoiling } from '../../image/spoil-plane.js';
import { rowOf } from '../embedding-matrix.js';
import type { EmbeddingMatrix } from '../embedding-matrix.js';
import { exposedScore, exposedSurprises, fitExposure } from './outlier-exposure.js';
import type { Exposure } from './outlier-exposure.js';
import { localDensities, localOutlierFactor, mostDensities } from './local-outlier-factor.js';
import type { LocalDensities } from './local-outlier-factor.js';
import { logitScores } from './logit-scores.js';
import { mahalanobis, shrunkCovariance } from './mahalanobis.js';
import type { ShrunkCovariance } from './mahalanobis.js';
import { exposureParts, noveltyMethods } from './novelty-methods.js';
import type { MethodScores, NoveltyMethod } from './novelty-methods.js';
import { dot, meanRow, mostAxes } from './principal-axes.js';
import { alongAxes, inverseLength, seenRows, seenUnit, sharedAxes } from './shared-axes.js';
import type { SeenRows, SharedAxes } from './shared-axes.js';

/** Every method's fitted state. Immutable data: a reference keeps it as a file. */
export interface Detectors {
  readonly axes: SharedAxes;
  readonly raw: ShrunkCovariance;
  readonly normalised: ShrunkCovariance;
  /** Undefined where the reference has fewer than two classes of enough pictures. */
  readonly classes: ShrunkCovariance | undefined;
  /** Of what the axes see of embeddings of length 1. */
  readonly densities: LocalDensities;
  /** Undefined where there were no spoilt pictures to fit it on. */
  readonly exposed: Exposure | undefined;
  readonly virtualLogit: VirtualLogit | undefined;
}

interface VirtualLogit {
  /** How many axes count as the reference's own. */
  readonly axes: number;
  /** The mean embedding along every axis. */
  readonly centre: Float32Array;
  /** What the residual is multiplied with. */
  readonly scale: number;
}

/** Pictures as the network sees them: rows of one matrix each, in one order. */
export interface EmbeddedPictures {
  readonly raw: EmbeddingMatrix;
  /** The same rows scaled to length 1. */
  readonly unit: EmbeddingMatrix;
  /** Undefined where the network only embeds. */
  readonly logits: EmbeddingMatrix | undefined;
}

export interface DetectorFit {
  readonly ordinary: EmbeddedPictures;
  /** Class of each ordinary picture, 0 up, -1 for none. */
  readonly classes: Int32Array | undefined;
  readonly spoilt: EmbeddedPictures | undefined;
  /** How each of the spoilt ones is spoilt. */
  readonly kinds: readonly Spoiling[];
  /** A fit of about the same pictures, whose axes are the place to begin. */
  readonly near?: Detectors;
}

/** A class of fewer pictures has no mean of its own. */
const fewestOfClass = 5;
const nowhere = new Float64Array(0);
const placeOf = Object.fromEntries(noveltyMethods.map((method, at) => [method, at])) as Readonly<
  Record<NoveltyMethod, number>
>;

export function fitDetectors({ ordinary, classes, spoilt, kinds, near }: DetectorFit): Detectors {
  const axes = sharedAxes(ordinary.raw, ordinary.unit, near?.axes);
  const raw = seenRows(axes, ordinary.raw);
  const unit = seenUnit(raw);
  return {
    axes,
    raw: shrunkCovariance(raw, axes.dimensions),
    normalised: shrunkCovariance(unit, axes.dimensions),
    classes: classes === undefined ? undefined : fitClasses(unit, axes.dimensions, classes),
    densities: localDensities(spread(unit.along, mostDensities)),
    exposed: spoilt === undefined ? undefined : fitExposure(ordinary.raw, spoilt.raw, kinds),
    virtualLogit: ordinary.logits === undefined ? undefined : fitVirtualLogit(raw, ordinary.logits),
  };
}

/** What all methods make of one picture. */
export interface Detected {
  readonly scores: MethodScores;
  /** How far towards each kind of spoiling, in nats; in the order of the exposure's kinds. */
  readonly towards: Float64Array;
}

/**
 * All methods on one picture. `nearest` is the mean cosine distance to the reference's nearest
 * pictures, from the neighbour index.
 */
export function detect(
  detectors: Detectors,
  embedding: Float32Array,
  logits: Float32Array | undefined,
  nearest: number,
): Detected {
  const { axes, classes, exposed, virtualLogit } = detectors;
  const along = alongAxes(axes, embedding);
  const squares = dot(embedding, 0, embedding, 0, embedding.length);
  const scale = inverseLength(squares);
  const unitSquares = scale > 0 ? 1 : 0;
  const towards = exposed === undefined ? nowhere : exposedSurprises(exposed, embedding);
  const scores = new Float64Array(noveltyMethods.length).fill(Number.NaN);
  const put = (method: NoveltyMethod, score: number) => {
    scores[placeOf[method]] = score;
  };
  if (logits !== undefined) {
    const fromLogits = logitScores(logits);
    put('maximum-softmax', fromLogits.maximumSoftmax);
    put('maximum-logit', fromLogits.maximumLogit);
    put('energy', fromLogits.energy);
    if (virtualLogit !== undefined) {
      const off = virtualLogit.scale * residual(along, squares, virtualLogit);
      put('virtual-logit', off + fromLogits.energy);
    }
  }
  put('nearest-neighbours', nearest);
  put('local-outlier-factor', localOutlierFactor(detectors.densities, along, scale));
  put('mahalanobis', mahalanobis(detectors.raw, along, squares));
  put('mahalanobis-normalised', mahalanobis(detectors.normalised, along, unitSquares, scale));
  if (classes !== undefined) {
    put('class-mahalanobis-normalised', mahalanobis(classes, along, unitSquares, scale));
  }
  if (exposed !== undefined) {
    for (const part of exposureParts) {
      put(part.method, exposedScore(towards, exposed.kinds, part.isAbout));
    }
  }
  return { scores, towards };
}

/** Evenly spread rows, `most` at most. */
export function spread(matrix: EmbeddingMatrix, most: number): EmbeddingMatrix {
  if (matrix.rows <= most) return matrix;
  const rows = Array.from({ length: most }, (_, at) => Math.floor((at * matrix.rows) / most));
  return pickRows(matrix, rows);
}

function pickRows(matrix: EmbeddingMatrix, rows: readonly number[]): EmbeddingMatrix {
  const { dimensions } = matrix;
  const picked = new Float32Array(rows.length * dimensions);
  for (const [at, row] of rows.entries()) {
    picked.set(rowOf(matrix, row), at * dimensions);
  }
  return { rows: rows.length, dimensions, values: picked };
}

export function pickPictures(from: EmbeddedPictures, rows: readonly number[]): EmbeddedPictures {
  return {
    raw: pickRows(from.raw, rows),
    unit: pickRows(from.unit, rows),
    logits: from.logits === undefined ? undefined : pickRows(from.logits, rows),
  };
}

/** How far off the first axes through the mean. */
function residual(
  along: ArrayLike<number>,
  squares: number,
  { axes, centre }: Pick<VirtualLogit, 'axes' | 'centre'>,
): number {
  let rest = squares;
  for (let axis = 0; axis < centre.length; axis += 1) {
    const part = along[axis] ?? 0;
    const apart = part - (centre[axis] ?? 0);
    rest += (axis < axes ? 0 : apart * apart) - part * part;
  }
  return Math.sqrt(Math.max(0, rest));
}

/**
 * Virtual-logit matching (Wang et al. 2022, _ViM_), around the reference's mean instead of the
 * point that the last layer maps to zero: the layer itself is not at hand.
 */
function fitVirtualLogit(
  { rows, along, squares }: SeenRows,
  logits: EmbeddingMatrix,
): VirtualLogit {
  // Half of the rows at most: the axes of a small reference would hold all that it varies in.
  const axes = Math.min(mostAxes, along.dimensions, Math.floor(rows / 2));
  const centre = meanRow(along);
  let residuals = 0;
  let highest = 0;
  for (let row = 0; row < rows; row += 1) {
    const start = row * along.dimensions;
    const own = along.values.subarray(start, start + along.dimensions);
    residuals += residual(own, squares[row] ?? 0, { axes, centre });
    const from = row * logits.dimensions;
    highest += logits.values
      .subarray(from, from + logits.dimensions)
      .reduce((most, logit) => Math.max(most, logit), -Infinity);
  }
  return { axes, centre, scale: residuals > 0 ? Math.max(0, highest / residuals) : 0 };
}

function fitClasses(
  unit: SeenRows,
  dimensions: number,
  classes: Int32Array,
): ShrunkCovariance | undefined {
  const sizes = new Map<number, number>();
  for (const name of classes) if (name >= 0) sizes.set(name, (sizes.get(name) ?? 0) + 1);
  const large = [...sizes].flatMap(([name, size]) => (size >= fewestOfClass ? [name] : []));
  if (large.length < 2) return undefined;
  const centreOf = new Map(large.map((name, centre) => [name, centre]));
  const of = classes.map((name) => centreOf.get(name) ?? -1);
  return shrunkCovariance(unit, dimensions, of);
}
