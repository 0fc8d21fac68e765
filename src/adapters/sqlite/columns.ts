import type { Row } from '@libsql/client';

/** Typed reading of columns. What throws here is a mistake in a statement or in the tables. */

export function textIn(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw new TypeError(`column ${column} holds ${typeof value}, not text`);
}

export function numberIn(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === 'number') return value;
  throw new TypeError(`column ${column} holds ${typeof value}, not a number`);
}

/** undefined for NULL. */
export function optionalTextIn(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : textIn(row, column);
}
