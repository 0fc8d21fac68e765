import { createHash } from 'node:crypto';
import { openModuleScore } from '../adapters/module/module-score.js';
import { openOnnxScore } from '../adapters/onnx/onnx-score.js';
import type { Config } from '../config/load-config.js';
import type { ScoreSettings } from '../config/score-settings.js';
import { canonicalJson } from '../canonical-json.js';
import { EdgeminerError, isEdgeminerError } from '../faults.js';
import { checkScorer, firstProblem } from '../score/checks/check-scorer.js';
import { simpleProbes } from '../score/checks/probes.js';
import { ownScorer } from '../score/own/own-scorer.js';
import { createOwnScores } from '../score/own/own-scores.js';
import type { OnScoreFailure, OwnScores } from '../score/own/own-scores.js';
import { checkTraits } from '../score/own/read-score.js';
import type { OwnScorer } from '../score/scorer.js';
import { closeAll } from './open-stores.js';

/** A score of the user's own, loaded but not checked. */
export interface OpenScore {
  readonly scorer: OwnScorer;
  close(): Promise<void>;
}

export interface OpenScores extends OwnScores {
  close(): Promise<void>;
}

/**
 * Loads every score of the settings and tries each on a few simple inputs.
 * @throws EdgeminerError `score.invalid` that names the score and what is wrong with it.
 */
export async function openScores(config: Config, onFailure: OnScoreFailure): Promise<OpenScores> {
  const opened: OpenScore[] = [];
  try {
    for (const settings of config.scores) {
      const one = await openScore(settings);
      opened.push(one);
      await tryScore(one.scorer);
    }
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
  const scores = createOwnScores(
    opened.map(({ scorer }) => scorer),
    onFailure,
  );
  return { ...scores, close: () => closeAll(opened) };
}

/** @throws EdgeminerError `score.invalid` with the first check that a score fails. */
export async function tryScore(scorer: OwnScorer): Promise<void> {
  const probes = simpleProbes(scorer.embeddingLength);
  const problem = firstProblem(await checkScorer(scorer, probes));
  if (problem === undefined) return;
  throw new EdgeminerError('score.invalid', `the score ${scorer.name} ${problem}`, {
    field: scorer.name,
    mend: `Mend it; edgeminer score check ${scorer.name} shows all that is wrong with it.`,
  });
}

/** @throws EdgeminerError `score.invalid` that says what of the settings or the file is wrong. */
export async function openScore(settings: ScoreSettings): Promise<OpenScore> {
  const { name, module, onnx } = settings;
  try {
    if (module !== undefined) return await openModule(name, module, settings.options);
    if (onnx !== undefined) return await openOnnx(settings, onnx);
  } catch (error) {
    if (!isEdgeminerError(error) || error.code !== 'score.invalid') throw error;
    const { message, field, mend } = error;
    throw new EdgeminerError('score.invalid', `the score own:${name}: ${message}`, {
      cause: error,
      ...(field === undefined ? {} : { field: `scores.${name}.${field}` }),
      ...(mend === undefined ? {} : { mend }),
    });
  }
  throw new TypeError(`the score ${name} has neither a module nor an ONNX file`);
}

async function openModule(name: string, file: string, options: unknown): Promise<OpenScore> {
  const score = await openModuleScore({ file, options });
  const fingerprint = fingerprintOf(score.source, { options: options ?? null });
  const scorer = ownScorer({ name, fingerprint }, score.traits, score);
  return { scorer, close: () => score.close() };
}

async function openOnnx(settings: ScoreSettings, file: string): Promise<OpenScore> {
  const { name, over = 'picture', input, output, unit = 'model output' } = settings;
  const { range, unusual, limit, family } = settings;
  const picture = over === 'picture' ? input : undefined;
  const needs = [over === 'picture' ? 'pixels' : 'embedding'] as const;
  const given: unknown = { needs, unit, range, unusual, limit, family };
  checkTraits(given, `the entry`);
  const model = await openOnnxScore({ file, picture, output });
  const traits = {
    ...given,
    ...(model.embeddingLength === undefined ? {} : { embeddingLength: model.embeddingLength }),
  };
  const fingerprint = fingerprintOf(model.sha256, {
    over,
    picture: picture ?? null,
    output: output ?? null,
  });
  const run: OwnScorer['run'] = async ({ plane, embedding }) => {
    const wanted = over === 'picture' ? plane : embedding;
    if (wanted === undefined || typeof wanted === 'string') {
      throw new TypeError(`there is no ${over} to look at`);
    }
    return { raw: withinRounding(await model.measure(wanted), traits.range) };
  };
  return { scorer: ownScorer({ name, fingerprint }, traits, { run }), close: () => model.close() };
}

/** A softmax of floats may come out at 1.0000001; that is no fault of the model. */
function withinRounding(value: number, [low, high]: readonly [number, number]): number {
  const slack = 1e-5 * (high - low);
  if (value > high && value <= high + slack) return high;
  return value < low && value >= low - slack ? low : value;
}

/** What a measurement depends on, so far as the settings tell; see docs/own-scores.md. */
function fingerprintOf(file: Uint8Array | string, rest: unknown): string {
  return createHash('sha256').update(file).update(canonicalJson(rest)).digest('hex');
}
