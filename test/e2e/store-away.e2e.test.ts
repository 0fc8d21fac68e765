import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { expect, it } from 'vitest';
import { createTopics } from '../services/create-topics.js';
import { describeWith } from '../services/describe-with.js';
import { openDoor } from '../services/door.js';
import { runEdgeminer, startEdgeminer } from './run-edgeminer.js';

describeWith(['kafka', 'mongo'], 'a start while the store is away', (services) => {
  it('has a worker wait until it is back; a command for a person says so and ends', async () => {
    const run = randomUUID().slice(0, 8);
    const directory = await mkdtemp(join(tmpdir(), 'edgeminer-away-'));
    const { brokers } = services().kafka;
    const topics = { events: `away.${run}`, deadLetters: `away.dlq.${run}` };
    const database = `away_${run}`;
    const inside = new URL(services().mongo.uri);
    const door = await openDoor(`mongodb://${inside.host}/?directConnection=true`);
    const onMongo = { MONGODB_URI: door.url, EDGEMINER_STORE_DATABASE: database };
    await writeFile(
      join(directory, 'edgeminer.config.yaml'),
      JSON.stringify({
        kafka: { brokers, groupId: `away-${run}`, topics },
        models: [{ name: 'm', embedder: 'none', reference: 'none' }],
      }),
    );
    await createTopics(
      brokers,
      Object.values(topics).map((topic) => ({ topic, partitions: 1 })),
    );
    try {
      await door.shut();
      const stats = await runEdgeminer(['queue', 'stats'], directory, onMongo);
      expect(stats.code).toBe(1);
      expect(stats.stderr).toContain('MongoDB');

      const worker = startEdgeminer(['mine', '--source', 'kafka'], directory, onMongo);
      await worker.printed('waits for what is away');
      await door.open();
      await worker.printed('reads its partitions');
      worker.process.kill('SIGTERM');
      expect((await worker.finished).code).toBe(0);

      await door.shut();
      const impatient = startEdgeminer(['mine', '--source', 'kafka'], directory, onMongo);
      await impatient.printed('waits for what is away');
      impatient.process.kill('SIGTERM');
      expect((await impatient.finished).code).toBe(0);
    } finally {
      await door.close();
      const cleaner = await MongoClient.connect(services().mongo.uri);
      await cleaner.db(database).dropDatabase();
      await cleaner.close();
      await rm(directory, { recursive: true });
    }
  });
});
