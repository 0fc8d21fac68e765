import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { readJsonEvent } from '../../src/event/json-event.js';
import { EdgeminerError } from '../../src/faults.js';
import * as schemas from '../../src/http/schemas.js';
import type { EventIntake, IntakeOutcome } from '../../src/mine/event-intake.js';
import { taskIdOf } from '../../src/queue/task-id.js';
import { labelledTask } from '../fixtures/labelled-task.js';
import { startTestServer } from './test-server.js';
import type { TestServer, TestServerOptions } from './test-server.js';

const event = {
  eventId: 'event-1',
  occurredAt: '2025-06-01T12:00:00Z',
  modelName: 'animals',
  modelVersion: '3.1.0',
  sourceId: 'camera-7',
  image: { bytes: Buffer.from('picture').toString('base64') },
};

async function withServer(
  options: TestServerOptions,
  work: (api: TestServer) => Promise<void>,
): Promise<void> {
  const api = await startTestServer(options);
  try {
    await work(api);
  } finally {
    await api.close();
  }
}

function intakeThat(
  accept: (body: Uint8Array) => Promise<IntakeOutcome> | IntakeOutcome,
): Pick<EventIntake, 'accept'> {
  return { accept: async (body) => accept(body) };
}

/** Mines nothing, and says that the event became a task. */
const queueAll = intakeThat((body) => {
  const reading = readJsonEvent(body);
  if (reading.kind === 'unreadable') return { kind: 'rejected', fault: reading.fault };
  const { decision, scores } = labelledTask();
  const mined = { event: reading.event, decision, scores, outcome: 'queued' as const };
  return { kind: 'accepted', eventId: reading.event.eventId, mined };
});

describe('POST /v1/events', () => {
  it('hands the bytes on and answers once they are durable', async () => {
    await withServer({}, async (api) => {
      const answer = await api.send('POST', '/v1/events', { as: 'line-4', body: event });
      expect(answer).toMatchObject({
        status: 202,
        json: { eventId: 'event-1', outcome: 'taken', taskId: null, priority: null, reasons: [] },
      });
    });
  });

  it('says what was decided, where the event was mined at once', async () => {
    await withServer({ intake: queueAll }, async (api) => {
      const answer = await api.send('POST', '/v1/events', { as: 'line-4', body: event });
      expect(answer.status).toBe(202);
      const reading = readJsonEvent(Buffer.from(JSON.stringify(event)));
      if (reading.kind === 'unreadable') throw reading.fault;
      expect(schemas.acceptedEvent.parse(answer.json)).toEqual({
        eventId: 'event-1',
        outcome: 'queued',
        taskId: taskIdOf(reading.event.sourceId, reading.event.eventId),
        priority: 0.75,
        reasons: ['dark'],
      });
    });
  });

  it.each([
    ['{broken', 'event.unreadable', undefined],
    [{ ...event, sourceId: '' }, 'event.invalid', 'sourceId'],
    [{ ...event, image: {} }, 'event.invalid', 'image'],
  ])('answers 400 for what is wrong with the event: %j', async (body, code, field) => {
    await withServer({}, async (api) => {
      const answer = await api.send('POST', '/v1/events', { as: 'line-4', body });
      expect(answer).toMatchObject({ status: 400, json: { code } });
      const problem = schemas.problem.parse(answer.json);
      if (field !== undefined) expect(problem.field).toBe(field);
      expect(problem.mend).not.toBe('');
    });
  });

  it('answers by the code of what was rejected', async () => {
    const fault = new EdgeminerError('image.undecodable', 'not an image', { field: 'image' });
    const intake = intakeThat(() => ({ kind: 'rejected', fault }));
    await withServer({ intake }, async (api) => {
      const answer = await api.send('POST', '/v1/events', { as: 'line-4', body: event });
      expect(answer).toMatchObject({ status: 422, json: { code: 'image.undecodable' } });
    });
  });

  it.each([
    [undefined, 400, 'event.unreadable'],
    ['text/plain', 415, 'request.media-type'],
    ['application/octet-stream', 415, 'request.media-type'],
  ])('answers a problem for a body of type %s', async (type, status, code) => {
    await withServer({}, async (api) => {
      const answer = await api.send('POST', '/v1/events', {
        as: 'line-4',
        ...(type === undefined ? {} : { body: 'x', headers: { 'content-type': type } }),
      });
      expect(answer).toMatchObject({ status, json: { code } });
    });
  });

  it('answers 413 for a body over the limit, declared or streamed', async () => {
    await withServer({ limits: { maxEventBytes: 1000 } }, async (api) => {
      const fits = await api.send('POST', '/v1/events', { as: 'line-4', body: event });
      expect(fits.status).toBe(202);
      const body = { ...event, tags: { note: 'x'.repeat(1000) } };
      const declared = await api.send('POST', '/v1/events', { as: 'line-4', body });
      expect(declared).toMatchObject({ status: 413, json: { code: 'request.too-large' } });
      const streamed = await fetch(`${api.url}/v1/events`, {
        method: 'POST',
        headers: { authorization: 'Bearer producer-secret', 'content-type': 'application/json' },
        body: new Blob([JSON.stringify(body)]).stream(),
        duplex: 'half',
      });
      expect(streamed.status).toBe(413);
    });
  });

  it('answers busy at once when the intake is', async () => {
    const intake = intakeThat(() => ({ kind: 'busy' }));
    await withServer({ intake }, async (api) => {
      const answer = await api.send('POST', '/v1/events', { as: 'line-4', body: event });
      expect(answer).toMatchObject({ status: 503, json: { code: 'server.busy' } });
      expect(answer.headers.get('retry-after')).toBe('5');
    });
  });

  it('holds no more bytes at once than its limit, and takes events again afterwards', async () => {
    const waiting: (() => void)[] = [];
    const intake: Pick<EventIntake, 'accept'> = {
      accept: async (body) => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return queueAll.accept(body);
      },
    };
    const bytes = Buffer.byteLength(JSON.stringify(event));
    await withServer({ intake, limits: { maxEventBytesInFlight: 2 * bytes } }, async (api) => {
      const first = api.send('POST', '/v1/events', { as: 'line-4', body: event });
      const second = api.send('POST', '/v1/events', { as: 'line-4', body: event });
      await expect.poll(() => waiting.length).toBe(2);
      const third = await api.send('POST', '/v1/events', { as: 'line-4', body: event });
      expect(third).toMatchObject({ status: 503, json: { code: 'server.busy' } });
      waiting.forEach((go) => go());
      expect([(await first).status, (await second).status]).toEqual([202, 202]);
      const fourth = api.send('POST', '/v1/events', { as: 'line-4', body: event });
      await expect.poll(() => waiting.length).toBe(3);
      waiting[2]?.();
      expect((await fourth).status).toBe(202);
    });
  });

  it('gives the room of a sender that went away back', async () => {
    const bytes = 1000;
    await withServer({ limits: { maxEventBytesInFlight: bytes } }, async (api) => {
      const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
      socket.write(
        'POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
          `Authorization: Bearer producer-secret\r\nContent-Length: ${bytes}\r\n\r\n{`,
      );
      const status = async () =>
        (await api.send('POST', '/v1/events', { as: 'line-4', body: event })).status;
      await expect.poll(status).toBe(503);
      socket.destroy();
      await expect.poll(status).toBe(202);
    });
  });
});

describe('closing', () => {
  it('finishes the requests that are open', async () => {
    let go: () => void = () => undefined;
    let entered = false;
    const intake: Pick<EventIntake, 'accept'> = {
      accept: async (body) => {
        entered = true;
        await new Promise<void>((resolve) => (go = resolve));
        return queueAll.accept(body);
      },
    };
    // Without a deadline to lean on: a close that waits for it would run into the test's own.
    await withServer({ intake, limits: { closeSeconds: 3600 } }, async (api) => {
      const open = api.send('POST', '/v1/events', { as: 'line-4', body: event });
      await expect.poll(() => entered).toBe(true);
      const closed = api.server.close();
      await expect(api.send('GET', '/healthz')).rejects.toThrow('fetch failed');
      go();
      expect((await open).status).toBe(202);
      await closed;
    });
  });

  it('cuts what is not finished in time', async () => {
    let entered = false;
    const intake: Pick<EventIntake, 'accept'> = {
      accept: () => {
        entered = true;
        return new Promise(() => undefined);
      },
    };
    await withServer({ intake, limits: { closeSeconds: 0.05 } }, async (api) => {
      const cut = api.send('POST', '/v1/events', { as: 'line-4', body: event });
      const failure = expect(cut).rejects.toThrow('fetch failed');
      await expect.poll(() => entered).toBe(true);
      await api.server.close();
      await api.server.close();
      await failure;
    });
  });

  it('cuts connections that are idle or send nothing', async () => {
    await withServer({ limits: { closeSeconds: 0.05 } }, async (api) => {
      const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
      socket.write('POST /v1/events HTTP/1.1\r\nHost: localhost\r\n');
      await expect.poll(() => socket.readyState).toBe('open');
      await api.server.close();
      await text(socket).catch(() => undefined);
      expect(socket.destroyed).toBe(true);
    });
  });

  it('refuses an address that is taken', async () => {
    await withServer({}, async (api) => {
      const taken = { host: '127.0.0.1', port: Number(new URL(api.url).port) };
      await expect(startTestServer({ listen: taken })).rejects.toMatchObject({
        code: 'config.invalid',
        field: 'http.port',
      });
    });
  });
});
