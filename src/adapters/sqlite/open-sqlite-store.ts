import type { CuratedSetStore } from '../../curate/curated-set-store.js';
import type { KeptAnswers } from '../../http/kept-answers.js';
import type { AnnotatorRecords } from '../../queue/annotator-records.js';
import type { LabelSetStore } from '../../label/label-set-store.js';
import { nobody } from '../../notice/notice.js';
import type { Subscribers } from '../../notice/notice.js';
import type { Outbox } from '../../notice/outbox.js';
import type { AuditTrail } from '../../queue/audit-trail.js';
import type { GoldStore } from '../../queue/gold-store.js';
import type { ImageUses } from '../../queue/image-uses.js';
import type { RelabelQueue, TaskReader } from '../../queue/relabel-queue.js';
import { defaultRules } from '../../queue/rules.js';
import type { QueueRules } from '../../queue/rules.js';
import type { TaskEraser } from '../../queue/task-eraser.js';
import type { TaskGovernor } from '../../queue/task-governor.js';
import type { WeightStore } from '../../queue/weight-store.js';
import { sqliteAnnotators } from './sqlite-annotators.js';
import { sqliteAuditTrail } from './sqlite-audit-trail.js';
import { sqliteCuratedSets } from './sqlite-curated-sets.js';
import { openSqliteDatabase } from './sqlite-database.js';
import { sqliteKeptAnswers } from './sqlite-kept-answers.js';
import { sqliteGold } from './sqlite-gold.js';
import { sqliteLabelSets } from './sqlite-label-sets.js';
import { sqliteEraser } from './sqlite-eraser.js';
import { sqliteOutbox } from './sqlite-outbox.js';
import { sqliteQueue } from './sqlite-queue.js';
import { sqliteWeights } from './sqlite-weights.js';

export interface SqliteStore {
  readonly queue: RelabelQueue & TaskReader & TaskGovernor;
  readonly audit: AuditTrail;
  readonly golds: GoldStore;
  readonly annotators: AnnotatorRecords;
  readonly weights: WeightStore;
  readonly curatedSets: CuratedSetStore;
  readonly answers: KeptAnswers;
  readonly labelSets: LabelSetStore;
  readonly outbox: Outbox;
  readonly eraser: TaskEraser & ImageUses;
  /** Rejects with `store.unavailable` while the file can't be read. */
  ping(): Promise<void>;
  /** Closes the file for all of the above; idempotent. */
  close(): Promise<void>;
}

export interface SqliteStoreOptions {
  readonly file: string;
  /** `defaultRules` where they are left out. */
  readonly rules?: QueueRules;
  /** Who is told of what; nobody where it is left out. */
  readonly subscribers?: Subscribers;
}

/**
 * The embedded store: one SQLite file, which several processes (worker, server, command line)
 * may have open at once, on a local disk.
 * @throws EdgeminerError `store.invalid`, `store.unavailable`; see sqlite-database.ts
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { file, rules = defaultRules, subscribers = nobody } = options;
  const database = await openSqliteDatabase(file);
  return {
    queue: sqliteQueue(database, rules, subscribers),
    audit: sqliteAuditTrail(database),
    answers: sqliteKeptAnswers(database),
    golds: sqliteGold(database, subscribers),
    annotators: sqliteAnnotators(database),
    weights: sqliteWeights(database),
    labelSets: sqliteLabelSets(database),
    curatedSets: sqliteCuratedSets(database, subscribers),
    outbox: sqliteOutbox(database),
    eraser: sqliteEraser(database),
    ping: async () => {
      await database.read('SELECT count(*) FROM sqlite_schema');
    },
    close: () => database.close(),
  };
}
