import type { Config } from '../config/load-config.js';
import { modelName } from '../ids.js';
import { describeDispute } from '../label/agreement/describe-dispute.js';
import type { AnnotatorSkills } from '../label/agreement/dawid-skene.js';
import { settle, usualSettleRule } from '../label/agreement/settle.js';
import { overlapBy } from '../queue/rules.js';
import type { QueueRules } from '../queue/rules.js';

/**
 * The state machine's rules, as they are set.
 *
 * @param skills What annotators are worth at present, where that is known.
 */
export function queueRules(
  { queue }: Pick<Config, 'queue'>,
  skills: () => AnnotatorSkills | undefined = () => undefined,
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
      const known = skills();
      const rule = known === undefined ? usualSettleRule : { ...usualSettleRule, skills: known };
      const settled = settle(opinions, rule);
      return settled.kind === 'agreed'
        ? settled
        : { kind: 'disputed', why: settled.why.map(describeDispute) };
    },
    skipsToEnd: queue.skipsToEnd,
  };
}
