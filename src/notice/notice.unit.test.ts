import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import {
  actorKey,
  batchId,
  curatedSetVersion,
  eventId,
  modelName,
  modelVersion,
  sourceId,
  taskId,
} from '../ids.js';
import { messagesOf, noticeNames, testMessage } from './notice.js';
import type { Notice } from './notice.js';
import { signatureOf } from './signature.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const schema = JSON.parse(read('schemas/webhook.v1.schema.json')) as object;
const at = Date.UTC(2026, 2, 1, 8);
const hash = 'ab'.repeat(32);

const batchEnded: Notice = {
  event: 'batch.completed',
  sequence: 10,
  data: { batchId: batchId('b'), answered: 10 },
};

const notices: readonly Notice[] = [
  ...(['labelled', 'skipped', 'disputed'] as const).map((state): Notice => ({
    event: 'task.completed',
    sequence: 3,
    data: {
      taskId: taskId(hash),
      state,
      round: 1,
      eventId: eventId('e'),
      sourceId: sourceId('s'),
      modelName: modelName('m'),
      modelVersion: modelVersion('1'),
    },
  })),
  batchEnded,
  {
    event: 'gold.failed',
    sequence: 1,
    data: { taskId: taskId(hash), annotator: actorKey('k'), paused: true },
  },
  {
    event: 'curated-set.published',
    sequence: 1,
    data: { version: curatedSetVersion(hash), name: 'night', items: 3 },
  },
];

describe('the payload of webhooks', () => {
  const valid = new Ajv2020({
    strict: true,
    strictRequired: false,
    validateFormats: false,
  }).compile(schema);

  it('is as the schema says, of every event', () => {
    expect(new Set(notices.map(({ event }) => event))).toEqual(new Set(noticeNames));
    for (const notice of notices) {
      const [message] = messagesOf(notice, () => ['one'], at);
      expect(valid(JSON.parse(message?.body ?? '')), JSON.stringify(valid.errors)).toBe(true);
    }
    expect(valid(JSON.parse(testMessage('one', at, 'x').body))).toBe(true);
  });

  it('is refused by the schema with something more, something less or of another event', () => {
    const [message] = messagesOf(batchEnded, () => ['one'], at);
    const body = JSON.parse(message?.body ?? '') as { data: object };
    expect(valid({ ...body, annotator: 'ada' })).toBe(false);
    expect(valid({ ...body, data: { ...body.data, annotator: 'ada' } })).toBe(false);
    expect(valid({ ...body, event: 'task.completed' })).toBe(false);
    expect(valid({ ...body, id: undefined })).toBe(false);
  });

  it('has an id of its own for each endpoint, event, subject and sequence, the same each time', () => {
    const ids = notices.flatMap((notice) =>
      messagesOf(notice, () => ['one', 'two'], at).map(({ id }) => id),
    );
    // The three of one task have one sequence here, and are the same message.
    expect(new Set(ids).size).toBe(8);
    const later = notices.flatMap((notice) =>
      messagesOf(notice, () => ['one', 'two'], at + 1).map(({ id }) => id),
    );
    expect(later).toEqual(ids);
  });

  it('goes to those only that want the event', () => {
    const wants = (event: string) => (event === 'batch.completed' ? ['one'] : []);
    expect(notices.flatMap((notice) => messagesOf(notice, wants, at))).toHaveLength(1);
  });
});

describe('the signature', () => {
  const secrets = ['old secret, 16 chars', 'new secret, 16 chars'];
  const body = '{"a":"ü"}';
  const seconds = at / 1000;

  it('is the time and the HMAC-SHA256 of time and body, under each secret', () => {
    const hex = (secret: string) =>
      createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
    expect(signatureOf(body, secrets, at + 999)).toBe(
      `t=${seconds},v1=${hex(secrets[0] ?? '')},v1=${hex(secrets[1] ?? '')}`,
    );
    // Of openssl: printf %s '1772352000.{"a":"ü"}' | openssl dgst -sha256 -hmac 'key'
    expect(signatureOf(body, ['key'], at)).toBe(
      't=1772352000,v1=74de1981fa9cb91a5fbb344e9581853ba94a436172bd67f3e1aea20b53004d30',
    );
  });

  it('is checked by what docs/webhooks.md shows', async () => {
    const source = /```js\n([\s\S]+?)```/.exec(read('docs/webhooks.md'))?.[1] ?? '';
    const { isFromEdgeminer } = (await import(
      `data:text/javascript,${encodeURIComponent(source)}`
    )) as {
      isFromEdgeminer: (header: string, body: string, secret: string, now: number) => boolean;
    };
    const header = signatureOf(body, secrets, at);
    for (const secret of secrets) expect(isFromEdgeminer(header, body, secret, seconds)).toBe(true);
    expect(isFromEdgeminer(header, body, 'another secret', seconds)).toBe(false);
    expect(isFromEdgeminer(header, `${body} `, secrets[0] ?? '', seconds)).toBe(false);
    expect(isFromEdgeminer(header, body, secrets[0] ?? '', seconds + 301)).toBe(false);
    expect(isFromEdgeminer(header, body, secrets[0] ?? '', seconds + 300)).toBe(true);
    const moved = header.replace(`t=${seconds}`, `t=${seconds + 1}`);
    expect(isFromEdgeminer(moved, body, secrets[0] ?? '', seconds)).toBe(false);
    for (const odd of ['', 't=', 'v1=ff', `t=${seconds}`, `t=${seconds},v1=zz`, 't=x,v1=ff']) {
      expect(isFromEdgeminer(odd, body, secrets[0] ?? '', seconds)).toBe(false);
    }
  });
});
