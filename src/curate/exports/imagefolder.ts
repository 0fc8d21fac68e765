import { EdgeminerError } from '../../faults.js';
import type { LabelBody, LabelledBox } from '../../label/label.js';
import { polygonBounds } from '../../label/polygon-geometry.js';
import type { Rectangle } from '../../score/confidence/boxes.js';
import { canonicalJson } from '../../canonical-json.js';
import { splits } from '../curated-set.js';
import type { CuratedItem, CuratedSet } from '../curated-set.js';
import { imageFileName, textFile } from './layout.js';
import type { ExportLayout } from './layout.js';

/**
 * Hugging Face ImageFolder (https://huggingface.co/docs/datasets/image_dataset): `<split>/` with
 * the pictures and `metadata.jsonl`, for each split that has items.
 *
 * `datasets` infers each column's type from the values of each split on its own, and refuses
 * to load when they differ. So every row has the same columns, fractions are written with
 * a point even where they are whole, no value is null, and free text (which would become a
 * timestamp if all of a split looked like dates, as model versions do) stands joined with
 * something that is no date: `model` is name@version, `event` is source/event, and `lineage`
 * is all of it as JSON text. So is `label_json`, which is there if a label has attributes or a text.
 */
export const imageFolderLayout: ExportLayout = {
  imagePath: (item) => `${item.split}/${imageFileName(item)}`,
  *descriptions(set) {
    const columns = columnsFor(set);
    for (const split of splits) {
      const items = set.items.filter((item) => item.split === split);
      if (items.length === 0) continue;
      const rows = items.map((item) => `${row(item, columns)}\n`);
      yield textFile(`${split}/metadata.jsonl`, rows.join(''));
    }
  },
};

/** What the set's labels hold: its rows have the columns of all kinds where it mixes. */
interface LabelColumns {
  readonly label: boolean;
  readonly labels: boolean;
  readonly objects: boolean;
  readonly segmentation: boolean;
  readonly json: boolean;
}

function columnsFor(set: CuratedSet): LabelColumns {
  const kinds = new Set(set.items.map((item) => item.label.kind));
  const columns = {
    label: kinds.has('class'),
    labels: kinds.has('classes'),
    objects: kinds.has('boxes') || kinds.has('polygons'),
    segmentation: kinds.has('polygons'),
    json: set.items.some(({ label }) => hasRemarks(label)),
  };
  const dated = set.classes.find((name) => /^\d{4}-\d{2}-\d{2}/.test(name));
  if ((columns.label || columns.labels) && dated !== undefined) {
    throw new EdgeminerError(
      'input.invalid',
      `The class '${dated}' reads as a date, and \`datasets\` would load it as one.`,
      { field: 'classes', mend: 'Export as coco or jsonl, or rename the class in the label set.' },
    );
  }
  if (columns.objects) checkLists(set, 'objects', 'a box', (label) => boxesOf(label).length);
  if (columns.segmentation) {
    checkLists(set, 'segmentation', 'a polygon', (label) => outlinesOf(label).length);
  }
  if (columns.labels) checkLists(set, 'labels', 'a class', (label) => picksOf(label).length);
  return columns;
}

function hasRemarks(label: LabelBody): boolean {
  const shapes =
    label.kind === 'boxes' ? label.boxes : label.kind === 'polygons' ? label.polygons : [];
  return [label, ...shapes].some((one) => one.attributes !== undefined) || label.text !== undefined;
}

/** The type of a list can't be told from empty lists alone. */
function checkLists(
  set: CuratedSet,
  field: string,
  what: string,
  count: (label: LabelBody) => number,
): void {
  const filled = splits.filter((split) =>
    set.items.some((item) => item.split === split && count(item.label) > 0),
  );
  const empty = splits.find(
    (split) => !filled.includes(split) && set.items.some((item) => item.split === split),
  );
  if (filled.length === 0 || empty === undefined) return;
  throw new EdgeminerError(
    'input.invalid',
    `No picture in the ${empty} split has ${what}, so \`datasets\` can't tell the type of ` +
      `'${field}' there and would refuse to load the set.`,
    {
      field,
      mend: 'Export as coco or jsonl, or snapshot again with more labels or another split seed.',
    },
  );
}

function row(item: CuratedItem, columns: LabelColumns): string {
  const { image, label, lineage } = item;
  const parts = [
    column('file_name', text(imageFileName(item))),
    column('label_kind', text(label.kind)),
    ...(columns.label ? [column('label', text(label.kind === 'class' ? label.class : ''))] : []),
    ...(columns.labels ? [column('labels', `[${picksOf(label).map(text).join(',')}]`)] : []),
    ...(columns.objects ? [column('objects', objects(label, columns))] : []),
    ...(columns.json ? [column('label_json', text(canonicalJson(label)))] : []),
    column('weight', fraction(item.weight)),
    column('width', whole(image.width)),
    column('height', whole(image.height)),
    column('image_sha256', text(image.hash)),
    column('task_id', text(item.taskId)),
    column('group', text(item.group)),
    column('event', text(`${lineage.sourceId}/${lineage.eventId}`)),
    column('occurred_at', whole(lineage.occurredAt)),
    column('model', text(`${lineage.modelName}@${lineage.modelVersion}`)),
    column('reference', text(lineage.reference)),
    column('reasons', `[${lineage.reasons.map(text).join(',')}]`),
    column('priority', fraction(lineage.priority)),
    column('labelled_at', whole(lineage.labelledAt)),
    column('label_set', text(lineage.labelSet)),
    column('lineage', text(canonicalJson(lineage))),
  ];
  return `{${parts.join(',')}}`;
}

function column(name: string, json: string): string {
  return `${text(name)}:${json}`;
}

function objects(label: LabelBody, { segmentation }: LabelColumns): string {
  const boxes = boxesOf(label);
  const outlines = outlinesOf(label);
  const corners = boxes.map((box) => fractions([box.x, box.y, box.width, box.height]));
  const categories = boxes.map((box) => text(box.class));
  const parts = [`"bbox":[${corners.join(',')}]`, `"categories":[${categories.join(',')}]`];
  // One for each box, so that the lists go together.
  const lines = boxes.map((_, at) => fractions(outlines[at] ?? []));
  if (segmentation) parts.push(`"segmentation":[${lines.join(',')}]`);
  return `{${parts.join(',')}}`;
}

/** Boxes as they are, and around polygons. */
function boxesOf(label: LabelBody): readonly Pick<LabelledBox, keyof Rectangle | 'class'>[] {
  if (label.kind === 'boxes') return label.boxes;
  if (label.kind !== 'polygons') return [];
  return label.polygons.map(({ class: name, points }) => ({
    class: name,
    ...polygonBounds(points),
  }));
}

/** x and y of all corners, one after the other. */
function outlinesOf(label: LabelBody): number[][] {
  return label.kind === 'polygons' ? label.polygons.map(({ points }) => points.flat()) : [];
}

function picksOf(label: LabelBody): readonly string[] {
  return label.kind === 'classes' ? label.classes : [];
}

function fractions(values: readonly number[]): string {
  return `[${values.map(fraction).join(',')}]`;
}

function text(value: string): string {
  return JSON.stringify(value);
}

/** A number that reads as a float everywhere: 1 is 1.0. */
function fraction(value: number): string {
  const digits = JSON.stringify(value);
  return /^-?\d+$/.test(digits) ? `${digits}.0` : digits;
}

/** A number that reads as an integer everywhere. */
function whole(value: number): string {
  return JSON.stringify(Math.round(value));
}
