/** A process of its own: claims from the file until nothing is free, and prints what it got. */
import { openSqliteStore } from '../../../src/adapters/sqlite/open-sqlite-store.js';
import { request, start } from '../../conformance/candidate.js';

const [file, who] = process.argv.slice(2);
if (file === undefined || who === undefined) throw new Error('needs a file and a name');
const store = await openSqliteStore({ file });
const ids: string[] = [];
for (;;) {
  const tasks = await store.queue.lease(request(`${who}-${ids.length}`, 5), start);
  if (tasks.length === 0) break;
  ids.push(...tasks.map(({ id }) => id));
}
await store.close();
process.stdout.write(JSON.stringify(ids));
