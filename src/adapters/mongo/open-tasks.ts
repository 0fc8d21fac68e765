import { MongoServerError } from 'mongodb';
import type { Db } from 'mongodb';
import { guarded } from './content-addressed-bucket.js';
import type { TaskDocument } from './documents.js';
import type { TaskCollections } from './mongo-governor.js';
import { personIndexes } from './persons.js';
import type { PersonDocument } from './persons.js';
import { obsoleteIndexes, taskIndexes } from './task-filters.js';

/** The collections of the queue, with their indexes. Throws `store.unavailable`. */
export async function openTasks(db: Db): Promise<TaskCollections> {
  const tasks = db.collection<TaskDocument>('tasks');
  const persons = db.collection<PersonDocument>('persons');
  await guarded(async () => {
    await Promise.all([
      tasks.createIndexes([...taskIndexes]),
      persons.createIndexes([...personIndexes]),
    ]);
    const there = new Set((await tasks.indexes()).map(({ name }) => name));
    for (const name of obsoleteIndexes) {
      // Of several processes that start at once, one drops it.
      if (there.has(name)) await tasks.dropIndex(name).catch(unlessItIsGone);
    }
  });
  return { tasks, persons };
}

const indexNotFound = 27;

function unlessItIsGone(error: unknown): void {
  if (!(error instanceof MongoServerError) || error.code !== indexNotFound) throw error;
}
