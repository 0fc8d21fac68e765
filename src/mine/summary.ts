import type { Reason } from '../decision/decision.js';
import type { FaultCode } from '../faults.js';
import type { MiningObserver } from './mining-observer.js';

/** What a run of `mine` did. */
export interface MiningSummary {
  /** Records taken from the source. */
  readonly events: number;
  /** Events that were scored and decided on. */
  readonly scored: number;
  /** New tasks. */
  readonly queued: number;
  /** New tasks by reason; one with two reasons counts under both. */
  readonly candidatesByReason: Readonly<Partial<Record<Reason, number>>>;
  /** Candidates that repeat an earlier one, and made no task of their own. */
  readonly duplicates: number;
  /** Candidates whose task was there before: replayed events. */
  readonly known: number;
  /** Candidates whose eventId is that of a task with another picture, which was left as it was. */
  readonly otherPictures: number;
  /** Records sent to the dead letters. */
  readonly rejected: number;
  readonly rejectedByCode: Readonly<Partial<Record<FaultCode, number>>>;
  /** Scored without a reference, for lack of one. */
  readonly withoutReference: number;
  /** Whose own embedding is of another length than the reference's: not compared with it. */
  readonly embeddingsThatDiffer: number;
  /** How often each score of the user's own failed; those events went on without it. */
  readonly ownScoreFailures: Readonly<Record<string, number>>;
  readonly retries: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
}

/** Counts a run as it goes on. */
export class SummaryCounter implements MiningObserver {
  private readonly outcomes = new Map<string, number>();
  private readonly reasons = new Map<Reason, number>();
  private readonly codes = new Map<FaultCode, number>();
  private readonly scoreFailures = new Map<string, number>();
  private unreferenced = 0;
  private differing = 0;
  private retries = 0;

  eventSettled(_model: unknown, outcome: string): void {
    add(this.outcomes, outcome);
  }
  candidateQueued(reasons: readonly Reason[]): void {
    for (const reason of reasons) add(this.reasons, reason);
  }
  deadLettered(code: FaultCode): void {
    add(this.codes, code);
  }
  retried(): void {
    this.retries += 1;
  }
  noReference(): void {
    this.unreferenced += 1;
  }
  embeddingDiffers(): void {
    this.differing += 1;
  }
  ownScoreFailed(score: string): void {
    add(this.scoreFailures, score);
  }
  inFlight(): void {
    // Not part of a summary.
  }
  stationTook(): void {
    // Not part of a summary.
  }

  get settled(): number {
    return [...this.outcomes.values()].reduce((sum, n) => sum + n, 0);
  }

  summary(seconds: number): MiningSummary {
    const count = (outcome: string) => this.outcomes.get(outcome) ?? 0;
    const rejected = count('dead_letter');
    const scored = this.settled - rejected;
    return {
      events: this.settled,
      scored,
      queued: count('queued'),
      candidatesByReason: sorted(this.reasons),
      duplicates: count('duplicate'),
      known: count('known'),
      otherPictures: count('other-picture'),
      rejected,
      rejectedByCode: sorted(this.codes),
      withoutReference: this.unreferenced,
      embeddingsThatDiffer: this.differing,
      ownScoreFailures: Object.fromEntries(this.scoreFailures),
      retries: this.retries,
      seconds,
      imagesPerSecond: seconds > 0 ? scored / seconds : 0,
    };
  }
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Most frequent first. */
function sorted<K extends string>(counts: ReadonlyMap<K, number>): Partial<Record<K, number>> {
  const entries = [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0], 'en'));
  return Object.fromEntries(entries) as Partial<Record<K, number>>;
}
