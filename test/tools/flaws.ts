import type { FastifyInstance } from 'fastify';

/** How a server fails at a request, to try what becomes of it. */
export interface Flaw {
  readonly method: string;
  readonly path: RegExp;
  /** A status to answer with; `hang-up` closes the connection. */
  readonly with: number | 'hang-up';
  /** Whether the request has done its work all the same: only its answer is lost. */
  readonly afterwards?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** Requests that fail; 1 if it is left out. */
  times?: number;
}

/** Makes a server fail at what `flaws` lists, in its order. */
export function withFlaws(server: FastifyInstance, flaws: Flaw[]): void {
  const next = (method: string, path: string, afterwards: boolean): Flaw | undefined => {
    const flaw = flaws.find(
      (one) =>
        one.method === method && one.path.test(path) && (one.afterwards ?? false) === afterwards,
    );
    if (flaw === undefined) return undefined;
    flaw.times = (flaw.times ?? 1) - 1;
    if (flaw.times <= 0) flaws.splice(flaws.indexOf(flaw), 1);
    return flaw;
  };
  server.addHook('preHandler', async (request, reply) => {
    const flaw = next(request.method, request.url, false);
    if (flaw === undefined) return undefined;
    if (flaw.with === 'hang-up') {
      reply.hijack();
      request.raw.socket.destroy();
      return reply;
    }
    return reply
      .code(flaw.with)
      .headers({ ...flaw.headers })
      .send({ detail: 'as the test asks' });
  });
  server.addHook('onSend', async (request, reply, payload) => {
    const flaw = next(request.method, request.url, true);
    if (flaw === undefined) return payload;
    if (flaw.with === 'hang-up') request.raw.socket.destroy();
    else reply.code(flaw.with);
    return '{"detail":"as the test asks"}';
  });
}

export interface SentFile {
  /** Of the form. */
  readonly field: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The files of a request sent as multipart/form-data; RFC 7578, as undici writes it. */
export function filesOf(type: string | undefined, body: unknown): readonly SentFile[] {
  const boundary = /boundary="?([^";]+)/.exec(type ?? '')?.[1];
  if (boundary === undefined || !Buffer.isBuffer(body)) throw new Error('no multipart/form-data');
  // One character per byte, so that bytes come out as they went in.
  const parts = body.toString('latin1').split(`--${boundary}`).slice(1, -1);
  return parts.flatMap((part) => {
    const end = part.indexOf('\r\n\r\n');
    const head = /name="([^"]*)"; filename="([^"]*)"/.exec(part.slice(0, end));
    const bytes = Buffer.from(part.slice(end + 4, -2), 'latin1');
    return head === null ? [] : [{ field: head[1] ?? '', name: head[2] ?? '', bytes }];
  });
}

/** A page as Django REST framework answers it. */
export function pageOf<T>(
  all: readonly T[],
  query: { readonly page?: string; readonly page_size?: string },
  most: number,
) {
  const page = Number(query.page ?? 1);
  const size = Math.min(Number(query.page_size ?? most), most);
  const results = all.slice((page - 1) * size, page * size);
  const more = page * size < all.length;
  return {
    isThere: page === 1 || results.length > 0,
    results,
    body: {
      count: all.length,
      next: more ? `http://localhost/?page=${page + 1}` : null,
      previous: page > 1 ? `http://localhost/?page=${page - 1}` : null,
      results,
    },
  };
}
