import { compared } from '../explanation.js';
import type { PlainScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { mostSurprise } from './combine.js';

/**
 * How strange a picture is to the reference, by many methods together: the weighted mean of their
 * surprises in nats, each - ln of the share of a normal distribution, fitted to the method's
 * results on the reference, that lies higher. 0 to 455; an ordinary picture has about 0.9. How
 * much the methods weigh that know nothing of spoiling is chosen by the reference (weigh.ts), since no
 * method is best everywhere (Yang et al. 2022, _OpenOOD_); adding - ln p is Fisher's way to combine
 * tests (1925).
 */
export const outOfDistribution: PlainScorer = {
  name: 'out-of-distribution',
  family: 'novelty',
  looksAt: 'neighbours',
  unit: 'nats',
  range: [0, Math.ceil(mostSurprise)],
  unusual: 'high',
  fallbackLimit: 6,
  // About a nat: the median of eight references, of photographs and of classes of CIFAR-10.
  usualExcess: 0.0022,
  measure({ neighbours, novelty }) {
    if (typeof neighbours === 'string') return { kind: 'absent', why: neighbours };
    return novelty === undefined
      ? { kind: 'absent', why: 'no-reference' }
      : { kind: 'measured', raw: novelty.raw };
  },
  uncalibrated: (raw) => fallbackScore(raw, outOfDistribution.fallbackLimit, outOfDistribution),
  explain: (raw, standing) =>
    `Out of distribution by ${raw.toFixed(2)} nats: ${compared('stranger', standing)}.`,
};
