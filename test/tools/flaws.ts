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

/** What a request sent as multipart/form-data, by field. */
export async function formOf(type: string | undefined, body: unknown) {
  const form = await new Response(body as Uint8Array<ArrayBuffer>, {
    headers: { 'content-type': type ?? '' },
  }).formData();
  return [...form.entries()];
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
