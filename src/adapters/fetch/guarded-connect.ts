import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { guardedLookup } from './address-guard.js';
import type { AddressGuard } from './address-guard.js';

/** Connects to addresses that the guard allows, and to no other. */
export function guardedConnect(
  guard: AddressGuard,
  {
    timeoutMs,
    lookup,
  }: { readonly timeoutMs: number; readonly lookup?: LookupFunction | undefined },
): buildConnector.connector {
  const connectors = new Map<number, buildConnector.connector>();
  const connectorFor = (port: number): buildConnector.connector => {
    const known = connectors.get(port);
    if (known !== undefined) return known;
    const made = buildConnector({
      lookup: guardedLookup(guard, port, lookup),
      timeout: timeoutMs,
    });
    connectors.set(port, made);
    return made;
  };
  return (to, callback) => connectorFor(portOf(to))(to, callback);
}

/** The port that a URL names, or that of its scheme. */
export function portOf({
  port,
  protocol,
}: {
  readonly port?: string;
  readonly protocol: string;
}): number {
  if (port !== undefined && port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}
