import { EdgeminerError } from '../../faults.js';
import type { LabelBody } from '../../label/label.js';
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
 * is all of it as JSON text.
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

/** Which kinds of labels the set holds: its rows have the columns of both where it mixes. */
interface LabelColumns {
  readonly label: boolean;
  readonly objects: boolean;
}

function columnsFor(set: CuratedSet): LabelColumns {
  const kinds = new Set(set.items.map((item) => item.label.kind));
  const columns = { label: kinds.has('class'), objects: kinds.has('boxes') };
  const dated = set.classes.find((name) => /^\d{4}-\d{2}-\d{2}/.test(name));
  if (columns.label && dated !== undefined) {
    throw new EdgeminerError(
      'input.invalid',
      `The class '${dated}' reads as a date, and \`datasets\` would load it as one.`,
      { field: 'classes', mend: 'Export as coco or jsonl, or rename the class in the label set.' },
    );
  }
  if (columns.objects) checkBoxes(set);
  return columns;
}

/** The type of a list can't be told from empty lists alone. */
function checkBoxes(set: CuratedSet): void {
  const filled = splits.filter((split) =>
    set.items.some((item) => item.split === split && boxesOf(item.label).length > 0),
  );
  const empty = splits.find(
    (split) => !filled.includes(split) && set.items.some((item) => item.split === split),
  );
  if (filled.length === 0 || empty === undefined) return;
  throw new EdgeminerError(
    'input.invalid',
    `No picture in the ${empty} split has a box, so \`datasets\` can't tell the type of ` +
      `'objects' there and would refuse to load the set.`,
    {
      field: 'objects',
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
    ...(columns.objects ? [column('objects', objects(label))] : []),
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

function objects(label: LabelBody): string {
  const boxes = boxesOf(label);
  const corners = boxes.map(
    (box) => `[${[box.x, box.y, box.width, box.height].map(fraction).join(',')}]`,
  );
  const categories = boxes.map((box) => text(box.class));
  return `{"bbox":[${corners.join(',')}],"categories":[${categories.join(',')}]}`;
}

function boxesOf(label: LabelBody) {
  return label.kind === 'boxes' ? label.boxes : [];
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
