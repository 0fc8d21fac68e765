import type { Predictions } from '../event/inference-event.js';
import { predictedClass } from '../score/confidence/class-scores.js';
import { predictedBoxes } from './agreement/predicted-boxes.js';
import type { LabelBody, LabelledBox, LabelSet, Point } from './label.js';
import type { PictureSize } from './label-problem.js';

/** What the model would have answered, to be shown to an annotator. */
export interface Suggestion {
  readonly body: LabelBody;
  /** How sure the model was, 0..1; of several boxes, their mean. Undefined where it did not say. */
  readonly score: number | undefined;
}

/** A class applies, where several may, from this probability on. */
const applies = 0.5;

/**
 * The prediction as a label of the label set, in the pixels of the picture: classes that it does
 * not have are left out, boxes are cut to the picture, and are their four corners where polygons are
 * asked for. Undefined where the model said nothing of the kind.
 */
export function suggestLabel(
  predictions: Predictions,
  { kind, classes }: LabelSet,
  image: PictureSize,
): Suggestion | undefined {
  if (predictions.kind === 'classification') {
    const { probabilities } = predictions;
    const best = predictedClass(predictions);
    if (best === undefined) return undefined;
    const score = probabilities?.[predictions.classes.indexOf(best)];
    if (kind === 'class') {
      return classes.includes(best) ? { body: { kind, class: best }, score } : undefined;
    }
    if (kind !== 'classes') return undefined;
    // Logits are those of a softmax: it names one class.
    const likely = new Set(
      probabilities === undefined
        ? [best]
        : predictions.classes.filter((_, at) => (probabilities[at] ?? 0) >= applies),
    );
    const named = classes.filter((name) => likely.has(name));
    // Of what it found the label set has nothing; that none applies is not what it said.
    if (named.length === 0 && likely.size > 0) return undefined;
    return { body: { kind, classes: named }, score };
  }
  if (predictions.kind === 'none' || kind === 'class' || kind === 'classes') return undefined;
  const boxes = predictedBoxes(predictions, image).flatMap(({ score, ...box }) => {
    const cut = cutTo(image, box);
    return cut === undefined || !classes.includes(box.class) ? [] : [{ box: cut, score }];
  });
  const score =
    boxes.length === 0 ? undefined : boxes.reduce((sum, one) => sum + one.score, 0) / boxes.length;
  return kind === 'boxes'
    ? { body: { kind, boxes: boxes.map(({ box }) => box) }, score }
    : {
        body: {
          kind,
          polygons: boxes.map(({ box }) => ({ class: box.class, points: cornersOf(box) })),
        },
        score,
      };
}

function cutTo({ width, height }: PictureSize, box: LabelledBox): LabelledBox | undefined {
  const [left, top] = [Math.max(0, box.x), Math.max(0, box.y)];
  const right = Math.min(width, box.x + box.width);
  const bottom = Math.min(height, box.y + box.height);
  if (!(right > left && bottom > top)) return undefined;
  return { class: box.class, x: left, y: top, width: right - left, height: bottom - top };
}

function cornersOf({ x, y, width, height }: LabelledBox): readonly Point[] {
  return [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
}
