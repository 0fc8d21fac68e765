import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as schemas from '../../src/http/label-schemas.js';
import { startTestServer } from './test-server.js';
import type { TestServer } from './test-server.js';

let api: TestServer;

beforeAll(async () => {
  api = await startTestServer();
});

afterAll(async () => {
  await api.close();
});

describe('label sets', () => {
  it('are read with all that annotators are told', async () => {
    const answer = await api.send('GET', '/v1/label-sets/animals', { as: 'ana' });
    expect(answer.status).toBe(200);
    expect(schemas.labelSet.parse(answer.json)).toEqual({
      name: 'animals',
      version: 2,
      kind: 'class',
      classes: ['cat', 'dog'],
      guidelines: 'The animal in front.',
      notes: [
        {
          class: 'dog',
          guidelines: 'No wolves.',
          examples: ['/v1/label-sets/animals/examples/1/0', '/v1/label-sets/animals/examples/1/1'],
        },
      ],
      attributes: [],
      text: 'none',
    });
  });

  it('show their example pictures', async () => {
    const path = '/v1/label-sets/animals/examples/1/0';
    const { status, headers, bytes } = await api.send('GET', path, { as: 'ana' });
    expect(status).toBe(200);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    expect([...bytes.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
  });

  it.each([
    ['/v1/label-sets/animals/examples/1/1', 404, 'image.not-found'],
    ['/v1/label-sets/animals/examples/0/0', 404, 'image.not-found'],
    ['/v1/label-sets/animals/examples/9/9', 404, 'image.not-found'],
    ['/v1/label-sets/animals/examples/1/-1', 400, 'input.invalid'],
    ['/v1/label-sets/animals/examples/1/..%2f..%2fpasswd', 400, 'input.invalid'],
    ['/v1/label-sets/plants', 404, 'label-set.not-found'],
    ['/v1/label-sets/__proto__', 404, 'label-set.not-found'],
  ])('of %s there is none', async (path, status, code) => {
    expect(await api.send('GET', path, { as: 'cora' })).toMatchObject({ status, json: { code } });
  });

  it('are not for producers', async () => {
    const answer = await api.send('GET', '/v1/label-sets/animals', { as: 'line-4' });
    expect(answer).toMatchObject({ status: 403, json: { code: 'auth.forbidden' } });
  });
});
