import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as schemas from '../../src/http/schemas.js';
import { startTestServer } from './test-server.js';
import type { TestServer } from './test-server.js';

let api: TestServer;

beforeAll(async () => {
  api = await startTestServer();
});

afterAll(async () => {
  await api.close();
});

async function label(count: number): Promise<void> {
  await api.offer(count);
  const lease = await api.send('POST', '/v1/batches', { as: 'ana', body: { limit: count } });
  const { batchId, tasks } = schemas.batch.parse(lease.json);
  for (const [i, { id, fence }] of tasks.entries()) {
    const body = { batchId, fence, label: { kind: 'class', class: i % 2 === 0 ? 'cat' : 'dog' } };
    const answer = await api.send('POST', `/v1/tasks/${id}/labels`, { as: 'ana', body });
    expect(answer.status).toBe(200);
  }
}

async function unpack(archive: Uint8Array): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const reading = extract();
  reading.end(archive);
  for await (const entry of reading) {
    files.set(entry.header.name, await buffer(Readable.from(entry, { objectMode: false })));
  }
  return files;
}

describe('curated sets', () => {
  let version = '';

  it('are refused while nothing is labelled', async () => {
    const body = { name: 'too-early' };
    const answer = await api.send('POST', '/v1/curated-sets', { as: 'cora', body });
    expect(answer).toMatchObject({ status: 409, json: { code: 'curated-set.empty' } });
    const none = await api.send('GET', '/v1/curated-sets', { as: 'cora' });
    expect(none.json).toEqual({ curatedSets: [], next: null });
    const latest = await api.send('GET', '/v1/curated-sets/latest', { as: 'cora' });
    expect(latest).toMatchObject({ status: 404, json: { code: 'curated-set.not-found' } });
  });

  it('are snapshots of what is labelled: the same labels, the same version', async () => {
    await label(6);
    const body = { name: 'june' };
    const made = await api.send('POST', '/v1/curated-sets', { as: 'cora', body });
    expect(made.status).toBe(201);
    const head = schemas.snapshotAnswer.parse(made.json);
    expect(head).toMatchObject({
      name: 'june',
      outcome: 'published',
      items: 6,
      classes: ['cat', 'dog'],
      split: { seed: 'test', incidentGapSeconds: 1, nearDuplicateBits: 4 },
    });
    const { train, validation, test } = head.splits;
    expect(train.items + validation.items + test.items).toBe(6);
    expect(made.headers.get('location')).toBe(`/v1/curated-sets/${head.version}`);
    version = head.version;

    api.clock.now += 1000;
    const again = await api.send('POST', '/v1/curated-sets', { as: 'cora', body });
    expect(again).toMatchObject({
      status: 200,
      json: { outcome: 'known', version, createdAt: head.createdAt },
    });
    const list = await api.send('GET', '/v1/curated-sets', { as: 'cora' });
    expect(list.json).toEqual({
      curatedSets: [{ version, name: 'june', createdAt: head.createdAt, items: 6 }],
      next: null,
    });
  });

  it('take their split from the request', async () => {
    const split = { shares: { train: 1, validation: 0, test: 0 }, seed: 'other' };
    const body = { name: 'all-train', model: 'animals', reason: 'dark', split };
    const made = await api.send('POST', '/v1/curated-sets', { as: 'cora', body });
    expect(made).toMatchObject({ status: 201, json: { splits: { train: { items: 6 } } } });
    const none = { name: 'none', model: 'boats' };
    const empty = await api.send('POST', '/v1/curated-sets', { as: 'cora', body: none });
    expect(empty.status).toBe(409);
  });

  it.each([
    [{}, 'body.name'],
    [{ name: '../etc' }, 'body.name'],
    [
      { name: 'x', split: { shares: { train: 2, validation: 0, test: 0 } } },
      'body.split.shares.train',
    ],
    [{ name: 'x', filter: 'dark' }, 'body'],
  ])('refuse the request %j', async (body, field) => {
    const answer = await api.send('POST', '/v1/curated-sets', { as: 'cora', body });
    expect(answer).toMatchObject({ status: 400, json: { code: 'input.invalid', field } });
  });

  it('refuse shares that do not sum to 1', async () => {
    const body = { name: 'x', split: { shares: { train: 0.5, validation: 0, test: 0 } } };
    const answer = await api.send('POST', '/v1/curated-sets', { as: 'cora', body });
    expect(answer).toMatchObject({ status: 400, json: { code: 'input.invalid' } });
  });

  it('are read page by page, by the first digits of their version', async () => {
    const seen: string[] = [];
    let after = '';
    do {
      const path = `/v1/curated-sets/${version.slice(0, 12)}?limit=4${after}`;
      const page = schemas.curatedSetPage.parse((await api.send('GET', path, { as: 'cora' })).json);
      expect(page.version).toBe(version);
      for (const item of page.page) {
        expect(item.lineage).toMatchObject({ annotator: 'ana', labelSet: 'animals@2' });
      }
      seen.push(...page.page.map(({ taskId }) => taskId));
      after = page.next === null ? '' : `&after=${page.next}`;
    } while (after !== '');
    expect(new Set(seen).size).toBe(6);
    expect(seen).toEqual(seen.toSorted());
  });

  it.each([
    ['0'.repeat(64), 404, 'curated-set.not-found'],
    ['0'.repeat(12), 404, 'curated-set.not-found'],
    ['abc', 400, 'input.invalid'],
    ['not-a-version', 400, 'input.invalid'],
  ])('are not found under %s', async (digits, status, code) => {
    for (const path of [
      `/v1/curated-sets/${digits}`,
      `/v1/curated-sets/${digits}/export?format=coco`,
    ]) {
      expect(await api.send('GET', path, { as: 'cora' })).toMatchObject({ status, json: { code } });
    }
  });

  it.each(['coco', 'imagefolder', 'jsonl'])(
    'are exported as %s, in a tar archive',
    async (format) => {
      const path = `/v1/curated-sets/${version.slice(0, 12)}/export?format=${format}`;
      const answer = await api.send('GET', path, { as: 'cora' });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('application/x-tar');
      expect(answer.headers.get('content-disposition')).toBe(
        `attachment; filename="june-${version.slice(0, 12)}-${format}.tar"`,
      );
      const files = await unpack(answer.bytes);
      expect([...files.keys()].at(-1)).toBe('manifest.json');
      const pictures = [...files.keys()].filter((name) => name.endsWith('.jpg'));
      expect(pictures).toHaveLength(6);
      const manifest: unknown = JSON.parse(
        Buffer.from(files.get('manifest.json') ?? []).toString(),
      );
      expect(manifest).toMatchObject({ version });
      const again = await api.send('GET', path, { as: 'cora' });
      expect(Buffer.compare(again.bytes, answer.bytes)).toBe(0);
      const head = await api.send('HEAD', path, { as: 'cora' });
      expect([head.status, head.bytes.byteLength]).toEqual([200, 0]);
    },
  );

  it('are not exported in a format that there is not', async () => {
    for (const query of ['', '?format=voc']) {
      const path = `/v1/curated-sets/${version}/export${query}`;
      const answer = await api.send('GET', path, { as: 'cora' });
      expect(answer).toMatchObject({ status: 400, json: { field: 'query.format' } });
    }
  });

  it('are cut short, not passed off as whole, when the image store has lost a picture', async () => {
    await rm(join(api.folder, 'images'), { recursive: true });
    const path = `/v1/curated-sets/${version}/export?format=coco`;
    await expect(api.send('GET', path, { as: 'cora' })).rejects.toThrow();
    expect(api.logged).toContainEqual(
      expect.objectContaining({
        level: 'error',
        message: 'an export was cut short',
        error: expect.objectContaining({ code: 'image.not-found' }) as unknown,
      }),
    );
    const body = { name: 'without-pictures' };
    const made = await api.send('POST', '/v1/curated-sets', { as: 'cora', body });
    expect(made).toMatchObject({ status: 404, json: { code: 'image.not-found' } });
    const { tasks } = schemas.taskPage.parse(
      (await api.send('GET', '/v1/tasks', { as: 'ana' })).json,
    );
    const picture = await api.send('GET', tasks[0]?.image.href ?? '', { as: 'ana' });
    expect(picture).toMatchObject({ status: 404, json: { code: 'image.not-found' } });
  });
});
