import { SingleBar } from 'cli-progress';
import type { EdgeminerError } from '../faults.js';
import type { World } from './world.js';

/** Writes a result: as JSON for machines, else as the lines that `lines` makes of it. */
export function print<T>(
  world: World,
  result: T,
  json: boolean | undefined,
  lines: (result: T) => readonly string[],
): void {
  world.onResult?.(result);
  const text = json === true ? JSON.stringify(result) : lines(result).join('\n');
  world.stdout.write(`${text}\n`);
}

/** Columns of equal width; numbers to the right. The first row is the heading. */
export function table(rows: readonly (readonly (string | number)[])[]): string[] {
  const texts = rows.map((row) => row.map(String));
  const widths: number[] = [];
  for (const row of texts) {
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  }
  const numeric = (column: number) =>
    rows.slice(1).every((row) => typeof row[column] === 'number' || row[column] === '-');
  return texts.map((row) =>
    row
      .map((cell, column) =>
        numeric(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

/** A fault as a person reads it: what is wrong, and what to do. */
export function faultLines(fault: EdgeminerError): string[] {
  return [
    `error: ${fault.message}`,
    ...(fault.mend === undefined ? [] : [`what to do: ${fault.mend}`]),
    `code: ${fault.code}`,
  ];
}

export interface Progress {
  update(done: number): void;
  end(): void;
}

/** A bar on a terminal; elsewhere a line every ten seconds, so that a log shows life. */
export function progress(world: World, what: string, total: number | undefined): Progress {
  if (world.stderr.isTTY === true && total !== undefined) {
    const bar = new SingleBar({
      format: `${what} {bar} {value}/{total} · {duration_formatted} · left {eta_formatted}`,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      stream: world.stderr,
    });
    bar.start(total, 0);
    return { update: (done) => bar.update(done), end: () => bar.stop() };
  }
  let last = performance.now();
  return {
    update(done) {
      if (performance.now() - last < 10_000) return;
      last = performance.now();
      world.stderr.write(`${what}: ${done}${total === undefined ? '' : ` of ${total}`}\n`);
    },
    end: () => undefined,
  };
}
