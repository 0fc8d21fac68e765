import net from 'node:net';
import tls from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

/**
 * What the connected user may do, as the brokers themselves tell it (KIP-430): Metadata v8 and
 * DescribeGroups v3 carry a bit for each operation. kafkajs asks by older versions of both, so
 * these two requests are written here, on connections that kafkajs has opened and logged in.
 * They change nothing. https://kafka.apache.org/protocol.html
 */
export type Operation = 'Read' | 'Write' | 'Describe' | 'DescribeConfigs';

const bits: Readonly<Record<Operation, number>> = {
  Read: 3,
  Write: 4,
  Describe: 8,
  DescribeConfigs: 10,
};

export interface Rights {
  /** Undefined where the broker does not tell. */
  allows(operation: Operation): boolean | undefined;
}

/** The sockets that a client opens, to be written to, and to be ended all at once. */
export interface Sockets {
  readonly factory: ISocketFactory;
  /** Those that are open now, the oldest first. */
  open(): readonly net.Socket[];
  /** Ends all, and every one that is asked for later. */
  destroy(): void;
}

const keepAliveMs = 60_000;

export function trackSockets(): Sockets {
  const open = new Set<net.Socket>();
  let destroyed = false;
  return {
    factory: ({ host, port, ssl, onConnect }) => {
      // The types say that ssl is always there; without TLS it is none of these.
      const settings = ssl as tls.ConnectionOptions | null | undefined | false;
      const name = net.isIP(host) === 0 ? { servername: host } : {};
      const socket =
        settings === undefined || settings === null || settings === false
          ? net.connect({ host, port }, onConnect)
          : tls.connect({ host, port, ...name, ...settings }, onConnect);
      socket.setKeepAlive(true, keepAliveMs);
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      if (destroyed) socket.destroy(new Error('the check was given up'));
      return socket;
    },
    open: () => [...open],
    destroy() {
      destroyed = true;
      for (const socket of open) socket.destroy(new Error('the check was given up'));
    },
  };
}

const metadata = { key: 3, version: 8 };
const describeGroups = { key: 15, version: 3 };

/** By topic; one that may not even be described has no rights. The socket must be idle. */
export async function topicRights(
  socket: net.Socket,
  topics: readonly string[],
): Promise<ReadonlyMap<string, Rights>> {
  const body = Buffer.concat([
    int32(topics.length),
    ...topics.map(text),
    // Creates nothing; not the cluster's rights; the topics' rights.
    Buffer.from([0, 0, 1]),
  ]);
  const answer = new Reader(await exchange(socket, metadata, body));
  answer.int32();
  answer.list(() => {
    answer.int32();
    answer.text();
    answer.int32();
    answer.text();
  });
  answer.text();
  answer.int32();
  return new Map(
    answer.list(() => {
      const error = answer.int16();
      const name = answer.text() ?? '';
      answer.skip(1);
      answer.list(() => {
        answer.int16();
        for (let field = 0; field < 3; field++) answer.int32();
        for (let list = 0; list < 3; list++) answer.list(() => answer.int32());
      });
      return [name, rightsOf(answer.int32(), error)] as const;
    }),
  );
}

/** Undefined where the socket is not to the group's coordinator. The socket must be idle. */
export async function groupRights(
  socket: net.Socket,
  groupId: string,
): Promise<Rights | undefined> {
  const body = Buffer.concat([int32(1), text(groupId), Buffer.from([1])]);
  const answer = new Reader(await exchange(socket, describeGroups, body));
  answer.int32();
  const [rights] = answer.list(() => {
    const error = answer.int16();
    for (let field = 0; field < 4; field++) answer.text();
    answer.list(() => {
      for (let field = 0; field < 3; field++) answer.text();
      for (let field = 0; field < 2; field++) answer.skip(Math.max(0, answer.int32()));
    });
    const operations = answer.int32();
    return error === notCoordinator ? undefined : rightsOf(operations, error);
  });
  return rights;
}

const notCoordinator = 16;
/** Of a topic and of a group: not even to be described. */
const refusals: ReadonlySet<number> = new Set([29, 30]);
/** What a broker answers that does not tell. */
const untold = -2_147_483_648;

function rightsOf(operations: number, error: number): Rights {
  if (refusals.has(error)) return { allows: () => false };
  return {
    allows: (operation) =>
      operations === untold ? undefined : (operations & (1 << bits[operation])) !== 0,
  };
}

/** kafkajs counts its own from 0, and passes over an answer that it did not ask for. */
let correlationId = 0x6564_0000;

/** One request and its answer, without their headers. */
async function exchange(
  socket: net.Socket,
  { key, version }: { readonly key: number; readonly version: number },
  body: Buffer,
): Promise<Buffer> {
  const id = (correlationId += 1);
  const request = Buffer.concat([int16(key), int16(version), int32(id), text('edgeminer'), body]);
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 8) {
        const end = 4 + received.readInt32BE(0);
        if (received.length < end) return;
        if (received.readInt32BE(4) === id) {
          stop();
          resolve(received.subarray(8, end));
          return;
        }
        received = received.subarray(end);
      }
    };
    const onEnd = () => {
      stop();
      reject(new Error('the broker closed the connection'));
    };
    const stop = () => {
      socket.off('data', onData);
      socket.off('close', onEnd);
    };
    socket.on('data', onData);
    socket.once('close', onEnd);
    socket.write(Buffer.concat([int32(request.length), request]));
  });
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([int16(bytes.length), bytes]);
}

class Reader {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  int16(): number {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  text(): string | undefined {
    const length = this.int16();
    if (length < 0) return undefined;
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }

  list<T>(item: () => T): T[] {
    const length = this.int32();
    return Array.from({ length: Math.max(0, length) }, item);
  }

  skip(length: number): void {
    this.at += length;
  }
}
