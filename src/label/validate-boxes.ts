import type { LabelledBox, LabelSet } from './label.js';
import { edgeTolerance } from './label-problem.js';
import type { LabelProblem, PictureSize } from './label-problem.js';
import type { SentBox } from './label-shape.js';
import { twinFinder } from './twin-finder.js';
import { unknownClass } from './unknown-class.js';
import { validateAttributes } from './validate-attributes.js';

/** The boxes, cut to the picture; what does not fit is told and left out. */
export function validateBoxes(
  sent: readonly SentBox[],
  labelSet: LabelSet,
  picture: PictureSize,
  problems: LabelProblem[],
): readonly LabelledBox[] {
  const twinsOf = twinFinder();
  return sent.flatMap((box, index): LabelledBox[] => {
    const field = `boxes[${index}]`;
    problems.push(...unknownClass(box.class, `${field}.class`, labelSet));
    const cut = placedBox(box, field, picture, problems);
    const scope = { on: 'object', classes: [box.class], field: `${field}.attributes` } as const;
    const said = validateAttributes(box.attributes, { ...scope, labelSet }, problems);
    if (cut === undefined) return [];
    const key = JSON.stringify([cut.class, cut.x, cut.y, cut.width, cut.height]);
    const twin = (first: number) => `is the same box with the same class as boxes[${first}]`;
    problems.push(...twinsOf(key, index, field, twin));
    return [{ ...cut, ...said }];
  });
}

function placedBox(
  box: SentBox,
  field: string,
  picture: PictureSize,
  problems: LabelProblem[],
): LabelledBox | undefined {
  const misplaced = boxProblems(box, field, picture);
  problems.push(...misplaced);
  if (misplaced.length > 0) return undefined;
  const cut = cutToPicture(box, picture);
  if (cut.width > 0 && cut.height > 0) return cut;
  problems.push({
    field,
    problem: 'lies outside the picture',
    mend: `Draw it within the picture of ${picture.width} x ${picture.height} pixels.`,
  });
  return undefined;
}

function boxProblems(box: SentBox, field: string, picture: PictureSize): LabelProblem[] {
  const axes = [
    { start: 'x', extent: 'width', side: picture.width },
    { start: 'y', extent: 'height', side: picture.height },
  ] as const;
  return axes.flatMap(({ start, extent, side }): LabelProblem[] => {
    const problems: LabelProblem[] = [];
    if (box[start] < -edgeTolerance) {
      problems.push({
        field: `${field}.${start}`,
        problem: `is ${box[start]}, outside the picture`,
        mend: `Use 0 to ${side}; coordinates are pixels of the upright original.`,
      });
    }
    if (box[extent] <= 0) {
      problems.push({
        field: `${field}.${extent}`,
        problem: `is ${box[extent]}; a box has an area`,
        mend: `Give it a ${extent} above 0, or remove the box.`,
      });
    }
    const end = box[start] + box[extent];
    if (end > side + edgeTolerance) {
      problems.push({
        field: `${field}.${extent}`,
        problem: `takes the box to ${end}, outside the picture's ${extent} of ${side}`,
        mend: `Keep ${start} + ${extent} within ${side}; coordinates are pixels of the upright original.`,
      });
    }
    return problems;
  });
}

function cutToPicture(box: SentBox, picture: PictureSize): LabelledBox {
  const [x, width] = cutSpan(box.x, box.width, picture.width);
  const [y, height] = cutSpan(box.y, box.height, picture.height);
  return { class: box.class, x, y, width, height };
}

/** Spans inside come back untouched: `start + extent - start` would not be `extent` in floats. */
function cutSpan(start: number, extent: number, side: number): [number, number] {
  // Not every store tells -0 from 0.
  if (start >= 0 && start + extent <= side) return [start === 0 ? 0 : start, extent];
  const from = Math.max(0, start);
  return [from, Math.min(side, start + extent) - from];
}
