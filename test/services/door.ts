import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/** A port that leads to a service, and can be shut while the service lives on. */
export interface Door {
  /** The service's address, by way of the door. */
  readonly url: string;
  /** Ends all connections; from then on the system refuses them. */
  shut(): Promise<void>;
  /** On the same port again. */
  open(): Promise<void>;
  close(): Promise<void>;
}

export async function openDoor(url: string): Promise<Door> {
  const inside = new URL(url);
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let port = 0;

  const hold = (socket: Socket, other: Socket) => {
    sockets.add(socket);
    // What is torn on one side is torn on the other.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  };

  async function open(): Promise<void> {
    if (server !== undefined) return;
    server = createServer((from) => {
      const to = connect(Number(inside.port), inside.hostname);
      hold(from, to);
      hold(to, from);
      from.pipe(to).pipe(from);
    });
    await once(server.listen(port, '127.0.0.1'), 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port was given');
    port = address.port;
  }

  async function shut(): Promise<void> {
    const closing = server;
    if (closing === undefined) return;
    server = undefined;
    const closed = once(closing, 'close');
    closing.close();
    sockets.forEach((socket) => socket.destroy());
    await closed;
  }

  await open();
  const outside = new URL(url);
  outside.host = `127.0.0.1:${port}`;
  return { url: outside.href, open, shut, close: shut };
}
