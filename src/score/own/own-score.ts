import type { Classification, Detection } from '../../event/inference-event.js';
import type { PixelPlane } from '../../image/decoded-image.js';
import type { Spoiling } from '../../image/spoil-plane.js';
import type { SignalFamily } from '../signal.js';

/*
 * What a module with a score of one's own exports, published as `edgeminer/scorer`.
 * docs/own-scores.md shows complete examples.
 */

/** What a score may look at. */
export type ScoreNeed = keyof ScoreInputs;

export interface ScoreInputs {
  /**
   * The decoded picture: sRGB, upright, its longer side at most 512 pixels. `rgb` is row by row,
   * R, G, B of each pixel, 0..255. Read it, don't write to it.
   */
  readonly pixels: PixelPlane;
  /** The event's predictions, or the configured model's where it brings none. */
  readonly predictions: Classification | Detection;
  /** The event's embedding, or the configured model's where it brings none; not normalised. */
  readonly embedding: Float32Array;
}

/** The inputs that were asked for; all of them are there. */
export type ScoreInput<Needs extends ScoreNeed> = Readonly<Pick<ScoreInputs, Needs>>;

/**
 * A score of one's own: the default export of a module. `measure` must give the same for the same
 * input, keep nothing and wait for nothing: one that takes 10 seconds is ended.
 */
export interface Score<Needs extends ScoreNeed = ScoreNeed> {
  /** An event that lacks one of these is not measured. At least one. */
  readonly needs: readonly Needs[];
  /** What the number counts, for people: '0..1', 'grey levels', 'boxes'. */
  readonly unit: string;
  /** Lowest and highest possible measurement; both finite. */
  readonly range: readonly [lowest: number, highest: number];
  /** Which end of the range is unusual. */
  readonly unusual: 'low' | 'high';
  /**
   * Flagged from here on while no reference says what is usual. Within the range, and not its
   * unusual end.
   */
  readonly limit: number;
  /**
   * What it is about, for priorities: unless told, `confidence` for a score that needs
   * predictions, `novelty` for one that needs the embedding, else `quality`.
   */
  readonly family?: SignalFamily;
  /** Length of the embeddings that it is for; others are not given to it. Any, unless told. */
  readonly embeddingLength?: number;
  /**
   * Ways of spoiling a picture that never make the measurement less unusual; the checks hold it
   * to that.
   */
  readonly worsensWith?: readonly Spoiling[];
  /**
   * Within the range; undefined where there is nothing to say of this event. What throws or gives
   * anything else is counted, and the event goes on without this score.
   */
  measure(input: ScoreInput<Needs>): number | undefined;
  /** The measurement for a person, as the start of a sentence: 'Rust covers 12 % of the picture'. */
  describe?(measurement: number): string;
}

/** A module may export this instead: it is called once, with the `options` of the settings. */
export type ScoreFactory<Needs extends ScoreNeed = ScoreNeed, Options = unknown> = (
  options: Options,
) => Score<Needs> | Promise<Score<Needs>>;
