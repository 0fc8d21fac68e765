import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificates.js';

/** HTTPS with a user and a password before a plain HTTP server. */
export async function openTlsProxy(
  target: string,
  certificate: Certificate,
  login: string,
): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const wanted = `Basic ${Buffer.from(login).toString('base64')}`;
  const [key, cert] = await Promise.all([
    readFile(certificate.keyFile),
    readFile(certificate.certFile),
  ]);
  const server = https.createServer({ key, cert }, (request, response) => {
    if (request.headers.authorization !== wanted) {
      response.writeHead(401).end();
      return;
    }
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => !['authorization', 'host'].includes(name)),
    );
    const onward = http.request(
      new URL(request.url ?? '/', target),
      { method: request.method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.writeHead(502).end());
    request.pipe(onward);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
