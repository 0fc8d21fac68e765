/** The names of the built-in signals; also column names in references and keys in policies. */
export const signalNames = [
  'least-confidence',
  'margin',
  'entropy',
  'lowest-box-score',
  'mean-box-score',
  'near-threshold',
  'class-overlap',
  'box-count',
  'box-size',
  'cut-boxes',
  'flicker',
  'label-disagreement',
  'dark',
  'over-exposed',
  'low-contrast',
  'blur',
  'clipped',
  'haze',
  'uneven-light',
  'colour-cast',
  'motion-blur',
  'noise',
  'compression',
  'low-information',
  'covered-lens',
  'crushed-shadows',
  'frozen-camera',
  'unusual-size',
  'unusual-aspect',
  'unusual-colour-mode',
  'unusual-encoding',
  'rotated',
  'embedding-distance',
  'out-of-distribution',
] as const;

export type BuiltInSignalName = (typeof signalNames)[number];

/**
 * A score of the user's own (docs/own-scores.md). The prefix keeps it apart from every built-in
 * one, also from those that a later version brings.
 */
export type OwnSignalName = `own:${string}`;

export type SignalName = BuiltInSignalName | OwnSignalName;

/** What stands behind `own:`, as it is written under `scores`. */
export const ownScoreName = /^[a-z][a-z0-9-]{0,49}$/;

export const ownSignal = (name: string): OwnSignalName => `own:${name}`;

export function isOwnSignal(name: string): name is OwnSignalName {
  return name.startsWith('own:') && ownScoreName.test(name.slice('own:'.length));
}

/** Built-in ones in their fixed order, then one's own by name; what is neither is left out. */
export function inSignalOrder(names: Iterable<string>): SignalName[] {
  const given = new Set(names);
  return [
    ...signalNames.filter((name) => given.has(name)),
    ...[...given].filter(isOwnSignal).sort(),
  ];
}

/** What a signal is about; candidates are counted and prioritised by it. */
export type SignalFamily = 'confidence' | 'quality' | 'format' | 'novelty';

/** One scorer's result for one event: measured, then scored, then flagged. */
export interface Signal {
  readonly name: SignalName;
  readonly family: SignalFamily;
  /** The measurement, in the scorer's unit and range. */
  readonly raw: number;
  /**
   * 0..1, 1 = most unusual. Calibrated: one minus the conformal p-value of `raw` among the
   * reference's measurements. Not calibrated: the scorer's fixed mapping of `raw`.
   */
  readonly edgeScore: number;
  readonly calibrated: boolean;
  readonly flagged: boolean;
  /**
   * Of a flagged one with a reference: -ln of how probable a fresh picture is that is at least as
   * unusual, nats; beyond the reference's own pictures an estimate. What it is the most of weighed most.
   */
  readonly surprise?: number;
  /** Of a flagged one: the raw limit that it lies beyond, where its rule comes to one. */
  readonly limit?: number;
  /** Sentences with figures, for a person; the first one says it all. */
  readonly explanation: string;
  /**
   * The flagged quality signal that explains this novelty: the picture is badly taken, and need
   * not show anything new.
   */
  readonly cause?: SignalName;
}

/** A signal that could not be had for this event, and why. */
export interface AbsentSignal {
  readonly name: SignalName;
  readonly why:
    | 'no-predictions'
    | 'no-reference'
    | 'no-embedding'
    | 'embedding-size-differs'
    /** Neither set nor to be had of the reference. */
    | 'no-threshold'
    /** None of the source that this worker saw, or none that is new enough. */
    | 'no-previous-frame'
    /** A dark or a blank picture, or one of another size than the frame before. */
    | 'too-little-texture'
    /** The reference was built before it kept the formats of its pictures. */
    | 'no-formats-in-reference'
    /** The event brought all that was asked for, so nobody read its image. */
    | 'image-not-read'
    /** The reference's pictures have none. */
    | 'no-labels'
    /** The predicted class is none of the reference's labels. */
    | 'labels-differ'
    /** A score of one's own threw, or gave what is no number within its range. */
    | 'failed'
    /** A score of one's own has nothing to say of this event. */
    | 'does-not-apply';
}

/** All that was found out about one event. */
export interface ScoreCard {
  readonly signals: readonly Signal[];
  readonly absent: readonly AbsentSignal[];
}

/** When a signal is flagged. */
export type FlagRule =
  /** The measurement is beyond what this share of the reference's own pictures reach. */
  | {
      readonly kind: 'false-alarms';
      readonly rate: number;
      /** The rate is that of all signals together whose rule says so: each gets its part. */
      readonly together?: boolean;
    }
  /** The edge score is at least this. */
  | { readonly kind: 'edge-score'; readonly atLeast: number }
  /** The raw measurement is at or beyond this, in the scorer's direction. */
  | { readonly kind: 'raw'; readonly limit: number }
  /** Not asked for: neither measured nor listed. */
  | { readonly kind: 'off' };

/** A rule of its own for some predicted classes. */
export interface ByClass {
  readonly kind: 'by-class';
  readonly classes: ReadonlyMap<string, FlagRule>;
  readonly otherwise: FlagRule;
}

/** A score of one's own that has no rule is off. */
export type FlagRules = Readonly<Record<BuiltInSignalName, FlagRule | ByClass>> &
  Readonly<Partial<Record<OwnSignalName, FlagRule | ByClass>>>;
