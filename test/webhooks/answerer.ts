/**
 * A process of its own: answers tasks that others hear of, and prints the id of each, until it is
 * killed. With a URL, it delivers instead.
 */
import { openWebhookSender } from '../../src/adapters/fetch/webhook-sender.js';
import { openMongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { keepDelivering } from '../../src/notice/deliver.js';
import { request, start } from '../conformance/candidate.js';

const [kind, place = '', database = '', url] = process.argv.slice(2);
const subscribers = () => ['hook'];
const store =
  kind === 'mongodb'
    ? await openMongoStore({ uri: place, database, subscribers })
    : await openSqliteStore({ file: place, subscribers });
if (url === undefined) {
  for (let lap = 0; ; lap++) {
    const asked = request(`killed-${lap}`, 4);
    const tasks = await store.queue.lease(asked, start);
    if (tasks.length === 0) break;
    for (const { id, fence } of tasks) {
      const claim = { taskId: id, batchId: asked.batchId, fence };
      const body = { kind: 'class', class: 'cat' } as const;
      await store.queue.complete(claim, { kind: 'label', body, labelSet: 'a@1' }, start);
      process.stdout.write(`${id}\n`);
    }
  }
} else {
  const sender = openWebhookSender({ allowOrigins: [new URL(url).origin] });
  const deps = {
    outbox: store.outbox,
    sender,
    endpoints: [{ name: 'hook', url, secrets: ['a secret of sixteen'] }],
    now: () => start,
    random: () => 0,
    observe: () => undefined,
  };
  await keepDelivering(deps, new AbortController().signal, () => undefined);
}
await store.close();
