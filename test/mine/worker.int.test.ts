import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { EdgeminerError } from '../../src/faults.js';
import { sharp } from '../../src/image/sharp.js';
import { sourceId } from '../../src/ids.js';
import {
  eventOf,
  listen,
  onlyFlags,
  openMiningBench,
  picture,
  recordOf,
  workThrough,
} from './mining-bench.js';
import type { Heard, MiningBench, TestRecord } from './mining-bench.js';

const patient = { timeout: 20_000, interval: 10 };
const never = new AbortController().signal;

describe('the worker', () => {
  let bench: MiningBench;
  let heard: Heard;

  beforeAll(async () => {
    bench = await openMiningBench();
  });
  afterAll(() => bench.close());
  beforeEach(() => {
    heard = listen();
    bench.requests.clear();
    bench.answers.clear();
  });

  const work = (
    records: readonly TestRecord[],
    signal?: AbortSignal,
    more?: Parameters<typeof workThrough>[3],
  ) => workThrough({ bench, heard }, records, signal, more);

  it('waits out an image server that is away, and buries what it no longer has', async () => {
    const bytes = await picture(1, 'dark');
    let tries = 0;
    bench.answers.set('/later', (_, response) => {
      tries += 1;
      if (tries <= 3) response.writeHead(503).end();
      else response.end(bytes);
    });
    const later = recordOf(eventOf('later', `${bench.origin}/later`));
    const gone = recordOf(eventOf('gone', `${bench.origin}/gone`));
    await work([later, gone]);
    expect([later.acknowledged, gone.acknowledged]).toEqual([true, true]);
    expect(heard.outcomes.sort()).toEqual(['dead_letter', 'queued']);
    expect(heard.retried).toEqual(Array(3).fill('image.unreachable'));
    expect(heard.letters).toMatchObject([{ attempts: 2, fault: { code: 'image.not-found' } }]);
    expect(bench.requests.get('/gone')).toBe(2);
  });

  it('counts the tries of what it buries', async () => {
    let tries = 0;
    bench.answers.set('/flapping', (_, response) => {
      tries += 1;
      if (tries <= 2) response.writeHead(500).end();
      else response.end('this is no image');
    });
    await work([recordOf(eventOf('flapping', `${bench.origin}/flapping`))]);
    expect(heard.letters).toMatchObject([{ attempts: 3, fault: { code: 'image.undecodable' } }]);
  });

  it('goes on past a slow image, and tries no more once the record is revoked', async () => {
    bench.answers.set('/down', (_, response) => response.writeHead(503).end());
    const lost = recordOf(eventOf('lost', `${bench.origin}/down`));
    const others = await Promise.all(
      [...Array(20).keys()].map(async (n) =>
        recordOf(
          eventOf(`other-${n}`, await picture(100 + n, 'dark'), { sourceId: sourceId('yard') }),
        ),
      ),
    );
    const working = work([lost, ...others]);
    await vi.waitFor(() => expect(others.every((each) => each.acknowledged)).toBe(true), patient);
    expect(lost.acknowledged).toBe(false);
    lost.revoked = true;
    await working;
    expect(lost.acknowledged).toBe(false);
    expect(heard.letters).toEqual([]);
    expect(heard.outcomes).toHaveLength(20);
  });

  it('leaves what waits for infrastructure when it is told to end', async () => {
    bench.answers.set('/down', (_, response) => response.writeHead(503).end());
    const ending = new AbortController();
    const waiting = [
      recordOf(eventOf('waits', `${bench.origin}/down`)),
      recordOf(async () => {
        throw new EdgeminerError('registry.unavailable', 'the registry is away');
      }),
      recordOf(eventOf('never reached', await picture(3, 'dark'))),
    ];
    const working = work(waiting, ending.signal, { ends: false });
    await vi.waitFor(() => expect(heard.retried).toContain('registry.unavailable'), patient);
    ending.abort();
    await working;
    expect(waiting.some(({ acknowledged }) => acknowledged)).toBe(false);
    expect(heard.letters).toEqual([]);
  });

  it('waits until a dead letter is durable, and acknowledges only then', async () => {
    let away = true;
    const letters: unknown[] = [];
    const broken = recordOf(async () => ({
      kind: 'unreadable',
      fault: new EdgeminerError('event.unreadable', 'no event'),
    }));
    const working = work([broken], never, {
      deadLetters: {
        send: async (letter) => {
          if (away) throw new EdgeminerError('kafka.unavailable', 'no in-sync replicas');
          letters.push(letter);
        },
        close: async () => undefined,
      },
    });
    await vi.waitFor(() => expect(heard.retried.length).toBeGreaterThan(2), patient);
    expect(broken.acknowledged).toBe(false);
    away = false;
    await working;
    expect(broken.acknowledged).toBe(true);
    expect(letters).toMatchObject([{ attempts: 1, fault: { code: 'event.unreadable' } }]);
  });

  it('ends with a setup fault, and acknowledges nothing that it did not do', async () => {
    const record = recordOf(eventOf('x', await picture(4, 'dark')));
    const stations = bench.stations();
    const fault = new EdgeminerError('reference.mismatch', 'of another model');
    const models = { serve: () => Promise.reject(fault) };
    await expect(
      work([record], never, { stations: { ...stations, models } }),
    ).rejects.toMatchObject({ code: 'reference.mismatch' });
    expect(record.acknowledged).toBe(false);
  });

  it('buries the event that breaks it, and goes on', async () => {
    const bad = recordOf(eventOf('bad', await picture(5, 'dark')));
    const good = recordOf(eventOf('good', await picture(6, 'dark')));
    const stations = bench.stations();
    const { images } = stations;
    const fetcher: typeof images.fetcher = {
      fetch: (image, request) => {
        if (bench.requests.has('broken')) return images.fetcher.fetch(image, request);
        bench.requests.set('broken', 1);
        throw new TypeError('a defect');
      },
      close: async () => undefined,
    };
    await work([bad, good], never, { stations: { ...stations, images: { ...images, fetcher } } });
    expect([bad.acknowledged, good.acknowledged]).toEqual([true, true]);
    expect(heard.letters).toMatchObject([{ fault: { code: 'event.failed', field: 'bad' } }]);
  });

  it('does not look at the image of an event that brings all that its scores need', async () => {
    const predictions = (best: number) => ({
      kind: 'classification' as const,
      classes: ['cat', 'dog'],
      probabilities: [best, 1 - best],
    });
    bench.answers.set('/torn', (_, response) => response.end(bytes));
    const bytes = await picture(7, 'bright');
    const sure = recordOf(
      eventOf('sure', `${bench.origin}/sure`, { predictions: predictions(0.99) }),
    );
    const torn = recordOf(
      eventOf('torn', `${bench.origin}/torn`, { predictions: predictions(0.52) }),
    );
    await work([sure, torn], never, {
      policy: { flags: onlyFlags({ margin: { kind: 'raw', limit: 0.1 } }) },
    });
    expect(heard.outcomes.sort()).toEqual(['passed', 'queued']);
    expect([...bench.requests]).toEqual([['/torn', 1]]);
    expect(heard.letters).toEqual([]);
  });

  it('turns boxes of a picture that was seen lying with it, and buries those that nothing explains', async () => {
    const turnedByTag = async (bytes: Uint8Array) =>
      new Uint8Array(await sharp(bytes).rotate(90).withMetadata({ orientation: 8 }).toBuffer());
    const event = async (id: string, imageWidth: number, imageHeight: number, turned = false) =>
      recordOf(
        eventOf(
          id,
          turned ? await turnedByTag(await picture(9, 'dark')) : await picture(9, 'dark'),
          {
            sourceId: sourceId(id),
            predictions: {
              kind: 'detection',
              imageWidth,
              imageHeight,
              boxes: [{ label: 'car', score: 0.9, x: 30, y: 20, width: 8, height: 8 }],
            },
          },
        ),
      );
    // The picture has 64 x 48 pixels.
    const [lying, upright] = [await event('lying', 480, 640), await event('upright', 640, 480)];
    const tagged = await event('tagged', 480, 640, true);
    await work([lying, upright, tagged]);
    expect([lying, upright, tagged].map(({ acknowledged }) => acknowledged)).toEqual(
      Array(3).fill(true),
    );
    const [task] = await bench.store.queue.list(
      { sourceId: sourceId('tagged') },
      { limit: 2 },
      1_770_000_000_000,
    );
    expect(task?.predictions).toMatchObject({
      imageWidth: 640,
      imageHeight: 480,
      boxes: [{ x: 20, y: 442, width: 8, height: 8 }],
    });
    expect(heard.letters).toMatchObject([
      { fault: { code: 'event.invalid', field: 'predictions.imageWidth' } },
    ]);
    expect(heard.outcomes.toSorted()).toEqual(['dead_letter', 'queued', 'queued']);
  });

  it('holds no more bytes of referenced images than its limit and one image', async () => {
    const bytes = new Uint8Array(400 * 1024);
    bytes.set(await picture(8, 'bright'));
    const records = [...Array(12).keys()].map((n) => {
      bench.answers.set(`/large-${n}`, (_, response) => response.end(bytes));
      return recordOf(eventOf(`large-${n}`, `${bench.origin}/large-${n}`));
    });
    await work(records, never, { limits: { maxCount: 8, maxBytes: 1024 * 1024 } });
    expect(heard.outcomes).toEqual(Array(12).fill('passed'));
    expect(Math.max(...heard.bytes)).toBeGreaterThanOrEqual(2 * bytes.length);
    expect(Math.max(...heard.bytes)).toBeLessThanOrEqual(1024 * 1024 + bytes.length);
  });
});
