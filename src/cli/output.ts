import { SingleBar } from 'cli-progress';
import type { EdgeminerError } from '../faults.js';
import { durationText, RateMeter } from './rate-meter.js';
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
  /** Idempotent. */
  end(): void;
}

/**
 * A bar on a terminal, with how many a second and the time that is left; elsewhere a line every
 * ten seconds, so that a log shows life.
 */
export function progress(world: World, what: string, total: number | undefined): Progress {
  const rate = new RateMeter();
  /** The count's pace; nothing before it is known. */
  const pace = (done: number): readonly string[] => {
    const perSecond = rate.perSecond();
    if (perSecond === undefined) return [];
    const speed = `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`;
    if (total === undefined || perSecond === 0) return [speed];
    return [speed, `${durationText((total - done) / perSecond)} left`];
  };
  if (world.stderr.isTTY === true && total !== undefined) {
    const bar = new SingleBar({
      format: `${what} {bar} {value}/{total}{pace}`,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      stream: world.stderr,
    });
    bar.start(total, 0, { pace: '' });
    return {
      update(done) {
        rate.count(done, performance.now());
        bar.update(done, {
          pace: pace(done)
            .map((part) => ` · ${part}`)
            .join(''),
        });
      },
      end: () => bar.stop(),
    };
  }
  let last = performance.now();
  return {
    update(done) {
      const now = performance.now();
      rate.count(done, now);
      if (now - last < 10_000) return;
      last = now;
      const count = `${done}${total === undefined ? '' : ` of ${total}`}`;
      world.stderr.write(`${what}: ${[count, ...pace(done)].join(', ')}\n`);
    },
    end: () => undefined,
  };
}
