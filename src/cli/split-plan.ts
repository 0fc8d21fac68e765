import type { Config } from '../config/load-config.js';
import type { SplitPlan } from '../curate/curated-set.js';

export function splitPlan({ curation }: Config): SplitPlan {
  return {
    shares: curation.shares,
    seed: curation.seed,
    incidentGap: curation.incidentGapSeconds * 1000,
    nearDuplicateBits: curation.nearDuplicateBits,
  };
}
