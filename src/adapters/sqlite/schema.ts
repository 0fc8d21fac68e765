import type { Client } from '@libsql/client';
import { EdgeminerError } from '../../faults.js';
import { numberIn } from './columns.js';
import { erasureTables } from './erasure-tables.js';
import { outboxTables } from './outbox-tables.js';
import { unusableFile } from './sqlite-faults.js';

/** Marks the file as edgeminer's (`edmr`), so that no other program's database is written to. */
export const applicationId = 0x65_64_6d_72;

/**
 * Step n brings a database from version n to n + 1; `PRAGMA user_version` says where it stands.
 * Steps are never edited once released, only added.
 *
 * What is asked for has columns; the rest is JSON (exact-json.ts). JSON columns come last, so
 * that a scan need not read them. Times are milliseconds since 1970-01-01 UTC.
 */
export const steps: readonly string[] = [
  `
  CREATE TABLE tasks (
    id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('pending', 'leased', 'labelled', 'skipped')),
    fence INTEGER NOT NULL,
    -- Raised by every change of the standing; completions compare and swap on it.
    revision INTEGER NOT NULL DEFAULT 0,
    batch_id TEXT,
    annotator TEXT,
    expires_at REAL,
    priority REAL NOT NULL,
    offered_at REAL NOT NULL,
    occurred_at REAL NOT NULL,
    model_name TEXT NOT NULL,
    source_id TEXT NOT NULL,
    perceptual_hash TEXT NOT NULL,
    control_only INTEGER NOT NULL,
    reasons TEXT NOT NULL,
    duplicates TEXT NOT NULL DEFAULT '[]',
    ending TEXT,
    findings TEXT NOT NULL,
    event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX tasks_by_claim_order ON tasks
    (state, priority DESC, offered_at, id, expires_at, model_name, source_id);
  CREATE INDEX tasks_by_state ON tasks (state, id);
  CREATE INDEX tasks_by_batch ON tasks (batch_id) WHERE batch_id IS NOT NULL;
  CREATE INDEX tasks_by_fingerprint ON tasks
    (model_name, source_id, control_only, occurred_at DESC, id, perceptual_hash);

  CREATE TABLE curated_sets (
    version TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at REAL NOT NULL,
    items INTEGER NOT NULL,
    split TEXT NOT NULL,
    classes TEXT NOT NULL
  ) STRICT;
  CREATE TABLE curated_items (
    version TEXT NOT NULL,
    task_id TEXT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (version, task_id)
  ) STRICT, WITHOUT ROWID;
  `,
  // The tasks' lists of near-duplicates, the other way round.
  `
  CREATE TABLE near_duplicates (
    model_name TEXT NOT NULL,
    source_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    PRIMARY KEY (model_name, source_id, event_id)
  ) STRICT, WITHOUT ROWID;
  INSERT OR IGNORE INTO near_duplicates
    SELECT model_name, source_id, noted.value FROM tasks, json_each(tasks.duplicates) AS noted;
  CREATE TRIGGER duplicate_noted AFTER UPDATE OF duplicates ON tasks
    WHEN NEW.duplicates <> OLD.duplicates
  BEGIN
    INSERT OR IGNORE INTO near_duplicates
      VALUES (NEW.model_name, NEW.source_id, json_extract(NEW.duplicates, '$[#-1]'));
  END;
  `,
  // Rounds, several opinions and the audit trail. SQLite can't change a CHECK, so the table is
  // made anew.
  `
  CREATE TABLE tasks_in_rounds (
    id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN
      ('pending', 'leased', 'labelled', 'skipped', 'disputed', 'cancelled')),
    round INTEGER NOT NULL DEFAULT 1,
    overlap INTEGER NOT NULL DEFAULT 1,
    fence INTEGER NOT NULL,
    -- Raised by every change of the standing.
    revision INTEGER NOT NULL DEFAULT 0,
    batch_id TEXT,
    annotator TEXT,
    -- NULL where an earlier edgeminer made the lease.
    leased_at REAL,
    expires_at REAL,
    priority REAL NOT NULL,
    offered_at REAL NOT NULL,
    occurred_at REAL NOT NULL,
    model_name TEXT NOT NULL,
    source_id TEXT NOT NULL,
    top_class TEXT,
    project TEXT,
    perceptual_hash TEXT NOT NULL,
    control_only INTEGER NOT NULL,
    -- The end of the task's chain in audit.
    audit_seq INTEGER NOT NULL DEFAULT 0,
    audit_hash TEXT NOT NULL DEFAULT '',
    reasons TEXT NOT NULL,
    -- Who answered in the present round.
    answered_by TEXT NOT NULL DEFAULT '[]',
    duplicates TEXT NOT NULL DEFAULT '[]',
    -- The label or skip of a task that an earlier edgeminer ended.
    ending TEXT,
    -- Opinions, skips and labels; NULL where nothing has changed since an earlier edgeminer.
    answers TEXT,
    findings TEXT NOT NULL,
    event TEXT NOT NULL
  ) STRICT;
  INSERT INTO tasks_in_rounds (id, state, fence, revision, batch_id, annotator, expires_at,
      priority, offered_at, occurred_at, model_name, source_id, top_class, project,
      perceptual_hash, control_only, reasons, duplicates, ending, findings, event)
    SELECT id, state, fence, revision, batch_id, annotator, expires_at,
      priority, offered_at, occurred_at, model_name, source_id,
      CASE json_extract(findings, '$.predictions.kind')
        WHEN 'classification' THEN
          (SELECT class.value
           FROM json_each(findings, '$.predictions.classes') AS class
           JOIN json_each(coalesce(json_extract(findings, '$.predictions.probabilities'),
             json_extract(findings, '$.predictions.logits'))) AS score ON score.key = class.key
           WHERE score.type IN ('integer', 'real')
           ORDER BY score.value DESC, score.key LIMIT 1)
        WHEN 'detection' THEN
          (SELECT json_extract(box.value, '$.label')
           FROM json_each(findings, '$.predictions.boxes') AS box
           ORDER BY json_extract(box.value, '$.score') DESC, box.key LIMIT 1)
      END,
      json_extract(event, '$.tags.project'),
      perceptual_hash, control_only, reasons, duplicates, ending, findings, event
    FROM tasks;
  DROP TABLE tasks;
  ALTER TABLE tasks_in_rounds RENAME TO tasks;
  CREATE INDEX tasks_by_claim_order ON tasks
    (state, priority DESC, offered_at, id, expires_at, model_name, source_id, top_class, project,
     occurred_at);
  CREATE INDEX tasks_by_state ON tasks (state, id);
  CREATE INDEX tasks_by_batch ON tasks (batch_id) WHERE batch_id IS NOT NULL;
  CREATE INDEX tasks_by_fingerprint ON tasks
    (model_name, source_id, control_only, occurred_at DESC, id, perceptual_hash);
  CREATE TRIGGER duplicate_noted AFTER UPDATE OF duplicates ON tasks
    WHEN NEW.duplicates <> OLD.duplicates
  BEGIN
    INSERT OR IGNORE INTO near_duplicates
      VALUES (NEW.model_name, NEW.source_id, json_extract(NEW.duplicates, '$[#-1]'));
  END;

  CREATE TABLE audit (
    task_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at REAL NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    round INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    hash TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (task_id, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
  CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
  CREATE TABLE persons (
    key TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  ) STRICT, WITHOUT ROWID;
  `,
  // The versions of label sets that labels were made against, each as canonical JSON.
  `
  CREATE TABLE label_sets (
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    recorded_at REAL NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (name, version)
  ) STRICT;
  CREATE TRIGGER label_set_is_not_changed BEFORE UPDATE ON label_sets
  BEGIN SELECT RAISE(ABORT, 'label sets are only added to'); END;
  `,
  outboxTables,
  erasureTables,
  // Answers to requests with an Idempotency-Key; status, headers and body once there are some.
  `
  CREATE TABLE kept_answers (
    key TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    seed TEXT NOT NULL,
    attempt TEXT NOT NULL,
    runs_until REAL NOT NULL,
    expires_at REAL NOT NULL,
    status INTEGER,
    headers TEXT,
    body BLOB
  ) STRICT;
  CREATE INDEX kept_answers_by_expiry ON kept_answers (expires_at);
  `,
  // Gold tasks, and what is kept of annotators.
  `
  CREATE TABLE secrets (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE gold_tasks (
    task_id TEXT NOT NULL PRIMARY KEY,
    retired_at REAL,
    gold TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE gold_trials (
    id TEXT NOT NULL PRIMARY KEY,
    gold TEXT NOT NULL,
    annotator TEXT NOT NULL,
    batch_id TEXT,
    revision INTEGER NOT NULL,
    trial TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX gold_trials_by_annotator ON gold_trials (annotator, id);
  CREATE INDEX gold_trials_by_batch ON gold_trials (batch_id) WHERE batch_id IS NOT NULL;
  CREATE TABLE annotators (
    name TEXT NOT NULL PRIMARY KEY,
    turns INTEGER NOT NULL,
    pauses TEXT NOT NULL DEFAULT '[]'
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE weights (
    label_set TEXT NOT NULL PRIMARY KEY,
    weights TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // How many gold tasks each person has failed: the order of what others are told of it.
  `
  ALTER TABLE persons ADD COLUMN gold_failures INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX gold_trials_by_gold ON gold_trials (gold);
  `,
];

/** The version that this program brings its tables to. */
export const newestVersion = steps.length;

/** Brings the tables up to date. Safe to run again, and in several processes at once. */
export async function migrate(client: Client, path: string): Promise<void> {
  if ((await versionOf(client, path)) === steps.length) return;
  const transaction = await client.transaction('write');
  try {
    // Another process may have done it since.
    const version = await versionOf(transaction, path);
    for (const step of steps.slice(version)) await transaction.executeMultiple(step);
    await transaction.execute(`PRAGMA application_id = ${applicationId}`);
    await transaction.execute(`PRAGMA user_version = ${steps.length}`);
    await transaction.commit();
  } finally {
    transaction.close();
  }
}

/**
 * 0 for an empty database.
 * @throws EdgeminerError `store.invalid` for one of another program, or of a newer edgeminer
 */
export async function versionOf(client: Pick<Client, 'execute'>, path: string): Promise<number> {
  const { rows } = await client.execute(
    `SELECT user_version AS version, application_id AS application,
            (SELECT count(*) FROM sqlite_schema) AS tables
     FROM pragma_user_version, pragma_application_id`,
  );
  const [row] = rows;
  if (row === undefined) throw unusableFile(path, 'does not say what it is');
  const version = numberIn(row, 'version');
  if (numberIn(row, 'application') !== applicationId) {
    if (version === 0 && numberIn(row, 'tables') === 0) return 0;
    throw unusableFile(path, 'is the database of another program');
  }
  if (version > steps.length) {
    throw new EdgeminerError(
      'store.invalid',
      `${path} was written by a newer edgeminer (version ${version} of its tables; this one knows ${steps.length})`,
      {
        field: 'store.file',
        mend: 'Install the newer edgeminer again, or point store.file at another file.',
      },
    );
  }
  return version;
}
