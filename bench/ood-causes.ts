import { decodeImage } from '../src/image/decode.js';
import { calibrationOf } from '../src/score/calibrate.js';
import { exactNeighbours } from '../src/score/exact-neighbours.js';
import { detect } from '../src/score/novelty/detectors.js';
import { meanDistance } from '../src/score/novelty/embedding-distance.js';
import { findingOf } from '../src/score/novelty/novelty-model.js';
import type { Reference } from '../src/score/reference.js';
import { scoreEvent } from '../src/score/score-event.js';
import { signalNames } from '../src/score/signal.js';
import type { FlagRules } from '../src/score/signal.js';

/** How pictures of one set were judged, in pictures. */
export interface Verdicts {
  readonly kind: string;
  readonly set: string;
  readonly pictures: number;
  /** Flagged as strange, by any signal of novelty. */
  readonly novel: number;
  /** Of those, the ones for which a quality signal was named as the cause. */
  readonly explained: number;
  /** Flagged by any signal. */
  readonly flagged: number;
}

const rules = Object.fromEntries(
  signalNames.map((name) => [name, { kind: 'false-alarms', rate: 0.01, together: true }]),
) as FlagRules;

/** By all signals at the default policy's rate of false alarms, without predictions. */
export async function judge(
  { kind, set }: Pick<Verdicts, 'kind' | 'set'>,
  pictures: readonly Uint8Array[],
  reference: Reference,
  embed: (bytes: Uint8Array) => Promise<{ embedding: Float32Array; logits?: Float32Array }>,
): Promise<Verdicts> {
  const { embeddings, novelty: model, items } = reference;
  if (embeddings === undefined || model === undefined) throw new Error('There is no novelty.');
  const index = exactNeighbours(embeddings);
  const calibration = calibrationOf(reference);
  let [novel, explained, flagged] = [0, 0, 0];
  for (const bytes of pictures) {
    const { embedding, logits } = await embed(bytes);
    const neighbours = await index.nearest(embedding, reference.neighbours);
    const { plane } = await decodeImage(bytes, { maxPixels: 50_000_000 });
    const { signals } = scoreEvent(
      {
        plane,
        predictions: { kind: 'none' },
        predictionsBy: 'producer',
        neighbours,
        items,
        novelty: findingOf(
          model,
          detect(model.detectors, embedding, logits, meanDistance(neighbours)),
        ),
      },
      calibration,
      rules,
    );
    const strange = signals.filter((signal) => signal.family === 'novelty' && signal.flagged);
    if (signals.some((signal) => signal.flagged)) flagged += 1;
    if (strange.length > 0) novel += 1;
    if (strange.some(({ cause }) => cause !== undefined)) explained += 1;
  }
  return { kind, set, pictures: pictures.length, novel, explained, flagged };
}

/** Shares of each set's pictures, over all domains of a kind. */
export function verdictRows(verdicts: readonly Verdicts[]): string[][] {
  const names = [...new Set(verdicts.map(({ kind, set }) => `${kind}: ${set}`))];
  const rows = names.map((name) => {
    const own = verdicts.filter(({ kind, set }) => `${kind}: ${set}` === name);
    const share = (count: (of: Verdicts) => number) => {
      const all = own.reduce((sum, { pictures }) => sum + pictures, 0);
      return (own.reduce((sum, one) => sum + count(one), 0) / all).toFixed(2);
    };
    return [
      name,
      share(({ flagged }) => flagged),
      share(({ novel }) => novel),
      share(({ explained }) => explained),
      share(({ novel, explained }) => novel - explained),
    ];
  });
  return [['share of the pictures', 'flagged', 'strange', 'explained', 'left as new'], ...rows];
}
