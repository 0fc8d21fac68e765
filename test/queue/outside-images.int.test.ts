import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { runCommand } from '../cli/run-command.js';
import type { CommandWorld } from '../cli/run-command.js';
import * as schemas from '../../src/http/schemas.js';
import { contentHash } from '../../src/image/content-hash.js';
import { describeWith } from '../services/describe-with.js';

/* `images.keep: reference`, from the stream to whoever needs the picture. */

const packageRoot = fileURLToPath(new URL('../..', import.meta.url));
const pictures = join(packageRoot, 'test', 'fixtures', 'pictures');
const listening = z.object({ url: z.string() });

describe('images kept by reference: SQLite and a folder', () => {
  outsideImages(
    () => ({ images: { kind: 'directory', path: 'pictures' } }),
    async (folder) => {
      const names = await readdir(join(folder, 'pictures'), { recursive: true });
      return names.flatMap((name) => /([0-9a-f]{64})\.\w+$/.exec(name)?.[1] ?? []);
    },
  );
});

describeWith(['mongo'], 'images kept by reference: MongoDB and GridFS', (services) => {
  let database: string;
  let client: MongoClient;
  beforeEach(async () => {
    database = `edgeminer-test-${randomBytes(6).toString('hex')}`;
    client = await MongoClient.connect(services().mongo.uri);
  });
  afterEach(async () => {
    await client.db(database).dropDatabase();
    await client.close();
  });
  outsideImages(
    () => ({
      store: { kind: 'mongodb', uri: services().mongo.uri, database },
      images: { kind: 'gridfs' },
    }),
    async () => {
      const files = client.db(database).collection<{ _id: string }>('images.files');
      return (await files.find().toArray()).map(({ _id }) => _id);
    },
  );
});

function outsideImages(
  settings: () => { readonly images: object; readonly store?: object },
  copies: (folder: string) => Promise<string[]>,
): void {
  let folder: string;
  let server: Server;
  let origin: string;
  /** What the server has, by path. */
  let served: Map<string, Uint8Array | 'away'>;
  let requests: string[];
  let coffee: Uint8Array;
  let rocket: Uint8Array;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-outside-'));
    coffee = new Uint8Array(await readFile(join(pictures, 'coffee.jpg')));
    rocket = new Uint8Array(await readFile(join(pictures, 'rocket.jpg')));
    served = new Map([['/coffee.jpg', coffee]]);
    requests = [];
    server = createServer((request, response) => {
      const path = request.url ?? '';
      requests.push(path);
      const content = served.get(path);
      if (content === undefined) response.writeHead(404).end();
      else if (content === 'away') response.writeHead(503).end();
      else response.end(content);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await configure('reference');
    const lines = [
      { eventId: 'http', image: { uri: `${origin}/coffee.jpg` } },
      { eventId: 'inline', image: { bytes: Buffer.from(rocket).toString('base64') } },
      { eventId: 'file', image: { uri: pathToFileURL(join(pictures, 'chelsea.jpg')).href } },
    ].map((event) =>
      JSON.stringify({
        occurredAt: '2026-01-01T00:00:00Z',
        sourceId: 'gate-3',
        modelName: 'animals',
        modelVersion: '1',
        ...event,
      }),
    );
    await writeFile(join(folder, 'events.jsonl'), `${lines.join('\n')}\n`);
  });
  afterEach(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    await rm(folder, { recursive: true });
  });

  async function configure(keep: string, allowed = [origin]): Promise<void> {
    const { images, store } = settings();
    const config = {
      dataDir: '.',
      ...(store === undefined ? {} : { store }),
      images: { ...images, keep },
      fetch: { allowOrigins: allowed, allowDirectories: [pictures], attempts: 1 },
      models: [{ name: 'animals', reference: 'none', embedder: 'none', labelSet: 'animals' }],
      labelSets: { animals: { classes: ['cat', 'cup'] } },
      policies: { default: { controlSample: 1 } },
      log: { level: 'silent' },
    };
    await writeFile(join(folder, 'edgeminer.config.yaml'), stringify(config));
  }

  const run = (args: readonly string[], more: Partial<CommandWorld> = {}) =>
    runCommand([...args, '--json'], { folder, ...more });
  async function edgeminer(...args: readonly string[]): Promise<unknown> {
    const { code, result, stderr } = await run(args);
    expect(code, stderr).toBe(0);
    return result;
  }

  /** Runs `serve` for as long as the work takes. */
  async function withApi(work: (get: (path: string) => Promise<Response>) => Promise<void>) {
    const ending = new AbortController();
    let ready: (result: unknown) => void = () => undefined;
    const address = new Promise<unknown>((resolve) => (ready = resolve));
    const serving = run(['serve', '--port', '0'], { ending: ending.signal, onResult: ready });
    try {
      const { url } = listening.parse(await Promise.race([address, serving.then((end) => end)]));
      await work((path) => fetch(`${url}${path}`));
    } finally {
      ending.abort();
      await serving;
    }
  }

  async function tasksOf(get: (path: string) => Promise<Response>) {
    const page = schemas.taskPage.parse(await (await get('/v1/tasks')).json());
    return new Map(page.tasks.map((task) => [task.eventId, task]));
  }

  const mine = () => edgeminer('mine', '--source', 'jsonl:events.jsonl', '--once');

  it('copies what came inline alone, and gives all pictures over HTTP', async () => {
    expect(await mine()).toMatchObject({ queued: 3, rejected: 0 });
    expect(await copies(folder)).toEqual([contentHash(rocket)]);
    await withApi(async (get) => {
      const tasks = await tasksOf(get);
      expect([...tasks].map(([id, { image }]) => [id, image.kept]).toSorted()).toEqual([
        ['file', 'reference'],
        ['http', 'reference'],
        ['inline', 'copy'],
      ]);
      for (const { image } of tasks.values()) {
        const answer = await get(image.href);
        expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
        expect(contentHash(new Uint8Array(await answer.arrayBuffer()))).toBe(image.hash);
      }
      const href = tasks.get('http')?.image.href ?? '';
      const refusal = async () => {
        const answer = await get(href);
        // A refusal that a browser keeps for a year would outlive its cause.
        expect(answer.headers.get('cache-control') ?? '').not.toContain('immutable');
        return { status: answer.status, body: (await answer.json()) as object };
      };
      served.set('/coffee.jpg', rocket);
      expect(await refusal()).toMatchObject({
        status: 422,
        body: {
          code: 'image.hash-mismatch',
          detail: expect.stringContaining('changed at its source') as string,
          field: 'image.uri',
        },
      });
      served.delete('/coffee.jpg');
      expect(await refusal()).toMatchObject({ status: 404, body: { code: 'image.not-found' } });
      served.set('/coffee.jpg', 'away');
      expect(await refusal()).toMatchObject({ status: 503, body: { code: 'image.unreachable' } });
      served.set('/coffee.jpg', coffee);
      expect((await get(href)).status).toBe(200);
    });
    // The allow-list of now counts, not that of when it was mined; no connection is made.
    await configure('copy', []);
    requests = [];
    await withApi(async (get) => {
      const href = (await tasksOf(get)).get('http')?.image.href ?? '';
      const answer = await get(href);
      expect([answer.status, await answer.json()]).toMatchObject([
        422,
        { code: 'image.forbidden' },
      ]);
    });
    expect(requests).toEqual([]);
  });

  it('gives them to a pulled batch, to a snapshot and to an export, or says why not', async () => {
    await mine();
    served.delete('/coffee.jpg');
    const pull = ['queue', 'pull', '--annotator', 'ada', '--out', 'batch'];
    expect(await edgeminer(...pull)).toMatchObject({ tasks: 3, withoutPicture: 1 });
    const text = await readFile(join(folder, 'batch', 'batch.json'), 'utf8');
    expect(text).toContain('image.not-found: the picture of task');
    const labels = join(folder, 'batch', 'labels.jsonl');
    const lines = (await readFile(labels, 'utf8')).trim().split('\n');
    const label = '"label":{"kind":"class","class":"cup"}';
    await writeFile(labels, lines.map((line) => line.replace('"label":null', label)).join('\n'));
    expect(await edgeminer('queue', 'import', 'batch')).toMatchObject({ labelled: 3 });

    const snapshot = ['curate', 'snapshot', '--name', 'night'];
    expect((await run(snapshot)).stderr).toMatch(/image\.not-found.*is gone from its source/s);
    served.set('/coffee.jpg', rocket);
    expect((await run(snapshot)).stderr).toMatch(/image\.hash-mismatch.*changed at its source/s);
    served.set('/coffee.jpg', coffee);
    expect(await edgeminer(...snapshot)).toMatchObject({ items: 3, outcome: 'published' });
    await edgeminer('curate', 'export', '--version', 'latest', '--format', 'jsonl', '--out', 'set');
    const exported = await readFile(join(folder, 'set', 'images', `${contentHash(coffee)}.jpg`));
    expect(exported.equals(coffee)).toBe(true);

    // Erasure reaches what edgeminer keeps, and says what it does not reach.
    const order = ['erase', '--source', 'gate-3', '--by', 'cora', '--reason', 'request 17'];
    const left = expect.arrayContaining([
      expect.stringMatching(/^2 pictures .*never copied/),
    ]) as unknown;
    const erased = { tasks: 3, images: 1 };
    expect(await edgeminer(...order, '--dry-run')).toMatchObject({ erased, left });
    expect(await edgeminer(...order)).toMatchObject({ erased, left });
    expect(await copies(folder)).toEqual([]);
    // No task shows it any more, so it is not fetched for anybody.
    requests = [];
    const again = ['curate', 'export', '--version', 'latest', '--format', 'jsonl', '--out', 'no'];
    expect((await run(again)).stderr).toContain('image.not-found');
    expect(requests).toEqual([]);
  });

  it('takes a copy again where the setting says so', async () => {
    await configure('copy');
    expect(await mine()).toMatchObject({ queued: 3 });
    expect(await copies(folder)).toHaveLength(3);
    served.clear();
    await withApi(async (get) => {
      for (const { image } of (await tasksOf(get)).values()) {
        expect(image.kept).toBe('copy');
        expect((await get(image.href)).status).toBe(200);
      }
    });
  });
}
