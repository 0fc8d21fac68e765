import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { openDeadLetterFile } from '../../src/adapters/directory/dead-letter-file.js';
import { openDeadLetterShelfFile } from '../../src/adapters/directory/dead-letter-shelf.js';
import { connectKafka } from '../../src/adapters/kafka/connect-kafka.js';
import { testTopics } from '../adapters/kafka/topics.js';
import { describeWith } from '../services/describe-with.js';
import { deadLetterShelfSuite } from './dead-letter-shelf.js';

describe('dead letters in a file', () => {
  deadLetterShelfSuite(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeminer-letters-'));
    const path = join(folder, 'dead-letters.jsonl');
    return {
      letters: await openDeadLetterFile({ path, now: Date.now }),
      shelf: openDeadLetterShelfFile(path),
      close: () => rm(folder, { recursive: true }),
    };
  });
});

describeWith(['kafka'], 'dead letters on a topic', (services) => {
  deadLetterShelfSuite(async () => {
    const topics = await testTopics(services().kafka.brokers);
    const connection = connectKafka(topics.settings);
    return {
      letters: connection.openDeadLetters(),
      shelf: connection.openDeadLetterShelf(),
      async close() {
        await connection.close();
        await topics.close();
      },
    };
  });
});
