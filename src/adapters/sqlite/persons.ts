import { randomUUID } from 'node:crypto';
import { actorKey } from '../../ids.js';
import type { ActorKey, AnnotatorId } from '../../ids.js';
import { textIn } from './columns.js';
import type { SqliteTransaction } from './sqlite-database.js';

/** The person's key in the table `persons`; made, at random, for a name that has none. */
export async function keyOf(transaction: SqliteTransaction, name: AnnotatorId): Promise<ActorKey> {
  const { rows } = await transaction.execute({
    sql: `INSERT INTO persons (key, name) VALUES (:key, :name)
          ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING key`,
    args: { key: randomUUID(), name },
  });
  const [row] = rows;
  if (row === undefined) throw new Error('an upsert gave no row back');
  return actorKey(textIn(row, 'key'));
}
