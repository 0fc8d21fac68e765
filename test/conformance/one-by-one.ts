import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface OneByOne {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * A door before a server that deals with one request after another. S3 writes an object whole or
 * not at all; s3rver writes it in pieces, and readers and other writers meet them halfway.
 */
export async function oneByOne(port: number): Promise<OneByOne> {
  let last: Promise<unknown> = Promise.resolve();
  const server = createServer((incoming, outgoing) => {
    void bodyOf(incoming).then((body) => {
      last = last.then(() => forward(incoming, body, outgoing, port));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function forward(
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  outgoing: ServerResponse,
  port: number,
): Promise<void> {
  // The host stays as it was signed.
  const on = request({ host: '127.0.0.1', port, method, path: url, headers, agent: false });
  on.end(body);
  try {
    const [answer] = (await once(on, 'response')) as [IncomingMessage];
    const whole = await bodyOf(answer);
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers).end(whole);
  } catch {
    outgoing.destroy();
  }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of message) chunks.push(chunk as Buffer);
  } catch {
    // Cut off by whoever sent it.
  }
  return Buffer.concat(chunks);
}
