import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openImageFetcher } from '../../src/adapters/fetch/open-fetcher.js';
import type { ImageFetcherOptions } from '../../src/adapters/fetch/open-fetcher.js';
import { contentHash } from '../../src/image/content-hash.js';
import type { ImageFetcher } from '../../src/image/image-fetcher.js';
import { picture } from '../conformance/image-store.js';

const unbounded = { signal: new AbortController().signal, makeRoom: async () => undefined };
const maxBytes = 100_000;
const bytes = picture(1, 50_000);

const open = (options: Partial<ImageFetcherOptions> = {}): ImageFetcher =>
  openImageFetcher({
    allowOrigins: [],
    allowDirectories: [],
    maxBytes,
    timeoutMs: 10_000,
    attempts: 2,
    ...options,
  });
const get = (fetcher: ImageFetcher, uri: string, sha256?: string): Promise<Uint8Array> =>
  fetcher.fetch({ kind: 'reference', uri, ...(sha256 === undefined ? {} : { sha256 }) }, unbounded);

describe('http references', () => {
  let server: Server;
  let other: Server;
  let origin: string;
  let otherOrigin: string;
  let fetcher: ImageFetcher;
  let requests: string[];
  let answers: Record<string, (request: IncomingMessage, response: ServerResponse) => void>;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = request.url ?? '';
      requests.push(path);
      const answer = answers[path];
      if (answer !== undefined) answer(request, response);
      else response.writeHead(Number(/^\/status\/(\d+)/.exec(path)?.[1] ?? 404)).end('no');
    });
    other = createServer((request, response) => {
      requests.push(`other ${request.url ?? ''}`);
      response.end(bytes);
    });
    origin = await listen(server);
    otherOrigin = await listen(other);
  });
  afterAll(async () => {
    await Promise.all([stop(server), stop(other)]);
  });
  beforeEach(() => {
    requests = [];
    answers = { '/a.jpg': (_, response) => response.end(bytes) };
    fetcher = open({ allowOrigins: [origin] });
  });
  afterEach(async () => {
    await fetcher.close();
  });

  it('are fetched from a listed origin, and their hash is checked', async () => {
    expect(Buffer.compare(await get(fetcher, `${origin}/a.jpg`, contentHash(bytes)), bytes)).toBe(
      0,
    );
    await expect(get(fetcher, `${origin}/a.jpg`, 'f'.repeat(64))).rejects.toMatchObject({
      code: 'image.hash-mismatch',
    });
  });

  it('send no request to an origin that is not listed', async () => {
    for (const uri of [`${otherOrigin}/a.jpg`, origin.replace('127.0.0.1', 'localhost')]) {
      await expect(get(fetcher, uri)).rejects.toMatchObject({
        code: 'image.forbidden',
        mend: expect.stringContaining('fetch.allowOrigins') as string,
      });
    }
    expect(requests).toEqual([]);
  });

  it.each([
    [404, 'image.not-found', 2],
    [410, 'image.not-found', 2],
    [400, 'image.not-found', 2],
    [204, 'image.not-found', 2],
    [300, 'image.not-found', 2],
    [401, 'image.forbidden', 2],
    [403, 'image.forbidden', 2],
    [408, 'image.unreachable', 1],
    [429, 'image.unreachable', 1],
    [500, 'image.unreachable', 1],
    [503, 'image.unreachable', 1],
  ])('that answer %i are %s after %i tries', async (status, code, tries) => {
    await expect(get(fetcher, `${origin}/status/${status}`)).rejects.toMatchObject({
      code,
      retriable: code === 'image.unreachable',
    });
    expect(requests).toHaveLength(tries);
  });

  it('that appear at the second try are fetched', async () => {
    answers['/late.jpg'] = (_, response) => {
      if (requests.length < 2) response.writeHead(404).end();
      else response.end(bytes);
    };
    expect(await get(fetcher, `${origin}/late.jpg`)).toHaveLength(bytes.length);
  });

  it('that say they are too large are not read', async () => {
    let sent = 0;
    answers['/announced'] = (_, response) => {
      response.writeHead(200, { 'content-length': String(maxBytes + 1) });
      response.flushHeaders();
      sent += 1;
    };
    await expect(get(fetcher, `${origin}/announced`)).rejects.toMatchObject({
      code: 'image.too-large',
    });
    expect(sent).toBe(1);
  });

  it('that never end are cut off at the limit', async () => {
    answers['/endless'] = (_, response) => {
      const block = new Uint8Array(16_384);
      const more = (): void => {
        while (!response.destroyed && response.write(block));
        response.once('drain', more);
      };
      more();
    };
    await expect(get(fetcher, `${origin}/endless`)).rejects.toMatchObject({
      code: 'image.too-large',
    });
  });

  it('that end before their announced length are not taken for whole', async () => {
    answers['/short'] = (_, response) => {
      response.writeHead(200, { 'content-length': String(bytes.length) });
      response.write(bytes.subarray(0, 100), () => response.destroy());
    };
    await expect(get(fetcher, `${origin}/short`)).rejects.toMatchObject({
      code: 'image.unreachable',
    });
  });

  it('that send more than they announced are not taken for whole', async () => {
    answers['/long'] = (request) => {
      request.socket.end('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcdefgh');
    };
    const outcome = await get(fetcher, `${origin}/long`).then(
      (got) => Buffer.from(got).toString(),
      () => 'refused',
    );
    expect(['abc', 'refused']).toContain(outcome);
  });

  it.each(['/silent', '/trickle'])('that take too long are unreachable: %s', async (path) => {
    answers['/silent'] = () => undefined;
    answers['/trickle'] = (_, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    };
    const hasty = open({ allowOrigins: [origin], timeoutMs: 150 });
    await expect(get(hasty, `${origin}${path}`)).rejects.toMatchObject({
      code: 'image.unreachable',
      message: expect.stringContaining('0.15 s') as string,
    });
    await hasty.close();
  });

  it('that answer nonsense, or where nobody listens, are unreachable', async () => {
    answers['/nonsense'] = (request) => {
      request.socket.end('this is not HTTP\r\n\r\n');
    };
    const gone = createServer();
    const goneOrigin = await listen(gone);
    await stop(gone);
    const both = open({ allowOrigins: [origin, goneOrigin, 'http://no-such-host.invalid'] });
    for (const uri of [`${origin}/nonsense`, `${goneOrigin}/`, 'http://no-such-host.invalid/']) {
      await expect(get(both, uri)).rejects.toMatchObject({ code: 'image.unreachable' });
    }
    await both.close();
  });

  it('follow a redirect within the list, also a relative one, up to three times', async () => {
    const redirect = (to: string) => (_: IncomingMessage, response: ServerResponse) =>
      response.writeHead(302, { location: to }).end();
    answers['/1'] = redirect('/2');
    answers['/2'] = redirect(`${origin}/3`);
    answers['/3'] = redirect('a.jpg');
    answers['/0'] = redirect('/1');
    answers['/loop'] = redirect('/loop');
    expect(await get(fetcher, `${origin}/1`)).toHaveLength(bytes.length);
    for (const path of ['/0', '/loop']) {
      await expect(get(fetcher, `${origin}${path}`)).rejects.toMatchObject({
        code: 'image.forbidden',
      });
    }
  });

  it('do not follow a redirect out of the list', async () => {
    const targets = [
      `${otherOrigin}/a.jpg`,
      'http://169.254.169.254/latest/meta-data/',
      'http://[::ffff:7f00:1]/',
      'http://2130706433/',
      'file:///etc/passwd',
      '//evil.example/a.jpg',
      'gopher://127.0.0.1/',
      'http://',
    ];
    for (const [index, target] of targets.entries()) {
      answers[`/out/${index}`] = (_, response) =>
        response.writeHead(301, { location: target }).end();
      await expect(get(fetcher, `${origin}/out/${index}`), target).rejects.toMatchObject({
        code: 'image.forbidden',
      });
    }
    expect(requests).toHaveLength(targets.length);
  });

  it('are not fetched where a public name leads inside, whatever the port', async () => {
    const port = new URL(origin).port;
    const toLoopback: LookupFunction = (_host, _options, callback) =>
      callback(null, [{ address: '127.0.0.1', family: 4 }]);
    const named = `http://images.example.com:${port}`;
    const strict = open({ allowOrigins: [named], lookup: toLoopback });
    await expect(get(strict, `${named}/a.jpg`)).rejects.toMatchObject({
      code: 'image.forbidden',
      mend: expect.stringContaining(`http://127.0.0.1:${port}`) as string,
    });
    expect(requests).toEqual([]);
    await strict.close();

    const told = open({ allowOrigins: [named, origin], lookup: toLoopback });
    expect(await get(told, `${named}/a.jpg`)).toHaveLength(bytes.length);
    await told.close();
  });

  it('are fetched from localhost when it is listed', async () => {
    const named = origin.replace('127.0.0.1', 'localhost');
    const local = open({ allowOrigins: [named] });
    expect(await get(local, `${named}/a.jpg`)).toHaveLength(bytes.length);
    await local.close();
  });

  it('make room for what is announced, or for the most there may be, before they read', async () => {
    const asked: number[] = [];
    const request = { ...unbounded, makeRoom: async (room: number) => void asked.push(room) };
    answers['/chunked'] = (_, response) => {
      response.write(bytes);
      response.end();
    };
    for (const path of ['/a.jpg', '/chunked']) {
      await fetcher.fetch({ kind: 'reference', uri: `${origin}${path}` }, request);
    }
    expect(asked).toEqual([bytes.length, maxBytes]);
  });

  it('have all their time left after waiting for room', async () => {
    const hasty = open({ allowOrigins: [origin], timeoutMs: 300 });
    const makeRoom = () => new Promise<void>((resolve) => setTimeout(resolve, 600));
    const image = { kind: 'reference', uri: `${origin}/a.jpg` } as const;
    expect(await hasty.fetch(image, { ...unbounded, makeRoom })).toHaveLength(bytes.length);
    await hasty.close();
  });

  it('stop when the caller does', async () => {
    answers['/silent'] = () => undefined;
    const stopping = new AbortController();
    const reason = new Error('the worker stops');
    const image = { kind: 'reference', uri: `${origin}/silent` } as const;
    const fetching = fetcher.fetch(image, { ...unbounded, signal: stopping.signal });
    stopping.abort(reason);
    await expect(fetching).rejects.toBe(reason);
  });

  it('are fetched concurrently, and close() ends what is open, twice', async () => {
    const got = await Promise.all(
      Array.from({ length: 40 }, () => get(fetcher, `${origin}/a.jpg`)),
    );
    expect(got.every((each) => each.length === bytes.length)).toBe(true);

    answers['/silent'] = () => undefined;
    const open = get(fetcher, `${origin}/silent`);
    const refused = expect(open).rejects.toMatchObject({ code: 'image.unreachable' });
    await fetcher.close();
    await fetcher.close();
    await refused;
  });
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
