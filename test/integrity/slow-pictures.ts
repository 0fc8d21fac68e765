import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';

/** Serves pictures, and withholds them until told. */
export interface SlowPictures {
  readonly origin: string;
  /** How often anybody has asked, for any picture. */
  readonly requests: number;
  /** Answers who waits, and from now on at once. */
  release(): void;
  close(): Promise<void>;
}

export async function serveSlowly(picture: Uint8Array): Promise<SlowPictures> {
  let requests = 0;
  let released = false;
  const waiting = new Set<ServerResponse>();
  const answer = (response: ServerResponse) =>
    response.writeHead(200, { 'content-type': 'image/png' }).end(picture);
  const server = createServer((_request, response) => {
    requests += 1;
    if (released) answer(response);
    else waiting.add(response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    get requests() {
      return requests;
    },
    release() {
      released = true;
      waiting.forEach(answer);
      waiting.clear();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
