import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMongoStore } from '../../../src/adapters/mongo/open-mongo-store.js';
import { makeCertificate } from '../../services/certificates.js';
import { startSecuredMongo } from '../../services/local-services.js';
import { openProcesses } from '../../services/processes.js';
import type { Processes } from '../../services/processes.js';

describe('a store in a MongoDB with TLS and users', () => {
  let processes: Processes;
  let host: string;
  let tls: string;

  beforeAll(async () => {
    processes = openProcesses();
    const folder = processes.folder('mongo-security');
    const { certFile, bothFile } = await makeCertificate(folder, 'mongo');
    const keyFile = join(folder, 'members.key');
    await writeFile(keyFile, 'bWVtYmVycyBrbm93IGVhY2ggb3RoZXI=', { mode: 0o600 });
    const { uri } = await startSecuredMongo(processes, { caFile: certFile, bothFile, keyFile });
    host = new URL(uri).host;
    tls = `tls=true&tlsCAFile=${encodeURIComponent(certFile)}`;
    // The first user may be made from this machine without being one.
    const client = await MongoClient.connect(uri);
    try {
      const admin = client.db('admin');
      while ((await admin.command({ hello: 1 }))['isWritablePrimary'] !== true) await delay(100);
      await admin.command({ createUser: 'worker', pwd: 'secret', roles: ['root'] });
    } finally {
      await client.close();
    }
  });
  afterAll(() => processes.close());

  const open = (login: string, options: string) =>
    openMongoStore({
      uri: `mongodb://${login}${host}/?replicaSet=rs0&authSource=admin&${options}`,
      database: 'edgeminer',
    });

  it('opens with what the address says', async () => {
    const store = await open('worker:secret@', tls);
    await store.ping();
    expect(await store.queue.stats(0)).toMatchObject({ byState: { pending: 0 } });
    await store.close();
  });

  it.each([
    ['a wrong password', 'worker:guess@', () => tls, /refused/],
    ['an authority that is not known', 'worker:secret@', () => 'tls=true', /tlsCAFile/],
  ])('refuses %s, and says which setting it is', async (_what, login, options, message) => {
    const opening = open(login, options());
    await expect(opening).rejects.toMatchObject({ code: 'config.invalid', field: 'store.uri' });
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.not.toThrow(/guess|secret/);
  });
});
