import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, exportSPKI, generateKeyPair } from 'jose';
import type { CryptoKey, JWK, JWTPayload } from 'jose';

/** An OpenID Connect issuer on this machine: discovery, keys, and tokens signed with them. */
export interface LocalIssuer {
  readonly issuer: string;
  /** Requests for its keys so far. */
  keyRequests(): number;
  /** A token signed with the newest key. */
  token(payload: JWTPayload, more?: TokenOptions): Promise<string>;
  /** The newest public key, as PEM. */
  publicKey(): Promise<string>;
  /** Signs with a new key from here on; `publish` puts it among the keys that are given out. */
  rotate(options: { readonly publish: boolean }): Promise<void>;
  /** Withdraws all keys but the newest, and publishes that. */
  publishNewest(): void;
  /** Answers 503 to everything, until it is called with false. */
  break(broken: boolean): void;
  close(): Promise<void>;
}

export interface TokenOptions {
  readonly kid?: string;
  readonly header?: Readonly<Record<string, unknown>>;
}

interface Key {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

export async function startLocalIssuer(): Promise<LocalIssuer> {
  let made = 0;
  const makeKey = async (): Promise<Key> => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const kid = `key-${made++}`;
    const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' };
    return { kid, privateKey, publicKey, jwk };
  };
  let newest = await makeKey();
  let published = [newest.jwk];
  let keyRequests = 0;
  let broken = false;

  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
      response.end(JSON.stringify(body));
    };
    if (broken) answer(503, {});
    else if (request.url === '/.well-known/openid-configuration') {
      answer(200, { issuer, jwks_uri: `${issuer}/keys` });
    } else if (request.url === '/keys') {
      keyRequests += 1;
      answer(200, { keys: published });
    } else answer(404, {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    issuer,
    keyRequests: () => keyRequests,
    token: (payload, { kid = newest.kid, header = {} } = {}) =>
      new SignJWT(payload)
        .setProtectedHeader({ alg: 'RS256', kid, ...header })
        .sign(newest.privateKey),
    publicKey: () => exportSPKI(newest.publicKey),
    async rotate({ publish }) {
      newest = await makeKey();
      if (publish) published = [...published, newest.jwk];
    },
    publishNewest() {
      published = [newest.jwk];
    },
    break(value) {
      broken = value;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
