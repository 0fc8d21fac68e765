import type { Config } from '../../config/load-config.js';
import { failureOf, ok } from '../../telemetry/checkup.js';
import type { Check, Finding } from '../../telemetry/checkup.js';
import { openScore, tryScore } from '../open-scores.js';

/** Every score of the user's own: whether it loads, and what it does on a few simple inputs. */
export function scoresCheck(config: Config): Check {
  return {
    name: 'scores of your own',
    deadlineMs: 60_000,
    async run() {
      const findings: Finding[] = [];
      for (const settings of config.scores) {
        const name = `score own:${settings.name}`;
        try {
          const score = await openScore(settings);
          try {
            await tryScore(score.scorer);
          } finally {
            await score.close();
          }
          findings.push(ok(name, 'it loads, and passes its checks on simple inputs'));
        } catch (error) {
          findings.push(failureOf(name, error));
        }
      }
      return findings;
    },
  };
}
