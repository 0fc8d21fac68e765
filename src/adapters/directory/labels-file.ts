import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { EdgeminerError, messageOf } from '../../faults.js';
import { pathInside, refuseIfNothingMatches } from './picture-paths.js';
import { lineFault, readJsonLines, requireFile } from './read-lines.js';

interface LabelLine {
  readonly line: number;
  readonly path: string | undefined;
  readonly label: string | undefined;
}

const jsonLineSchema = z.object({ path: z.string(), label: z.string() }).partial();
const csvRows = z.array(
  z.object({ info: z.object({ lines: z.number() }), record: z.array(z.string()) }),
);
const jsonLinesExtensions: ReadonlySet<string> = new Set(['.jsonl', '.ndjson']);
const maxLineBytes = 1024 * 1024;

/**
 * Reads the class of each picture: a CSV file with `path,label` (a heading is optional and may
 * name more columns), or a .jsonl file of `{ "path": ..., "label": ... }`. Paths are relative
 * to `directory`.
 * @throws EdgeminerError `input.not-found`, or `input.invalid` that names line and field.
 */
export async function readLabelsFile(
  file: string,
  directory: string,
): Promise<ReadonlyMap<string, string>> {
  const labels = new Map<string, string>();
  const lines = jsonLinesExtensions.has(extname(file).toLowerCase())
    ? await jsonLabelLines(file)
    : await csvLabelLines(file);
  for (const { line, path: written, label } of lines) {
    const path = written === undefined ? undefined : pathInside(written);
    if (path === undefined) {
      throw lineFault(file, line, 'path', `${written ?? ''} is not a path inside the directory`);
    }
    if (label === undefined || label === '') throw lineFault(file, line, 'label', 'is missing');
    if ((labels.get(path) ?? label) !== label) {
      throw lineFault(file, line, 'label', `${path} has another label in an earlier line`);
    }
    labels.set(path, label);
  }
  await refuseIfNothingMatches(file, labels.keys(), directory);
  return labels;
}

async function jsonLabelLines(file: string): Promise<LabelLine[]> {
  const lines: LabelLine[] = [];
  for await (const { line, value } of readJsonLines(file, maxLineBytes)) {
    const parsed = jsonLineSchema.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw lineFault(file, line, issue?.path.join('.') ?? '', issue?.message ?? 'is not a label');
    }
    lines.push({ line, path: parsed.data.path, label: parsed.data.label });
  }
  return lines;
}

async function csvLabelLines(file: string): Promise<LabelLine[]> {
  await requireFile(file);
  let rows: z.output<typeof csvRows>;
  try {
    const options = { bom: true, info: true, relax_column_count: true, skip_empty_lines: true };
    rows = csvRows.parse(parse(await readFile(file), options));
  } catch (error) {
    throw new EdgeminerError('input.invalid', `${file} is not CSV: ${messageOf(error)}`, {
      cause: error,
      field: file,
      mend: 'Write one "path,label" per line; put quotes around a value that holds a comma.',
    });
  }
  const heading = rows[0]?.record ?? [];
  const hasHeading = heading.includes('path') && heading.includes('label');
  const pathColumn = hasHeading ? heading.indexOf('path') : 0;
  const labelColumn = hasHeading ? heading.indexOf('label') : 1;
  return rows.slice(hasHeading ? 1 : 0).map(({ info, record }) => {
    if (!hasHeading && record.length !== 2) {
      throw lineFault(file, info.lines, '', `has ${record.length} columns, not path and label`);
    }
    return { line: info.lines, path: record[pathColumn], label: record[labelColumn] };
  });
}
