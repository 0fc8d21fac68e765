/**
 * A process of its own: claims batches and labels half of each, until it is killed. Prints a line
 * for each batch that it holds.
 */
import { openMongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { request, start } from '../conformance/candidate.js';

const [kind, place, database] = process.argv.slice(2);
if (place === undefined) throw new Error('needs a kind of store and a place');
const store =
  kind === 'mongodb'
    ? await openMongoStore({ uri: place, database: database ?? '' })
    : await openSqliteStore({ file: place });
for (let lap = 0; ; lap++) {
  const asked = request(`killed-${lap}`, 10);
  const tasks = await store.queue.lease(asked, start);
  if (tasks.length === 0) break;
  process.stdout.write(`${lap}\n`);
  for (const { id, fence } of tasks.slice(0, 5)) {
    const claim = { taskId: id, batchId: asked.batchId, fence };
    const body = { kind: 'class', class: 'cat' } as const;
    await store.queue.complete(claim, { kind: 'label', body, labelSet: 'a@1' }, start);
  }
}
await store.close();
