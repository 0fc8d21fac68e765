import type { LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { addressGuard, guardedLookup } from './address-guard.js';

const guard = addressGuard(['https://images.example.com', 'http://10.0.0.5:9000']);

const inner = {
  loopback: ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1'],
  private: ['10.1.2.3', '172.16.0.1', '192.168.1.1', 'fd12::1', '100.64.0.1', '::ffff:10.0.0.1'],
  never: [
    ...['169.254.169.254', '169.254.1.1', 'fe80::1', 'fe80::1%eth0', '::ffff:169.254.169.254'],
    ...['100.100.100.200', 'fd00:ec2::254', '168.63.129.16', '64:ff9b::a9fe:a9fe'],
    ...['0.0.0.0', '0.1.2.3', '255.255.255.255', '224.0.0.1', 'ff02::1', '240.0.0.1'],
    ...['192.0.2.1', '198.18.0.1', '::', '::7f00:1', '2002:7f00:1::', '2001::1', 'fec0::1'],
    ...['100::1', '2001:db8::1', 'nonsense', ''],
  ],
};

describe('address guard', () => {
  it.each(['93.184.215.14', '2606:4700::1111', '::ffff:93.184.215.14', '64:ff9b::5db8:d70e'])(
    'lets any name lead to the public address %s',
    (address) => {
      for (const host of ['images.example.com', 'minio', 'localhost']) {
        expect(guard.allows(host, 443, address)).toBe(true);
      }
    },
  );

  it.each([...inner.loopback, ...inner.private, ...inner.never])(
    'does not let a public name lead to %s',
    (address) => {
      expect(guard.allows('images.example.com', 443, address)).toBe(false);
    },
  );

  it.each(['minio', 'minio.storage.svc', 'minio.storage.svc.cluster.local', 'store.internal'])(
    'lets the inner name %s lead to inner addresses, but not to metadata',
    (host) => {
      for (const address of [...inner.loopback, ...inner.private]) {
        expect(guard.allows(host, 9000, address), address).toBe(true);
      }
      for (const address of inner.never) {
        expect(guard.allows(host, 9000, address), address).toBe(false);
      }
    },
  );

  it('lets localhost be loopback only', () => {
    expect(inner.loopback.every((address) => guard.allows('localhost', 80, address))).toBe(true);
    expect(inner.private.some((address) => guard.allows('localhost', 80, address))).toBe(false);
  });

  it('lets a public name lead to an inner address that is listed with its port', () => {
    expect(guard.allows('images.corp.example.com', 9000, '10.0.0.5')).toBe(true);
    expect(guard.allows('images.corp.example.com', 9000, '::ffff:10.0.0.5')).toBe(true);
    expect(guard.allows('images.corp.example.com', 9001, '10.0.0.5')).toBe(false);
    expect(guard.allows('images.corp.example.com', 9000, '10.0.0.6')).toBe(false);
  });

  it('answers a lookup with the allowed addresses only', async () => {
    const answers: LookupFunction = (_host, _options, callback) =>
      callback(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '93.184.215.14', family: 4 },
        { address: '2606:4700::1111', family: 6 },
      ]);
    const all = await ask(guardedLookup(guard, 443, answers), true);
    expect(all).toEqual([
      { address: '93.184.215.14', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
    expect(await ask(guardedLookup(guard, 443, answers), false)).toBe('93.184.215.14');
  });

  it('fails a lookup that leads inside only, and names the address and the mend', async () => {
    const answers: LookupFunction = (_host, _options, callback) =>
      callback(null, [{ address: '10.0.0.5', family: 4 }]);
    await expect(ask(guardedLookup(guard, 80, answers), true)).rejects.toMatchObject({
      code: 'image.forbidden',
      message: expect.stringContaining('10.0.0.5') as string,
      mend: expect.stringContaining('http://10.0.0.5:80') as string,
    });
  });

  it('passes on that a name is unknown', async () => {
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    const fails: LookupFunction = (_host, _options, callback) => callback(unknown, []);
    await expect(ask(guardedLookup(guard, 80, fails), true)).rejects.toBe(unknown);
  });
});

function ask(lookup: LookupFunction, all: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    lookup('images.example.com', { all }, (error, address) => {
      if (error === null) resolve(address);
      else reject(error);
    });
  });
}
