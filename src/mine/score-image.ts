import type { InferenceEvent, Predictions } from '../event/inference-event.js';
import { chooseEmbedding } from '../score/embedding-choice.js';
import type { Inference } from '../score/embedder.js';
import { withLabels } from '../score/measure-neighbours.js';
import { findingOf } from '../score/novelty/novelty-model.js';
import { turnOf } from '../score/format/second-look.js';
import { isColoured } from '../score/format/is-coloured.js';
import { askedBy } from '../score/own/own-scores.js';
import { predictionsFrom } from '../score/predictions.js';
import { statisticsOf } from '../score/plane-statistics.js';
import { asksFor, scoreEvent } from '../score/score-event.js';
import type { PreviousFrame, ScoringInput } from '../score/scorer.js';
import type { ScoreCard } from '../score/signal.js';
import type { SeenImage } from './look-at-image.js';
import type { ServedModel } from './served-models.js';

/** An event's scores, and the predictions that they were made from. */
export interface ScoredImage {
  readonly scores: ScoreCard;
  readonly predictions: Predictions;
}

/**
 * Scores an event by its model's reference and policy. What the event brings (predictions, an
 * embedding) is used; what it lacks comes from the configured ONNX model, which is not run
 * where nothing is lacking.
 */
export async function scoreImage(
  event: InferenceEvent,
  image: SeenImage | undefined,
  model: ServedModel,
  previous: PreviousFrame | undefined,
): Promise<ScoredImage> {
  // Now, one picture at a time: inferences end in batches, and eight measurements in a row would
  // hold up heartbeats and HTTP.
  if (image !== undefined && asksFor('pixels', model.policy.flags))
    statisticsOf(image.decoded.plane);
  const inference = await inferWhatIsLacking(event, image, model);
  const predictions =
    event.predictions.kind === 'none' && inference !== undefined && model.embedder !== undefined
      ? predictionsFrom(inference, model.embedder.model)
      : event.predictions;
  const own = await ownOf(event, image, { inference, predictions }, model);
  const input = {
    plane: image?.decoded.plane,
    predictions,
    predictionsBy: event.predictions.kind === 'none' ? 'embedder' : 'producer',
    ...(await noveltyOf(event, inference, model)),
    // A reference was measured with a threshold of its own, and is compared by it.
    detection: model.reference?.reference.detection ?? { scoreThreshold: model.scoreThreshold },
    referenceLabels: model.reference?.labels,
    previous,
    ...(await formatOf(image, inference, model)),
    own,
  } as const;
  const { reference, policy } = model;
  return {
    scores: scoreEvent(
      input,
      reference?.calibration.forSource(event.sourceId),
      policy.flags,
      model.own?.all,
    ),
    predictions,
  };
}

/** The form of an image that was looked at anyway, and those of the reference. */
async function formatOf(
  image: SeenImage | undefined,
  inference: Inference | undefined,
  { embedder, reference, policy }: ServedModel,
): Promise<Pick<ScoringInput, 'format' | 'formats' | 'turn'>> {
  if (reference === undefined || !asksFor('format', policy.flags)) return {};
  const { formats = 'no-formats-in-reference' } = reference.reference;
  if (image === undefined || typeof formats === 'string') return { formats };
  const { format: facts, plane } = image.decoded;
  const form = { format: { facts, coloured: isColoured(plane) }, formats };
  const { turns } = reference.reference;
  if (policy.flags.rotated.kind === 'off' || turns === undefined) return form;
  if (embedder === undefined || inference === undefined) return form;
  const turn = await turnOf(plane, inference.embedding, turns, embedder);
  return turn === undefined ? form : { ...form, turn };
}

/** Whether the event can't be scored by its model's policy from what it brings alone. */
export function needsPixels(event: InferenceEvent, model: ServedModel): boolean {
  const { flags } = model.policy;
  return (
    asksFor('pixels', flags, model.own?.all) ||
    asksFor('frames', flags) ||
    needsInference(event, model)
  );
}

/** Whether a signal is asked for that compares the picture with its source's frame before. */
export function comparesFrames({ policy }: ServedModel): boolean {
  return asksFor('frames', policy.flags);
}

function needsInference(
  event: InferenceEvent,
  { embedder, reference, policy, own }: ServedModel,
): boolean {
  if (embedder === undefined) return false;
  const lacksPredictions =
    event.predictions.kind === 'none' && embedder.model.classes !== undefined;
  const lacksEmbedding =
    event.embedding === undefined &&
    ((reference?.index !== undefined && asksFor('neighbours', policy.flags)) ||
      asksFor('embedding', policy.flags, own?.all));
  return lacksPredictions || lacksEmbedding;
}

async function inferWhatIsLacking(
  event: InferenceEvent,
  image: SeenImage | undefined,
  model: ServedModel,
): Promise<Inference | undefined> {
  if (image === undefined || !needsInference(event, model)) return undefined;
  return model.embedder?.infer(image.decoded.plane);
}

/** What the scores of the user's own measure. */
async function ownOf(
  event: InferenceEvent,
  image: SeenImage | undefined,
  found: { readonly inference: Inference | undefined; readonly predictions: Predictions },
  { reference, policy, own }: ServedModel,
): Promise<ScoringInput['own']> {
  if (own === undefined) return undefined;
  // Without a reference there is nothing that an embedding's length could differ from.
  const embedding = event.embedding ?? found.inference?.embedding;
  const dimensions = reference?.index?.dimensions ?? embedding?.length ?? 0;
  const chosen = chooseEmbedding(event.embedding, found.inference?.embedding, dimensions);
  const input = {
    plane: image?.decoded.plane,
    predictions: found.predictions,
    embedding: chosen.kind === 'embedding' ? chosen.embedding : chosen.why,
  };
  return own.measure(input, askedBy(policy.flags, own.scorers));
}

/** Neighbours and what the reference's novelty model says, by one embedding. */
async function noveltyOf(
  event: InferenceEvent,
  inference: Inference | undefined,
  { reference, policy }: ServedModel,
): Promise<Pick<ScoringInput, 'neighbours' | 'novelty' | 'items'>> {
  const index = asksFor('neighbours', policy.flags) ? reference?.index : undefined;
  if (reference === undefined || index === undefined) return { neighbours: 'no-reference' };
  const chosen = chooseEmbedding(event.embedding, inference?.embedding, index.dimensions);
  if (chosen.kind !== 'embedding') return { neighbours: chosen.why };
  const { embedding } = chosen;
  const { neighbours: k, novelty: model, items } = reference.reference;
  // The logits of the network that embedded it, or none: those of another mean something else.
  const logits = event.embedding === undefined ? inference?.logits : undefined;
  const { neighbours: found, detected } = await index.look(embedding, logits, k);
  const neighbours = withLabels(found, items);
  if (model === undefined || detected === undefined) return { neighbours, items };
  const novelty = findingOf(model, detected);
  return { neighbours, items, novelty };
}
