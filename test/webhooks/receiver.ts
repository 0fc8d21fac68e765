import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly origin: string;
  readonly received: Received[];
  /** How requests are answered from now on; 204 at first. */
  answer: (response: ServerResponse, request: Received) => void;
  /** Resolves once so many requests have come. */
  count(requests: number): Promise<void>;
  close(): Promise<void>;
}

/** A real receiver of webhooks on this machine, which answers as it is told. */
export async function startReceiver(): Promise<Receiver> {
  const watchers = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url: path, headers } = request;
      const one = { method, path, headers, body: Buffer.concat(chunks).toString() };
      receiver.received.push(one);
      for (const look of watchers) look();
      receiver.answer(response, one);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const receiver: Receiver = {
    url: `${origin}/hooks?key=1`,
    origin,
    received: [],
    answer: (response) => response.writeHead(204).end(),
    count: (requests) =>
      new Promise((resolve) => {
        const look = () => {
          if (receiver.received.length < requests) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
