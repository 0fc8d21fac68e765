import type { EmbeddingMatrix } from '../embedding-matrix.js';
import { exposedDirection, exposedScore } from './outlier-exposure.js';
import type { ExposedDirection } from './outlier-exposure.js';
import { localDensities, localOutlierFactor, mostDensities } from './local-outlier-factor.js';
import type { LocalDensities } from './local-outlier-factor.js';
import { logitScores } from './logit-scores.js';
import { classCentre, classMahalanobis, mahalanobis, shrunkCovariance } from './mahalanobis.js';
import type { ClassCentre, ShrunkCovariance } from './mahalanobis.js';
import { noveltyMethods } from './novelty-methods.js';
import type { MethodScores, NoveltyMethod } from './novelty-methods.js';
import { meanRow, project } from './principal-axes.js';
import type { PrincipalAxes, Projection } from './principal-axes.js';

/** Every method's fitted state. Immutable data: a reference keeps it as a file. */
export interface Detectors {
  readonly raw: ShrunkCovariance;
  readonly normalised: ShrunkCovariance;
  /** Undefined where the reference has fewer than two classes of enough pictures. */
  readonly classes:
    { readonly covariance: ShrunkCovariance; readonly centres: readonly ClassCentre[] } | undefined;
  readonly densities: LocalDensities;
  /** Undefined where there were no spoilt pictures to fit it on. */
  readonly exposed:
    { readonly close: ExposedDirection; readonly smooth: ExposedDirection } | undefined;
  /** How many axes ViM counts as the reference's own, and what its residual is multiplied with. */
  readonly virtualLogit: { readonly axes: number; readonly scale: number } | undefined;
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
  /** A fit of about the same pictures, whose axes are the place to begin. */
  readonly near?: Detectors;
}

/** A class of fewer pictures has no mean of its own. */
const fewestOfClass = 5;
const penalties = { close: 1, smooth: 10 } as const;

export function fitDetectors({ ordinary, classes, spoilt, near }: DetectorFit): Detectors {
  const raw = shrunkCovariance(ordinary.raw, undefined, near?.raw.axes);
  const normalised = shrunkCovariance(ordinary.unit, undefined, near?.normalised.axes);
  return {
    raw,
    normalised,
    classes:
      classes === undefined ? undefined : fitClasses(ordinary.unit, classes, normalised.axes),
    densities: localDensities(spread(ordinary.unit, mostDensities)),
    exposed:
      spoilt === undefined
        ? undefined
        : {
            close: exposedDirection(ordinary.unit, spoilt.unit, penalties.close),
            smooth: exposedDirection(ordinary.unit, spoilt.unit, penalties.smooth),
          },
    virtualLogit:
      ordinary.logits === undefined
        ? undefined
        : fitVirtualLogit(raw, ordinary.raw, ordinary.logits),
  };
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
): MethodScores {
  const unit = unitOf(embedding);
  const raw = project(detectors.raw.axes, embedding);
  const fromLogits = logits === undefined ? undefined : logitScores(logits);
  const { classes, exposed, virtualLogit } = detectors;
  const scores: Record<NoveltyMethod, number | undefined> = {
    'maximum-softmax': fromLogits?.maximumSoftmax,
    'maximum-logit': fromLogits?.maximumLogit,
    energy: fromLogits?.energy,
    'virtual-logit':
      fromLogits === undefined || virtualLogit === undefined
        ? undefined
        : virtualLogit.scale * residual(raw, virtualLogit.axes) + fromLogits.energy,
    'nearest-neighbours': nearest,
    'local-outlier-factor': localOutlierFactor(detectors.densities, unit),
    mahalanobis: mahalanobis(detectors.raw, raw),
    'mahalanobis-normalised': mahalanobis(
      detectors.normalised,
      project(detectors.normalised.axes, unit),
    ),
    'class-mahalanobis-normalised':
      classes === undefined
        ? undefined
        : classMahalanobis(
            classes.covariance,
            classes.centres,
            unit,
            project(classes.covariance.axes, unit),
          ),
    'outlier-exposure': exposed === undefined ? undefined : exposedScore(exposed.close, unit),
    'outlier-exposure-smooth':
      exposed === undefined ? undefined : exposedScore(exposed.smooth, unit),
  };
  return Float64Array.from(noveltyMethods, (name) => scores[name] ?? Number.NaN);
}

/** A copy of length 1; one without direction stays zeros. */
export function unitOf(embedding: Float32Array): Float32Array {
  const length = Math.sqrt(embedding.reduce((sum, value) => sum + value * value, 0));
  return length > 0 && Number.isFinite(length)
    ? embedding.map((value) => value / length)
    : new Float32Array(embedding.length);
}

/** Evenly spread rows, `most` at most. */
export function spread(matrix: EmbeddingMatrix, most: number): EmbeddingMatrix {
  if (matrix.rows <= most) return matrix;
  const rows = Array.from({ length: most }, (_, at) => Math.floor((at * matrix.rows) / most));
  return pickRows(matrix, rows);
}

export function pickRows(
  { dimensions, values }: EmbeddingMatrix,
  rows: readonly number[],
): EmbeddingMatrix {
  const picked = new Float32Array(rows.length * dimensions);
  for (const [at, row] of rows.entries()) {
    picked.set(values.subarray(row * dimensions, (row + 1) * dimensions), at * dimensions);
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

/** How far off the first axes. */
function residual({ coefficients, squares }: Projection, axes: number): number {
  let onAxes = 0;
  for (const coefficient of coefficients.subarray(0, axes)) onAxes += coefficient * coefficient;
  return Math.sqrt(Math.max(0, squares - onAxes));
}

/**
 * Virtual-logit matching (Wang et al. 2022, _ViM_), around the reference's mean instead of the
 * point that the last layer maps to zero: the layer itself is not at hand.
 */
function fitVirtualLogit(
  { axes }: ShrunkCovariance,
  raw: EmbeddingMatrix,
  logits: EmbeddingMatrix,
): Detectors['virtualLogit'] {
  // Half of them at most: the axes of a small reference would hold all that it varies in.
  const count = Math.min(axes.variances.length, Math.floor(raw.rows / 2));
  let residuals = 0;
  let highest = 0;
  for (let row = 0; row < raw.rows; row += 1) {
    const start = row * raw.dimensions;
    residuals += residual(project(axes, raw.values.subarray(start, start + raw.dimensions)), count);
    const from = row * logits.dimensions;
    highest += logits.values
      .subarray(from, from + logits.dimensions)
      .reduce((most, logit) => Math.max(most, logit), -Infinity);
  }
  return { axes: count, scale: residuals > 0 ? Math.max(0, highest / residuals) : 0 };
}

function fitClasses(
  unit: EmbeddingMatrix,
  classes: Int32Array,
  near: PrincipalAxes,
): Detectors['classes'] {
  const members = new Map<number, number[]>();
  for (const [row, name] of classes.entries()) {
    if (name < 0) continue;
    const rows = members.get(name) ?? [];
    rows.push(row);
    members.set(name, rows);
  }
  const large = [...members.values()].filter((rows) => rows.length >= fewestOfClass);
  if (large.length < 2) return undefined;
  const means = large.map((rows) => meanRow(pickRows(unit, rows)));
  const of = Int32Array.from(large.flatMap((rows, index) => rows.map(() => index)));
  const covariance = shrunkCovariance(pickRows(unit, large.flat()), { of, means }, near);
  return { covariance, centres: means.map((mean) => classCentre(covariance, mean)) };
}
