import type { Backlog } from '../../event/event-source.js';
import type { Standing } from './delivery-window.js';
import type { Position } from './group-position.js';

/** How far behind this member is in each of its partitions, as far as it has heard. */
export class PartitionBacklogs {
  private readonly stream: string;
  private readonly known = new Map<number, { start: bigint; end: bigint }>();

  constructor(stream: string) {
    this.stream = stream;
  }

  /** A new assignment replaces the last. */
  assigned(positions: readonly Position[]): void {
    this.known.clear();
    for (const { partition, offset, end } of positions) {
      this.known.set(partition, { start: offset, end });
    }
  }

  reaches(partition: number, end: bigint): void {
    const about = this.known.get(partition);
    if (about !== undefined) about.end = end;
  }

  of(standings: readonly Standing[]): Backlog[] {
    const byPartition = new Map(standings.map((standing) => [standing.partition, standing]));
    return [...this.known].map(([partition, { start, end }]) => {
      const standing = byPartition.get(partition);
      const left = end - (standing?.settled ?? start);
      return {
        stream: this.stream,
        partition,
        lag: left > 0n ? Number(left) : 0,
        oldestMs: standing?.oldestMs ?? 0,
      };
    });
  }
}
