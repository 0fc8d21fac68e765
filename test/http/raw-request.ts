import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

/** Sends bytes as they are and reads until the server ends it: what no HTTP client would send. */
export async function rawRequest(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  // A server that has answered may cut what is still being sent.
  socket.on('error', () => socket.destroy());
  socket.write(bytes);
  try {
    return await text(socket);
  } catch {
    return '';
  } finally {
    socket.destroy();
  }
}
