import { MongoError } from 'mongodb';
import type { Db, Document, MongoClient } from 'mongodb';
import {
  clockFinding,
  failed,
  failureOf,
  ok,
  runChecks,
  skipped,
  warning,
} from '../../telemetry/checkup.js';
import type { Check, Finding } from '../../telemetry/checkup.js';
import { checkIndexes } from './check-indexes.js';
import { connectMongo } from './open-mongo-store.js';
import type { MongoStoreOptions } from './open-mongo-store.js';

/** Reads of one moment, which lists and counts are, came with this version. */
const oldestVersion = 5;
const leastFreeShare = 0.1;
const refused = 13;

/**
 * Version, replica set, durability, indexes, rights, disk and clock. What it writes matches
 * nothing or is rolled back; collections and indexes are not made.
 */
export function mongoCheck({ uri, database }: MongoStoreOptions): Check {
  return {
    name: 'store',
    deadlineMs: 30_000,
    async run(signal) {
      let client: MongoClient;
      try {
        client = await connectMongo(uri);
      } catch (error) {
        return [
          failureOf('store', error),
          skipped('indexes, rights and clock of the store', "it can't be reached"),
        ];
      }
      const giveUp = () => void client.close();
      signal.addEventListener('abort', giveUp, { once: true });
      const db = client.db(database);
      try {
        const before = Date.now();
        const hello = await db.command({ hello: 1 });
        const after = Date.now();
        const remote = (hello['localTime'] as Date).getTime();
        return await runChecks([
          { name: 'store', run: () => checkVersion(db) },
          { name: 'replica set', run: () => checkReplicaSet(client, hello) },
          { name: 'indexes', run: () => checkIndexes(db) },
          {
            name: 'rights on the store',
            deadlineMs: 20_000,
            run: () => checkWrites(client, db, hello),
          },
          { name: 'disk of the store', run: () => checkDisk(db) },
          {
            name: 'clock against MongoDB',
            run: async () => [clockFinding('MongoDB', { remote, before, after, exactTo: 1 })],
          },
        ]);
      } finally {
        signal.removeEventListener('abort', giveUp);
        await client.close();
      }
    },
  };
}

async function checkVersion(db: Db): Promise<Finding[]> {
  const { version } = await db.admin().serverInfo();
  const detail = `MongoDB ${String(version)}, database ${db.databaseName}`;
  if (Number.parseInt(String(version), 10) >= oldestVersion) return [ok('store', detail)];
  return [failed('store', detail, `Use MongoDB ${oldestVersion} or newer.`)];
}

interface Member {
  readonly name: string;
  readonly health: number;
  readonly stateStr: string;
}

async function checkReplicaSet(client: MongoClient, hello: Document): Promise<Finding[]> {
  const name = 'replica set';
  if (hello['msg'] === 'isdbgrid') return [ok(name, 'a sharded cluster, through mongos')];
  const set = hello['setName'] as string | undefined;
  if (set === undefined) {
    return [
      warning(
        name,
        'a standalone server: what is acknowledged is on one disk only, and lists and counts fail',
        'Make it a replica set: mongod --replSet rs0, then rs.initiate().',
      ),
    ];
  }
  const members = await membersOf(client);
  const hosts = (hello['hosts'] as string[] | undefined) ?? [];
  const arbiters = (hello['arbiters'] as string[] | undefined) ?? [];
  const count = members?.length ?? hosts.length + arbiters.length;
  const away = members?.filter(({ health }) => health !== 1).map((member) => member.name) ?? [];
  const detail = `${set}, ${count} members, primary ${String(hello['primary'])}`;
  if (away.length > 0) {
    const mend = 'Start them again: with one more lost there may be no majority, and writes stop.';
    return [warning(name, `${detail}; ${away.join(', ')} away`, mend)];
  }
  if (count === 1) {
    const mend = 'Add members (rs.add): three keep all data and go on with one lost.';
    return [warning(name, `${detail}: with its disk gone all is gone`, mend)];
  }
  if (hosts.length <= Math.floor(count / 2) + 1) {
    const mend = 'Use three members with data, and no arbiter in the place of one.';
    return [warning(name, `${detail}: with one that holds data lost, writes wait`, mend)];
  }
  const unseen = members === undefined ? '; their health may not be seen (clusterMonitor)' : '';
  return [ok(name, `${detail}${unseen}`)];
}

/** Undefined where this user may not see them. */
async function membersOf(client: MongoClient): Promise<readonly Member[] | undefined> {
  try {
    const status = await client.db('admin').command({ replSetGetStatus: 1 });
    return status['members'] as Member[];
  } catch (error) {
    if (isRefused(error)) return undefined;
    throw error;
  }
}

const written = ['tasks', 'curated.sets', 'curated.items', 'images.files', 'images.chunks'].concat([
  'references',
  'references.current',
  'references.files',
  'references.chunks',
]);
/** No document has it. */
const nobody = 'edgeminer-doctor';

/** A write that matches nothing asks for the same rights, and for a majority, as one that does. */
async function checkWrites(client: MongoClient, db: Db, hello: Document): Promise<Finding[]> {
  const name = 'rights on the store';
  const missing = new Set<string>();
  const trying = async (right: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      if (!isRefused(error)) throw error;
      missing.add(right);
    }
  };
  const begin = performance.now();
  for (const collection of written) {
    const documents = db.collection<{ _id: string }>(collection);
    await trying('find', () => documents.findOne({ _id: nobody }));
    await trying('update', () => documents.updateOne({ _id: nobody }, { $set: { by: nobody } }));
  }
  const ms = Math.round(performance.now() - begin);
  const rolledBack = hello['setName'] !== undefined && (await hasTasks(db));
  if (rolledBack) await trying('insert', () => insertAndRollBack(client, db));
  if (missing.size > 0) {
    const mend = `Give the user the role readWrite on ${db.databaseName}: db.grantRolesToUser(USER, [{role: 'readWrite', db: '${db.databaseName}'}]).`;
    return [failed(name, `${[...missing].join(', ')} refused`, mend)];
  }
  const insert = rolledBack ? 'insert (rolled back)' : 'insert not tried';
  return [
    ok(
      name,
      `find, update, ${insert}; w: majority, journaled; ${written.length} asked in ${ms} ms`,
    ),
  ];
}

/** An insert in a transaction would make the collection, which is for the first worker to do. */
async function hasTasks(db: Db): Promise<boolean> {
  return (await db.listCollections({ name: 'tasks' }, { nameOnly: true }).toArray()).length > 0;
}

async function insertAndRollBack(client: MongoClient, db: Db): Promise<void> {
  const session = client.startSession();
  try {
    session.startTransaction();
    await db.collection<{ _id: string }>('tasks').insertOne({ _id: nobody }, { session });
  } finally {
    if (session.inTransaction()) await session.abortTransaction();
    await session.endSession();
  }
}

async function checkDisk(db: Db): Promise<Finding[]> {
  const name = 'disk of the store';
  try {
    const stats = await db.stats();
    const [total, used] = [Number(stats['fsTotalSize']), Number(stats['fsUsedSize'])];
    const free = total - used;
    if (!(total > 0)) return [skipped(name, 'the server does not tell')];
    const detail = `${(free / 1e9).toFixed(1)} GB of ${(total / 1e9).toFixed(1)} GB free`;
    if (free >= leastFreeShare * total) return [ok(name, detail)];
    return [warning(name, detail, 'Make room, or give the server a larger disk.')];
  } catch (error) {
    if (isRefused(error)) return [skipped(name, 'this user may not ask (dbStats)')];
    throw error;
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof MongoError && error.code === refused;
}
