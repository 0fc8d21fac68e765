import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openImageFetcher } from '../../src/adapters/fetch/open-fetcher.js';
import type { ImageFetcher } from '../../src/image/image-fetcher.js';
import { isEdgeminerError } from '../../src/faults.js';

const unbounded = { signal: new AbortController().signal, makeRoom: async () => undefined };
const maxBytes = 10_000;
const png = Buffer.from('89504e470d0a1a0a', 'hex');

/** Names that lead inwards, whatever they look like. */
const names: Readonly<Record<string, readonly string[]>> = {
  'loopback.example.com': ['127.0.0.1'],
  'loopback6.example.com': ['::1'],
  'mapped.example.com': ['::ffff:127.0.0.1'],
  'mapped-private.example.com': ['::ffff:10.0.0.1'],
  'private.example.com': ['10.0.0.1'],
  'private-172.example.com': ['172.16.0.1'],
  'private-192.example.com': ['192.168.1.1'],
  'shared.example.com': ['100.64.0.1'],
  'metadata.example.com': ['169.254.169.254'],
  'azure.example.com': ['168.63.129.16'],
  'alibaba.example.com': ['100.100.100.200'],
  'aws6.example.com': ['fd00:ec2::254'],
  'unique-local.example.com': ['fd12:3456::1'],
  'link-local6.example.com': ['fe80::1'],
  'nat64.example.com': ['64:ff9b::7f00:1'],
  'sixtofour.example.com': ['2002:7f00:1::'],
  'teredo.example.com': ['2001:0:7f00:1::'],
  'compatible.example.com': ['::127.0.0.1'],
  'unspecified.example.com': ['0.0.0.0'],
  'unspecified6.example.com': ['::'],
  'broadcast.example.com': ['255.255.255.255'],
  'multicast.example.com': ['224.0.0.1'],
  'reserved.example.com': ['240.0.0.1'],
  'benchmark.example.com': ['198.18.0.1'],
  'nothing.example.com': [],
};

const lookup: LookupFunction = (host, options, callback) => {
  const found = (names[host] ?? []).map((address) => ({
    address,
    family: address.includes(':') ? 6 : 4,
  }));
  if (found.length === 0)
    callback(Object.assign(new Error(`no ${host}`), { code: 'ENOTFOUND' }), []);
  else if (options.all === true) callback(null, found);
  else callback(null, found[0]?.address ?? '', found[0]?.family);
};

interface Outcome {
  readonly reference: string;
  readonly code: string;
  readonly message: string;
}

async function tryAll(fetcher: ImageFetcher, references: readonly string[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const uri of references) {
    const got = await fetcher.fetch({ kind: 'reference', uri }, unbounded).then(
      (bytes) => ({ code: 'FETCHED', message: `${bytes.length} bytes` }),
      (error: unknown) => ({
        code: isEdgeminerError(error) ? error.code : 'CRASHED',
        message: error instanceof Error ? error.message : String(error),
      }),
    );
    outcomes.push({ reference: uri, ...got });
  }
  return outcomes;
}

function show(title: string, outcomes: readonly Outcome[]): void {
  const width = Math.min(60, Math.max(...outcomes.map(({ reference }) => reference.length)));
  const shown = (text: string, most: number) =>
    text.length > most ? `${text.slice(0, most - 1)}…` : text;
  const lines = outcomes.map(
    ({ reference, code, message }) =>
      `  ${shown(JSON.stringify(reference).slice(1, -1), width).padEnd(width)}  ${code.padEnd(18)} ${shown(message, 90)}`,
  );
  console.log(`[integrity] ${title}\n${lines.join('\n')}`);
}

describe('hostile references', () => {
  let server: Server;
  let redirector: Server;
  let port: number;
  let redirectPort: number;
  let connections = 0;
  let folder: string;
  let allowed: string;

  beforeAll(async () => {
    server = createServer((_, response) => response.end(png));
    server.on('connection', () => (connections += 1));
    redirector = createServer((request, response) => {
      const to = new URL(request.url ?? '/', 'http://x').searchParams.get('to') ?? '';
      response.writeHead(302, { location: to }).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    await once(redirector.listen(0, '127.0.0.1'), 'listening');
    port = (server.address() as AddressInfo).port;
    redirectPort = (redirector.address() as AddressInfo).port;
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-hostile-'));
    allowed = join(folder, 'pictures');
    await mkdir(join(allowed, 'sub'), { recursive: true });
    await writeFile(join(folder, 'secret.png'), png);
    await writeFile(join(folder, 'pictures-2.png'), png);
    await writeFile(join(allowed, 'good.png'), png);
    await symlink(join(folder, 'secret.png'), join(allowed, 'link.png'));
    await symlink(folder, join(allowed, 'up'));
    await symlink('/proc/self/environ', join(allowed, 'environ'));
    await symlink('/dev/zero', join(allowed, 'zero'));
    await symlink('loop', join(allowed, 'loop'));
    await symlink('/etc', join(allowed, 'etc'));
    await promisify(execFile)('mkfifo', [join(allowed, 'pipe')]);
    await writeFile(join(allowed, 'huge.png'), png);
    await truncate(join(allowed, 'huge.png'), 5_000_000_000);
  });
  afterAll(async () => {
    for (const each of [server, redirector]) {
      each.close();
      each.closeAllConnections();
    }
    await rm(folder, { recursive: true });
  });

  it('40 URLs reach nothing, whatever DNS, redirects and odd notations say', async () => {
    const inner = Object.keys(names);
    const fetcher = openImageFetcher({
      allowOrigins: [
        ...inner.map((name) => `http://${name}:${port}`),
        // One that may be asked, and sends on.
        `http://127.0.0.1:${redirectPort}`,
      ],
      allowDirectories: [],
      maxBytes,
      timeoutMs: 2000,
      attempts: 1,
      lookup,
    });
    const here = `http://127.0.0.1:${redirectPort}`;
    const onward = (to: string) => `${here}/?to=${encodeURIComponent(to)}`;
    const direct = inner.map((name) => `http://${name}:${port}/a.png`);
    const odd = [
      `http://0x7f.1:${port}/`,
      `http://2130706433:${port}/`,
      `http://0177.0.0.1:${port}/`,
      `http://[::1]:${port}/`,
      `http://[::ffff:7f00:1]:${port}/`,
      `http://localhost.:${port}/`,
      `http://ⓛocalhost:${port}/`,
      `http://127。0。0。1:${port}/`,
      `http://user:pass@127.0.0.1:${port}/`,
    ];
    const sent = [
      onward('http://169.254.169.254/latest/meta-data/'),
      onward(`http://loopback.example.com:${port}/`),
      onward('file:///etc/passwd'),
      onward(`http://127.0.0.1:${port}/`),
      onward('gopher://127.0.0.1/'),
      onward(`//metadata.example.com:${port}/`),
    ];
    connections = 0;
    const outcomes = await tryAll(fetcher, [...direct, ...odd, ...sent]);
    await fetcher.close();
    show('hostile URLs', outcomes);
    expect(outcomes).toHaveLength(40);
    expect(outcomes.filter(({ code }) => code === 'FETCHED' || code === 'CRASHED')).toEqual([]);
    // A name that there is not may be there later; all the rest is refused for good.
    const waiting = outcomes.filter(({ code }) => code !== 'image.forbidden');
    expect(waiting.map(({ reference }) => reference)).toEqual([
      `http://nothing.example.com:${port}/a.png`,
    ]);
    expect(connections).toBe(0);
  });

  it('30 file references stay in their root', async () => {
    const fetcher = openImageFetcher({
      allowOrigins: [],
      allowDirectories: [allowed],
      maxBytes,
      timeoutMs: 2000,
      attempts: 1,
    });
    const file = (path: string) => `file://${allowed}/${path}`;
    const hostile = [
      'file:///etc/passwd',
      'file:///proc/self/environ',
      'file:///dev/zero',
      'file:///dev/stdin',
      `file://${folder}/secret.png`,
      `file://${folder}/pictures-2.png`,
      `file://${allowed}`,
      `file://${allowed}/`,
      file('sub'),
      file('../secret.png'),
      file('%2e%2e/secret.png'),
      file('sub/../../secret.png'),
      file('..%2fsecret.png'),
      file('..%5csecret.png'),
      file('....//secret.png'),
      file('link.png'),
      file('up/secret.png'),
      file('etc/passwd'),
      file('environ'),
      file('zero'),
      file('loop'),
      file('pipe'),
      file('huge.png'),
      file('a%00.png'),
      file('good.png?x'),
      file('good.png#x'),
      `file://other.example.com${allowed}/good.png`,
      `FILE:${folder}/secret.png`,
      `file:secret.png`,
      file(`${'x'.repeat(5000)}.png`),
    ];
    const outcomes = await tryAll(fetcher, hostile);
    const good = await fetcher.fetch({ kind: 'reference', uri: file('good.png') }, unbounded);
    await fetcher.close();
    show('hostile file references', outcomes);
    expect(outcomes).toHaveLength(30);
    const refused = new Set(['image.forbidden', 'image.too-large', 'image.not-found']);
    expect(outcomes.filter(({ code }) => !refused.has(code))).toEqual([]);
    expect(Buffer.from(good)).toEqual(png);
  });
});
