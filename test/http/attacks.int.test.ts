import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import { runCommand } from '../cli/run-command.js';
import { describeWith } from '../services/describe-with.js';
import type { AttackedServer } from './attack.js';
import { attacksByAccess } from './attacks-by-access.js';
import { attacksByInput } from './attacks-by-input.js';
import { configured, startTestServer, tokens } from './test-server.js';
import type { TestServerOptions } from './test-server.js';

const attacks = [...attacksByInput, ...attacksByAccess];

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const people = [
  ...configured,
  { name: 'gone', role: 'admin', tokenSha256: sha256('expired-secret'), expiresAt: 0 },
  { name: 'nora', role: 'admin', tokenSha256: sha256('north-secret'), projects: ['north'] },
  {
    name: 'line-n',
    role: 'producer',
    tokenSha256: sha256('north-producer-secret'),
    projects: ['north'],
  },
] as const;

async function startAttackedServer(options: TestServerOptions = {}): Promise<AttackedServer> {
  const api = await startTestServer({
    tokens: people,
    limits: { requestSeconds: 1, refusalsPerMinute: 1000 },
    ...options,
  });
  return {
    ...api,
    adminSha256: sha256(tokens.root),
    cli: async (args) => {
      const run = {
        environment: { EDGEMINER_TOKEN: tokens.root },
        folder: api.folder,
        now: api.clock.now,
      };
      const { code, stdout, stderr } = await runCommand(args, run);
      expect(code, stderr).toBe(0);
      return stdout;
    },
  };
}

/** Each attack with what came of it. */
function attacked(store: string, start: () => Promise<AttackedServer>): void {
  describe(`attacks on a server over ${store}`, () => {
    const held: string[] = [];
    let api: AttackedServer;
    beforeAll(async () => {
      api = await start();
    });
    afterAll(async () => {
      await api.close();
      process.stdout.write(`${[`held over ${store}:`, ...held].join('\n  ')}\n`);
    });

    it.each(attacks)('$what: $sent', async ({ what, sent, must, tryIt }) => {
      await tryIt(api);
      held.push(`${what} | ${sent} | ${must}`);
    });

    it('leave every audit trail whole, and nothing failed inside', async () => {
      const answer = await api.send('GET', '/v1/audit/verify?limit=1000', { as: 'rita' });
      expect(answer.json).toMatchObject({ broken: [], next: null });
      expect(api.logged.filter(({ level }) => level === 'error')).toEqual([]);
    });
  });
}

attacked('SQLite', () => startAttackedServer());

describeWith(['mongo'], 'with MongoDB', (services) => {
  const database = `edgeminer-test-${randomBytes(6).toString('hex')}`;
  afterAll(async () => {
    const client = await MongoClient.connect(services().mongo.uri);
    await client.db(database).dropDatabase();
    await client.close();
  });
  attacked('MongoDB', () =>
    startAttackedServer({
      openStore: () => openMongoStore({ uri: services().mongo.uri, database }),
    }),
  );
});

describe('SECURITY.md', () => {
  it('lists these attacks, and no others', () => {
    const page = readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| (.+?) +\| (.+?) +\| (.+?) +\|$/gmu)].map((row) =>
      row.slice(1),
    );
    const [heading, rule, ...listed] = rows;
    expect(heading).toEqual(['attack', 'what is sent', 'what must happen']);
    expect(rule?.every((cell) => /^-+$/u.test(cell))).toBe(true);
    expect(listed).toEqual(attacks.map(({ what, sent, must }) => [what, sent, must]));
  });
});
