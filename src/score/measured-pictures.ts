import { createHash } from 'node:crypto';
import type { PixelPlane } from '../image/decoded-image.js';
import type { EmbeddingRows } from './embedding-rows.js';
import type { Inference } from './embedder.js';
import type { PictureFormat } from './format/format-profile.js';
import { scorers } from './registry.js';
import type { InputWithPixels } from './scorer.js';
import type { OwnSignalName, SignalName } from './signal.js';

/**
 * What one picture gives to a reference by itself: it follows from the picture's bytes, from the
 * network, from scores of one's own and from how edgeminer measures, and from nothing else.
 */
export interface MeasuredPicture {
  /** The signals that look at pixels; one that is absent has no key. */
  readonly pixels: Readonly<Partial<Record<SignalName, number>>>;
  /** The form of its file, and whether it has colour. */
  readonly format: PictureFormat;
  /** Undefined without an embedder. */
  readonly inference: Inference | undefined;
  /** By the scores of one's own that look at nothing else (own/measure-own.ts). */
  readonly own: OwnMeasurements;
}

/** A score that is absent has no key. */
export type OwnMeasurements = Readonly<Partial<Record<OwnSignalName, number | 'failed'>>>;

/**
 * Pictures that were measured, by their content. Obligations:
 *
 * - A place is a whole number that stays the same until `close`; one content has one place.
 * - `keep` of a content that is known changes nothing. Calls come one after another.
 * - What `read` gives is bit for bit what was kept.
 * - Who opened it closes it.
 */
export interface MeasuredPictures {
  /** Undefined for a content that was not measured. */
  placeOf(sha256: string): number | undefined;
  keep(sha256: string, measured: MeasuredPicture): Promise<number>;
  read(place: number): Promise<MeasuredPicture>;
  /** The embeddings at these places as rows; all of them must have one. */
  embeddings(places: readonly number[]): EmbeddingRows;
}

/** The signals that look at the picture itself, on one picture. */
export function measurePixels(plane: PixelPlane): MeasuredPicture['pixels'] {
  const input: InputWithPixels = {
    plane,
    predictions: { kind: 'none' },
    predictionsBy: 'embedder',
    neighbours: 'no-reference',
  };
  const pixels: Partial<Record<SignalName, number>> = {};
  for (const scorer of scorers) {
    if (scorer.looksAt !== 'pixels') continue;
    const measurement = scorer.measure(input);
    // Zero has one sign, whatever it is written to.
    if (measurement.kind === 'measured') pixels[scorer.name] = measurement.raw + 0;
  }
  return pixels;
}

/**
 * A hash of what the scorers measure on drawn pictures: another one where a scorer was added or
 * measures otherwise. 64 hex digits.
 */
export function measuringFingerprint(): string {
  const drawn = [drawnPlane(96, 64, 1), drawnPlane(64, 96, 2), drawnPlane(40, 40, 0)];
  return createHash('sha256')
    .update(JSON.stringify(drawn.map(measurePixels)))
    .digest('hex');
}

/** Slopes, edges and grain, so that every measurement finds something. */
function drawnPlane(width: number, height: number, grain: number): PixelPlane {
  const rgb = new Uint8Array(width * height * 3);
  let state = 20_261_126;
  for (let at = 0; at < rgb.length; at += 1) {
    state = (state * 48_271) % 2_147_483_647;
    const pixel = Math.floor(at / 3);
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const square = (x >> 3) % 2 === (y >> 3) % 2 ? 60 : 0;
    rgb[at] = (2 * x + y + square + (at % 3) * 20 + grain * (state % 16)) % 256;
  }
  return { width, height, rgb };
}

/** Pictures that are measured once and need not be kept: all of it in memory. */
export function measuredInMemory(): MeasuredPictures {
  const places = new Map<string, number>();
  const kept: MeasuredPicture[] = [];
  const at = (place: number): MeasuredPicture => {
    const measured = kept[place];
    if (measured === undefined) throw new RangeError(`nothing is kept at place ${place}`);
    return measured;
  };
  return {
    placeOf: (sha256) => places.get(sha256),
    async keep(sha256, measured) {
      const known = places.get(sha256);
      if (known !== undefined) return known;
      places.set(sha256, kept.length);
      return kept.push(measured) - 1;
    },
    read: async (place) => at(place),
    embeddings(rows) {
      const first = rows[0] === undefined ? undefined : at(rows[0]).inference;
      const dimensions = first?.embedding.length ?? 0;
      return {
        rows: rows.length,
        dimensions,
        async readInto(to, from, until) {
          for (let row = from; row < until; row += 1) {
            const embedding = at(rows[row] ?? -1).inference?.embedding;
            if (embedding === undefined) throw new RangeError(`row ${row} has no embedding`);
            to.set(embedding, (row - from) * dimensions);
          }
        },
      };
    },
  };
}
