/** The step of schema.ts that brings what retention and erasure ask for. */
export const erasureTables = `
  CREATE INDEX tasks_by_image ON tasks (json_extract(event, '$.image.hash'));
  -- Where the trails of erased tasks end; the entries stay in audit.
  CREATE TABLE closed_trails (
    task_id TEXT NOT NULL PRIMARY KEY,
    audit_seq INTEGER NOT NULL,
    audit_hash TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
