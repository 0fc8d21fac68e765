import type { Spoiling } from '../../image/spoil-plane.js';
import type { Neighbour } from '../neighbours.js';
import type { Signal, SignalName } from '../signal.js';
import type { NoveltyFinding } from './novelty-model.js';

/** What the quality signals see, and the ways of spoiling a picture that make them see it. */
const spoilingsOf: Readonly<Partial<Record<SignalName, readonly Spoiling[]>>> = {
  dark: ['dark', 'steep'],
  'over-exposed': ['over-exposed'],
  'low-contrast': ['haze'],
  blur: ['defocused', 'moved'],
  clipped: ['over-exposed'],
  haze: ['haze'],
  'colour-cast': ['colour-cast'],
  'motion-blur': ['moved'],
  noise: ['noisy', 'speckled'],
  compression: ['compressed'],
  'covered-lens': ['half-covered'],
  'crushed-shadows': ['dark', 'steep'],
};

/** As few as one ordinary picture in a hundred lie as far, in nats. */
const strange = 4.6;

/** How a picture is called that was spoilt so. */
const calledWhen: Readonly<Record<Spoiling, string>> = {
  dark: 'dark',
  'over-exposed': 'over-exposed',
  steep: 'high-contrast',
  haze: 'hazy',
  'colour-cast': 'colour-cast',
  defocused: 'defocused',
  moved: 'motion-blurred',
  noisy: 'noisy',
  speckled: 'speckled',
  compressed: 'hard compressed',
  coarse: 'coarse',
  'half-covered': 'half-covered',
  mixed: 'doubly exposed',
  shuffled: 'shuffled',
};

const saidOf: Readonly<Partial<Record<SignalName, string>>> = {
  dark: 'it is dark',
  'over-exposed': 'it is over-exposed',
  'low-contrast': 'it has little contrast',
  blur: 'it is blurred',
  clipped: 'its highlights are clipped',
  haze: 'it is hazy',
  'colour-cast': 'it has a colour cast',
  'motion-blur': 'it is smeared in one direction',
  noise: 'it is noisy',
  compression: 'it is compressed hard',
  'covered-lens': 'it is covered or lost in part or all',
  'crushed-shadows': 'its shadows are crushed',
};

/** Grey levels of the luma: a picture with no more shows nothing, so nothing new either. */
const blankSpread = 24;

export interface NoveltyCause {
  readonly signal: SignalName;
  /** There is next to nothing in the picture. */
  readonly isBlank: boolean;
}

/**
 * The flagged quality signal that explains a novelty; undefined where none does. Of a blank picture it
 * is its light. Else the picture lies farthest towards the reference's own pictures spoilt likewise, and
 * the methods that don't look for that find it no stranger than them. Where several do, the most unusual
 * signal; of equally unusual ones that of the farther way, and then the one that stands for fewer ways:
 * motion blur, not blur.
 */
export function causeOf(
  finding: NoveltyFinding,
  signals: readonly Signal[],
): NoveltyCause | undefined {
  const blankBy = blamedForBlank(signals);
  if (blankBy !== undefined) return { signal: blankBy, isBlank: true };
  const { explainedBy } = finding;
  const causes = signals.flatMap(({ name, flagged, edgeScore }) => {
    const kinds = spoilingsOf[name] ?? [];
    const farthest = explainedBy.findIndex((kind) => kinds.includes(kind));
    return flagged && farthest >= 0 ? [{ name, edgeScore, farthest, ways: kinds.length }] : [];
  });
  causes.sort((a, b) => b.edgeScore - a.edgeScore || a.farthest - b.farthest || a.ways - b.ways);
  const [first] = causes;
  return first === undefined ? undefined : { signal: first.name, isBlank: false };
}

function blamedForBlank(signals: readonly Signal[]): SignalName | undefined {
  const isBlank = signals.some(
    ({ name, flagged, raw }) => name === 'low-contrast' && flagged && raw <= blankSpread,
  );
  if (!isBlank) return undefined;
  return causesOfBlank.find((name) =>
    signals.some((signal) => signal.name === name && signal.flagged),
  );
}

/** What a blank picture is called by; it is blurred, hazy and clipped besides. */
const causesOfBlank: readonly SignalName[] = ['dark', 'over-exposed', 'low-contrast'];

/** Sentences that follow the explanation: what weighed, what it is near to, what explains it. */
export function noveltyDetail(
  finding: NoveltyFinding,
  nearest: readonly Neighbour[],
  items: readonly { readonly path: string }[],
  cause: NoveltyCause | undefined,
): string {
  const total = finding.shares.reduce((sum, { share }) => sum + share, 0);
  const most = finding.shares
    .slice(0, 3)
    .map(({ method, share }) => ({ method, percent: Math.round((100 * share) / total) }))
    .filter(({ percent }) => percent > 0)
    .map(({ method, percent }) => `${method} ${percent} %`);
  const farthest = finding.towards[0];
  const near = nearest.slice(0, 3).flatMap(({ index }) => items[index]?.path ?? []);
  return [
    ...(most.length === 0 ? [] : [`Most weighed ${most.join(', ')}.`]),
    ...(farthest === undefined || farthest.surprise < strange
      ? []
      : [`Farthest towards ${calledWhen[farthest.kind]} pictures.`]),
    ...(near.length === 0 ? [] : [`Nearest in the reference: ${near.join(', ')}.`]),
    ...(cause === undefined ? [] : [becauseOf(cause)]),
  ].join(' ');
}

function becauseOf({ signal, isBlank }: NoveltyCause): string {
  const said = `But ${saidOf[signal] ?? `it is flagged for ${signal}`}, and that explains it: `;
  return isBlank
    ? `${said}there is next to nothing to be seen in it.`
    : `${said}pictures of the reference become as strange when spoilt so.`;
}
