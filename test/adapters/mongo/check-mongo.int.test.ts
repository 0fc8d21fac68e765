import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mongoCheck } from '../../../src/adapters/mongo/check-mongo.js';
import { openMongoStore } from '../../../src/adapters/mongo/open-mongo-store.js';
import { runChecks } from '../../../src/telemetry/checkup.js';
import type { Finding } from '../../../src/telemetry/checkup.js';
import { describeWith } from '../../services/describe-with.js';
import { startMongo, startStandaloneMongo } from '../../services/local-services.js';
import { openProcesses } from '../../services/processes.js';
import type { Processes } from '../../services/processes.js';

const newDatabase = () => `edgeminer-test-${randomBytes(6).toString('hex')}`;
const check = (uri: string, database: string) => runChecks([mongoCheck({ uri, database })]);
const verdicts = (findings: readonly Finding[]) =>
  Object.fromEntries(findings.map(({ name, verdict }) => [name, verdict]));

describeWith(['mongo'], 'the check of MongoDB', (services) => {
  it('makes nothing in an empty database', async () => {
    const { uri } = services().mongo;
    const database = newDatabase();
    const findings = await check(uri, database);
    expect(verdicts(findings)).toMatchObject({
      store: 'ok',
      // One member.
      'replica set': 'warning',
      indexes: 'ok',
      'rights on the store': 'ok',
      'clock against MongoDB': 'ok',
    });
    const client = await MongoClient.connect(uri);
    expect(await client.db(database).listCollections().toArray()).toEqual([]);
    await client.close();
  });

  it('finds indexes that are missing, of other keys, or not unique; and writes nothing', async () => {
    const { uri } = services().mongo;
    const database = newDatabase();
    await (await openMongoStore({ uri, database })).close();
    expect(verdicts(await check(uri, database))).toMatchObject({
      indexes: 'ok',
      'rights on the store': 'ok',
    });
    const client = await MongoClient.connect(uri);
    const db = client.db(database);
    await db.collection('tasks').dropIndex('claim-order');
    await db.collection('tasks').dropIndex('batch');
    await db.collection('tasks').createIndexes([{ key: { state: 1 }, name: 'batch' }]);
    await db.collection('images.chunks').dropIndex('files_id_1_n_1');
    await db.collection('images.chunks').createIndexes([{ key: { files_id: 1, n: 1 } }]);
    const problems = (await check(uri, database)).filter(({ verdict }) => verdict === 'failed');
    expect(problems).toMatchObject([
      { name: 'index claim-order of tasks', mend: expect.stringContaining('Start') as string },
      {
        name: 'index batch of tasks',
        mend: expect.stringContaining("dropIndex('batch')") as string,
      },
      { name: 'index files_id_1_n_1 of images.chunks', detail: 'is not unique' },
    ]);
    expect(await db.collection('tasks').countDocuments()).toBe(0);
    await db.dropDatabase();
    await client.close();
  });

  it('says that nobody answers, and skips the rest', async () => {
    const findings = await check('mongodb://127.0.0.1:1', 'x');
    expect(findings.map(({ verdict }) => verdict)).toEqual(['failed', 'skipped']);
  });
});

describe('a MongoDB that is less than it should be', () => {
  let processes: Processes;
  beforeAll(() => {
    processes = openProcesses();
  });
  afterAll(() => processes.close());

  it('is a standalone server', async () => {
    const { uri } = await startStandaloneMongo(processes);
    const findings = await check(uri, newDatabase());
    expect(verdicts(findings)).toMatchObject({
      store: 'ok',
      'replica set': 'warning',
      'rights on the store': 'ok',
    });
    // What the warning says of lists.
    const store = await openMongoStore({ uri, database: newDatabase() });
    await expect(store.queue.stats(0)).rejects.toMatchObject({ code: 'config.invalid' });
    await store.close();
  });

  it('has lost a member', async () => {
    const { address, members } = await startMongo(processes, 3);
    expect(verdicts(await check(address.uri, newDatabase()))).toMatchObject({
      'replica set': 'ok',
    });
    await members[2]?.kill();
    await expect
      .poll(
        async () =>
          (await check(address.uri, newDatabase())).find(({ name }) => name === 'replica set'),
        { timeout: 40_000 },
      )
      .toMatchObject({ verdict: 'warning', detail: expect.stringContaining('away') as string });
  });

  it('refuses its user to write', async () => {
    const { uri } = await startStandaloneMongo(processes, ['--auth']);
    const client = await MongoClient.connect(uri);
    const user = (name: string, roles: (string | object)[]) =>
      client.db('admin').command({ createUser: name, pwd: 'secret', roles });
    await user('root', ['root']);
    await client.close();
    const root = await MongoClient.connect(uri.replace('//', '//root:secret@'));
    const reader = { createUser: 'reader', pwd: 'secret', roles: [{ role: 'read', db: 'mine' }] };
    await root.db('admin').command(reader);
    await root.close();
    const login = uri.replace('//', '//reader:secret@');
    const findings = await check(`${login}&authSource=admin`, 'mine');
    expect(findings.find(({ name }) => name === 'rights on the store')).toMatchObject({
      verdict: 'failed',
      detail: 'update refused',
      mend: expect.stringContaining('readWrite') as string,
    });
  });
});
