import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowList, isWithin, targetOf, withoutSecrets } from './allow-list.js';

const allowed = allowList(
  ['https://images.example.com', 'http://10.0.0.5:9000', 'http://[::1]:8080'],
  ['/data/images', '/mnt/more'],
);

describe('allow-list', () => {
  it('is empty until the operator names something', () => {
    const nothing = allowList([], []);
    for (const uri of ['https://example.com/a.jpg', 'http://localhost/', 'file:///etc/passwd']) {
      expect(targetOf(uri, nothing).kind).toBe('refused');
    }
  });

  it.each([
    'https://images.example.com/a.jpg',
    'HTTPS://IMAGES.EXAMPLE.COM:443/a.jpg?sig=1',
    'http://10.0.0.5:9000/bucket/a%20b.jpg',
    'http://0xa.0.0.5:9000/',
    'http://167772165:9000/',
    'http://[0:0::1]:8080/x',
  ])('follows %s', (uri) => {
    expect(targetOf(uri, allowed).kind).toBe('http');
  });

  it.each([
    'http://images.example.com/a.jpg',
    'https://images.example.com:8443/',
    'https://images.example.com./',
    'https://evil.images.example.com/',
    'https://images.example.com.evil.net/',
    'https://images.example.com@evil.net/',
    'https://user:secret@images.example.com/',
    'http://10.0.0.5/',
    'http://10.0.0.5:9001/',
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://[::ffff:10.0.0.5]:9000/',
    'http:\\\\evil.net/',
    'ftp://images.example.com/',
    'data:image/png;base64,AAAA',
    'javascript:1',
    'a.jpg',
    '/data/images/a.jpg',
    '',
  ])('refuses %s', (uri) => {
    expect(targetOf(uri, allowed).kind).toBe('refused');
  });

  it.each([
    ['file:///data/images/a.jpg', '/data/images/a.jpg'],
    ['file:///data/images/x/../a.jpg', '/data/images/a.jpg'],
    ['file:///data/images/%2e%2e/images/a.jpg', '/data/images/a.jpg'],
    ['file:///mnt/more/%C3%A4%20%23.jpg', '/mnt/more/ä #.jpg'],
    ['file://localhost/data/images/a.jpg', '/data/images/a.jpg'],
    ['file:/data/images/a.jpg', '/data/images/a.jpg'],
  ])('reads %s', (uri, path) => {
    expect(targetOf(uri, allowed)).toMatchObject({ kind: 'file', path });
  });

  it.each([
    'file:///data/images',
    'file:///data/images/',
    'file:///data/images/..',
    'file:///data/images/../secret.jpg',
    'file:///data/images/%2e%2e/secret.jpg',
    'file:///data/images/.%2E/%2e./etc/passwd',
    'file:///data/images/..%2fsecret.jpg',
    'file:///data/images-of-others/a.jpg',
    'file:///data/images/a.jpg%00.png',
    'file:///data/images/a.jpg?x',
    'file:///data/images/a.jpg#x',
    'file://fileserver/data/images/a.jpg',
    'file:data/images/../../etc/passwd',
    'file:///proc/self/environ',
    'file:///',
    'file:',
  ])('does not read %s', (uri) => {
    expect(targetOf(uri, allowed).kind).toBe('refused');
  });

  it('reads only below an allowed directory, whatever the URI', () => {
    const piece = fc.constantFrom(
      ...['..', '.', '', 'data', 'images', 'mnt', 'more', '%2e%2e', '%2f', '%5c', '\\', 'a.jpg'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const target = targetOf(`file:///${pieces.join('/')}`, allowed);
        if (target.kind !== 'file') return;
        expect(allowed.directories.some((directory) => isWithin(target.path, directory))).toBe(
          true,
        );
        expect(target.path).not.toMatch(/(^|\/)\.\.(\/|$)/);
      }),
    );
  });

  it.each([
    'images.example.com',
    'ftp://images.example.com',
    'https://images.example.com/bucket',
    'https://images.example.com?x=1',
    'https://*.example.com',
    'https://user:secret@images.example.com',
  ])('refuses the setting %s, and names it', (entry) => {
    expect(() => allowList([entry], [])).toThrow(
      expect.objectContaining({ code: 'config.invalid', field: 'fetch.allowOrigins' }),
    );
  });

  it('keeps passwords and signatures out of messages', () => {
    const shown = withoutSecrets('https://user:secret@images.example.com/a.jpg?signature=secret#x');
    expect(shown).toBe('https://images.example.com/a.jpg');
    expect(withoutSecrets('nonsense')).toBe('a malformed URI');
  });
});
