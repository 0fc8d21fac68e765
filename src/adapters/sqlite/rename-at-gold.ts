import type { InStatement } from '@libsql/client';
import { renamedGold, renamedRecord, renamedTrial } from '../../queue/rename-person.js';
import type { Renaming } from '../../queue/rename-person.js';
import { toExactJson } from './exact-json.js';
import { rowToRecord } from './sqlite-annotators.js';
import type { SqliteTransaction } from './sqlite-database.js';
import { renameInWeights } from './sqlite-weights.js';
import { goldJson, rowToGold, rowToTrial, saveTrial } from './sqlite-gold.js';

/** What gives a person another name in gold tasks, trials and records; changes nothing yet. */
export async function renameAtGold(
  transaction: SqliteTransaction,
  renaming: Renaming,
): Promise<InStatement[]> {
  const quoted = JSON.stringify(renaming.from);
  const [golds, trials, records] = [
    await transaction.execute({
      sql: 'SELECT * FROM gold_tasks WHERE instr(gold, ?)',
      args: [quoted],
    }),
    await transaction.execute({
      sql: 'SELECT * FROM gold_trials WHERE annotator = ?',
      args: [renaming.from],
    }),
    await transaction.execute({
      sql: 'SELECT * FROM annotators WHERE name = ? OR instr(pauses, ?)',
      args: [renaming.from, quoted],
    }),
  ];
  return [
    ...(await renameInWeights(transaction, renaming)),
    ...golds.rows.map((row) => {
      const gold = renamedGold(rowToGold(row), renaming);
      const args = [goldJson(gold), gold.task];
      return { sql: 'UPDATE gold_tasks SET gold = ? WHERE task_id = ?', args };
    }),
    ...trials.rows.map((row) => saveTrial(renamedTrial(rowToTrial(row), renaming))),
    ...records.rows.map((row) => {
      const before = rowToRecord(row);
      const { annotator, pauses } = renamedRecord(before, renaming);
      const args = [annotator, toExactJson(pauses), before.annotator];
      return { sql: 'UPDATE annotators SET name = ?, pauses = ? WHERE name = ?', args };
    }),
  ];
}
