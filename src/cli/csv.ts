/**
 * Rows as CSV (RFC 4180). What a spreadsheet would take for a formula gets a `'` before it: labels,
 * class names and ids come from elsewhere, and nothing in them is to be run. Numbers stay numbers.
 */
export function csv(rows: readonly (readonly (string | number)[])[]): string[] {
  return rows.map((row) => row.map(cell).join(','));
}

/** Also the wide forms of these characters, which some spreadsheets take for the same. */
const formula = /^[=+\-@\t\r\n＝＋－＠]/u;

function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = formula.test(value) ? `'${value}` : value;
  return /[",\r\n\t']/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
