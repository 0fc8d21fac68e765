import { expect } from 'vitest';
import * as schemas from '../../src/http/schemas.js';
import type { Answer, TestServer } from './test-server.js';

/** A server of either store, with the people that attacks need. */
export interface AttackedServer extends TestServer {
  /** What `edgeminer queue ...` prints at this server, for the admin. */
  cli(args: readonly string[]): Promise<string>;
  /** Of the admin's token, as the configuration has it. */
  readonly adminSha256: string;
}

/** What is tried, what must happen, and the try itself. */
export interface Attack {
  readonly what: string;
  readonly sent: string;
  readonly must: string;
  readonly tryIt: (api: AttackedServer) => Promise<void>;
}

export const cat = { kind: 'class', class: 'cat' };

export function refusedAs(answer: Answer, status: number, code: string): void {
  expect({ status: answer.status, json: answer.json }).toMatchObject({ status, json: { code } });
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/u);
  isOnlyData(answer);
}

/** No browser takes it for a page, whatever it says. */
export function isOnlyData({ headers }: Answer): void {
  expect(headers.get('content-type')).toMatch(/json/u);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
}

export const lease = (
  api: TestServer,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> => api.send('POST', '/v1/batches', { as: 'ana', body, headers });

/** A new task that ana holds. */
export async function holds(api: TestServer) {
  const [id = ''] = await api.offer(1);
  const leased = await lease(api, { limit: 50, model: 'animals' });
  const { batchId, tasks } = schemas.batch.parse(leased.json);
  const task = tasks.find((one) => one.id === id);
  if (task === undefined) throw new Error('the new task was not leased');
  return { id: task.id, claim: { batchId, fence: task.fence } };
}
