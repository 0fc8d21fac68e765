/** The step of schema.ts that brings the outbox. Times are milliseconds since 1970-01-01 UTC. */
export const outboxTables = `
  CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    endpoint TEXT NOT NULL,
    event TEXT NOT NULL,
    subject TEXT NOT NULL,
    at REAL NOT NULL,
    -- To be claimed from then on: the next try, or the end of the lease. NULL once it is buried.
    due_at REAL,
    fence INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    why TEXT,
    buried_at REAL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX outbox_by_due ON outbox (due_at, id) WHERE due_at IS NOT NULL;
  CREATE INDEX outbox_by_endpoint ON outbox (endpoint, due_at, at);
  CREATE INDEX outbox_by_subject ON outbox (subject);

  -- What was answered under each batch, from when on somebody wanted to hear of batches.
  CREATE TABLE batch_answers (
    batch_id TEXT NOT NULL PRIMARY KEY,
    answered INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
