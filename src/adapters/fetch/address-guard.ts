import { lookup as systemLookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { EdgeminerError } from '../../faults.js';

/**
 * Which addresses a listed origin may be connected to. The operator lists origins by name; what
 * the name means is decided by DNS, which others may control. So:
 *
 * - A public address may always be connected to.
 * - `localhost` may be loopback.
 * - A name that can only be an inner one (a single word, or under .internal, .local, .lan,
 *   .home.arpa, .svc) may be loopback, private (RFC 1918, RFC 4193) or shared (RFC 6598).
 * - Any other name may be an inner address only where the list also names that address with
 *   the same port, as `http://10.0.0.5:9000`.
 * - Link-local and metadata addresses (169.254.169.254), multicast and reserved ones only where
 *   the list names them, whatever the name.
 *
 * An address written in a URI needs no lookup: it is listed itself, or it is refused before.
 */
export interface AddressGuard {
  /** Whether a connection for `host` (a name) and `port` may go to `address`. */
  allows(host: string, port: number, address: string): boolean;
}

type Reach = 'public' | 'loopback' | 'private' | 'other';

const innerSuffixes = ['.internal', '.local', '.localhost', '.lan', '.home.arpa', '.svc'] as const;
/** Public by its range, but it answers with credentials on one cloud's machines. */
const metadataAddresses: ReadonlySet<string> = new Set(['168.63.129.16']);
/** All of global unicast (RFC 4291); outside of it lie only special uses. */
const globalUnicast: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];
const translated: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('64:ff9b::'), 96];

export function addressGuard(origins: Iterable<string>): AddressGuard {
  const named = new Set<string>();
  for (const origin of origins) {
    const url = new URL(origin);
    const host = unbracketed(url.hostname);
    if (isIP(host) !== 0) named.add(key(host, portOf(url)));
  }
  return {
    allows(host, port, address) {
      if (named.has(key(address, port))) return true;
      switch (reachOf(address)) {
        case 'public':
          return true;
        case 'loopback':
          return isLocalhost(host) || isInnerName(host);
        case 'private':
          return isInnerName(host) && !isLocalhost(host);
        case 'other':
          return false;
      }
    },
  };
}

/**
 * A lookup for sockets to one host and port: it answers with those addresses that the guard
 * allows, so that what was checked is what is connected to.
 */
export function guardedLookup(
  guard: AddressGuard,
  port: number,
  lookup: LookupFunction = systemLookup,
): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const addresses = (found as LookupAddress[]).filter(({ address }) =>
        guard.allows(host, port, address),
      );
      const [first] = addresses;
      if (first === undefined) callback(innerAddress(host, port, found as LookupAddress[]), []);
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function innerAddress(host: string, port: number, found: readonly LookupAddress[]): EdgeminerError {
  const [{ address } = { address: 'nothing' }] = found;
  return new EdgeminerError(
    'image.forbidden',
    `${host} leads to ${address}, which is not a public address`,
    {
      field: 'image.uri',
      mend: `If that is right, add http://${isIP(address) === 6 ? `[${address}]` : address}:${port} to fetch.allowOrigins as well.`,
    },
  );
}

function reachOf(text: string): Reach {
  if (!ipaddr.isValid(text)) return 'other';
  // IPv4 inside IPv6 counts as what it leads to.
  const address = ipaddr.process(text);
  if (address instanceof ipaddr.IPv6 && address.match(translated)) {
    return reachOf(address.toByteArray().slice(-4).join('.'));
  }
  if (metadataAddresses.has(address.toString())) return 'other';
  const range = address.range();
  if (range === 'loopback') return 'loopback';
  if (range === 'private' || range === 'uniqueLocal' || range === 'carrierGradeNat') {
    return isCloudMetadata(address.toString()) ? 'other' : 'private';
  }
  if (range !== 'unicast') return 'other';
  return address instanceof ipaddr.IPv6 && !address.match(globalUnicast) ? 'other' : 'public';
}

/** Metadata services that lie in private and shared ranges: of AWS (IPv6) and Alibaba Cloud. */
function isCloudMetadata(address: string): boolean {
  return address === 'fd00:ec2::254' || address === '100.100.100.200';
}

function isLocalhost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

function isInnerName(host: string): boolean {
  const name = host.replace(/\.$/, '');
  return !name.includes('.') || innerSuffixes.some((suffix) => name.endsWith(suffix));
}

function key(address: string, port: number): string {
  const plain = ipaddr.isValid(address) ? ipaddr.process(address).toNormalizedString() : address;
  return `${plain} ${port}`;
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

function unbracketed(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host;
}
