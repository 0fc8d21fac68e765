import type { TaskReader } from '../queue/relabel-queue.js';
import { annotatorOf } from './auth.js';
import type { Principal } from './auth.js';
import type { HttpDeps } from './deps.js';

/** The queue as the sender of a request may see it. */
export function readerOf(
  request: { readonly principal: Principal | undefined },
  { reader, readerFor }: Pick<HttpDeps, 'reader' | 'readerFor'>,
): TaskReader {
  return request.principal?.role === 'annotator' ? readerFor(annotatorOf(request)) : reader;
}
