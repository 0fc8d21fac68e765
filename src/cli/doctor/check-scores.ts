import { readReferenceFolder } from '../../adapters/directory/directory-reference-store.js';
import type { Config } from '../../config/load-config.js';
import { modelName, modelVersion } from '../../ids.js';
import { uncalibratedBy, uncalibratedText } from '../../score/own/in-reference.js';
import type { Reference } from '../../score/reference.js';
import type { OwnScorer } from '../../score/scorer.js';
import { failureOf, ok, warning } from '../../telemetry/checkup.js';
import type { Check, Finding } from '../../telemetry/checkup.js';
import { openScore, tryScore } from '../open-scores.js';
import { openReferences } from '../open-stores.js';

/**
 * Every score of the user's own: whether it loads, and what it does on a few simple inputs. Then
 * whether the references that are named exactly calibrate it.
 */
export function scoresCheck(config: Config): Check {
  return {
    name: 'scores of your own',
    deadlineMs: 60_000,
    async run() {
      const findings: Finding[] = [];
      const sound: OwnScorer[] = [];
      for (const settings of config.scores) {
        const name = `score own:${settings.name}`;
        try {
          const score = await openScore(settings);
          try {
            await tryScore(score.scorer);
          } finally {
            await score.close();
          }
          sound.push(score.scorer);
          findings.push(ok(name, 'it loads, and passes its checks on simple inputs'));
        } catch (error) {
          findings.push(failureOf(name, error));
        }
      }
      return sound.length === 0 ? findings : [...findings, ...(await calibrations(config, sound))];
    },
  };
}

/** What is wrong with the references themselves is told by their own check (check-models.ts). */
async function calibrations(config: Config, scorers: readonly OwnScorer[]): Promise<Finding[]> {
  const references = await referencesOf(config).catch(() => []);
  return references.flatMap((reference) => {
    const uncalibrated = uncalibratedBy(reference, scorers);
    if (uncalibrated.length === 0) return [];
    const { modelName: name, modelVersion: version } = reference;
    return [
      warning(
        `own scores in the reference of ${name} ${version}`,
        `not calibrated, so that fixed limits apply: ${uncalibratedText(uncalibrated)}`,
        `edgeminer reference build --images DIR --model-name ${name} --model-version ${version}`,
      ),
    ];
  });
}

async function referencesOf(config: Config): Promise<readonly Reference[]> {
  const { models } = config;
  const found: Reference[] = [];
  const stored = models.flatMap(({ name, versions, reference }) =>
    reference === 'store' && name !== '*'
      ? versions.flatMap((version) => (version.includes('*') ? [] : [{ name, version }]))
      : [],
  );
  for (const { reference } of models) {
    if (reference === 'store' || reference === 'none') continue;
    found.push(await readReferenceFolder(reference));
  }
  if (stored.length === 0) return found;
  const store = await openReferences(config);
  try {
    for (const { name, version } of stored) {
      const id = await store?.current(modelName(name), modelVersion(version));
      const reference = id === undefined ? undefined : await store?.load(id);
      if (reference !== undefined) found.push(reference);
    }
  } finally {
    await store?.close();
  }
  return found;
}
