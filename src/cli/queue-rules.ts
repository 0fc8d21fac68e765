import type { Config } from '../config/load-config.js';
import { modelName } from '../ids.js';
import { describeDispute } from '../label/agreement/describe-dispute.js';
import { settle } from '../label/agreement/settle.js';
import { usualSettleRule } from '../label/agreement/settlement.js';
import { overlapBy } from '../queue/rules.js';
import type { QueueRules } from '../queue/rules.js';
import type { WeightStore } from '../queue/weight-store.js';
import type { Weights } from '../queue/weights.js';

/** The weights that this process settles by; those of the store as it last read them. */
export interface WeightBook {
  of(labelSet: string): Weights | undefined;
  /** Reads them anew; with `queue.consensus: votes` it stays empty. */
  refresh(store: WeightStore): Promise<void>;
}

export function weightBook({ queue }: Pick<Config, 'queue'>): WeightBook {
  let known: ReadonlyMap<string, Weights> = new Map();
  return {
    of: (labelSet) => known.get(labelSet),
    async refresh(store) {
      if (queue.consensus !== 'dawid-skene') return;
      known = new Map((await store.latest()).map((weights) => [weights.labelSet, weights]));
    },
  };
}

/** The state machine's rules, as they are set. */
export function queueRules(
  { queue }: Pick<Config, 'queue'>,
  book: Pick<WeightBook, 'of'> = { of: () => undefined },
): QueueRules {
  const overlap = queue.overlap.map(({ reason, model, share, opinions }) => ({
    reason,
    modelName: model === undefined ? undefined : modelName(model),
    share,
    opinions,
  }));
  return {
    overlapOf: overlapBy(overlap),
    settle: (opinions) => {
      const weights = book.of(opinions.at(-1)?.labelSet ?? '');
      const rule =
        weights === undefined ? usualSettleRule : { ...usualSettleRule, skills: weights.skills };
      const settled = settle(opinions, rule);
      const by = weights === undefined ? {} : { weights: weights.id };
      return settled.kind === 'agreed'
        ? { kind: 'agreed', body: settled.body, ...by }
        : { kind: 'disputed', why: settled.why.map(describeDispute), ...by };
    },
    skipsToEnd: queue.skipsToEnd,
  };
}
