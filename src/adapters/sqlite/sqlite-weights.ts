import type { InStatement, Row } from '@libsql/client';
import { renamedWeights } from '../../queue/rename-person.js';
import type { Renaming } from '../../queue/rename-person.js';
import type { WeightStore } from '../../queue/weight-store.js';
import { plainSkills, skillsOf } from '../../queue/weights.js';
import type { PlainSkills, Weights } from '../../queue/weights.js';
import { textIn } from './columns.js';
import { fromExactJson, toExactJson } from './exact-json.js';
import type { SqliteDatabase, SqliteTransaction } from './sqlite-database.js';

/** What annotators are worth, in one SQLite file. The connection is its opener's. */
export function sqliteWeights(database: SqliteDatabase): WeightStore {
  return {
    async publish(weights) {
      await database.write([put(weights)]);
    },

    async latest() {
      return (await database.read('SELECT * FROM weights ORDER BY label_set')).map(rowToWeights);
    },
  };
}

/** What gives a person another name in them; changes nothing yet. */
export async function renameInWeights(
  transaction: SqliteTransaction,
  renaming: Renaming,
): Promise<InStatement[]> {
  const { rows } = await transaction.execute({
    sql: 'SELECT * FROM weights WHERE instr(weights, ?)',
    args: [JSON.stringify(renaming.from)],
  });
  return rows.map((row) => put(renamedWeights(rowToWeights(row), renaming)));
}

function put({ labelSet, skills, ...rest }: Weights): InStatement {
  return {
    sql: `INSERT INTO weights (label_set, weights) VALUES (:labelSet, :weights)
          ON CONFLICT (label_set) DO UPDATE SET weights = excluded.weights`,
    args: { labelSet, weights: toExactJson({ ...rest, skills: plainSkills(skills) }) },
  };
}

function rowToWeights(row: Row): Weights {
  const { skills, ...rest } = fromExactJson(textIn(row, 'weights')) as Omit<
    Weights,
    'labelSet' | 'skills'
  > & { readonly skills: PlainSkills };
  return { ...rest, labelSet: textIn(row, 'label_set'), skills: skillsOf(skills) };
}
