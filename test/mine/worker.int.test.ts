import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Policy } from '../../src/decision/policy.js';
import { EdgeminerError } from '../../src/faults.js';
import { decodeImage } from '../../src/image/decode.js';
import { sharp } from '../../src/image/sharp.js';
import { hammingDistance, perceptualHash } from '../../src/image/perceptual-hash.js';
import { modelVersion, sourceId } from '../../src/ids.js';
import { runWorker } from '../../src/mine/worker.js';
import type { WorkerOptions } from '../../src/mine/worker.js';
import {
  eventOf,
  listen,
  mixture,
  onlyFlags,
  openMiningBench,
  picture,
  recordOf,
  streamOf,
} from './mining-bench.js';
import type { Heard, MiningBench, TestRecord } from './mining-bench.js';

const retry = { firstWaitMs: 5, longestWaitMs: 20 };
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

  function work(
    records: readonly TestRecord[],
    signal = never,
    more: Partial<WorkerOptions> & { policy?: Partial<Policy>; ends?: boolean } = {},
  ): Promise<void> {
    const { policy, ends, ...options } = more;
    return runWorker(
      {
        source: streamOf(records, ends),
        stations: bench.stations(policy),
        deadLetters: {
          send: async (letter) => void heard.letters.push(letter),
          close: async () => undefined,
        },
        limits: { maxCount: 4, maxBytes: 1024 * 1024 },
        retry,
        observer: heard.observer,
        ...options,
      },
      signal,
    );
  }

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

  it('comes to the same when a stream is delivered again, in another order', async () => {
    // Each is like its neighbours only: which one leads depends on the order of arrival.
    const shares = [0, 0.2, 0.4, 0.6, 0.8, 1];
    const steps = await Promise.all(shares.map((share) => mixture(11, 29, share, 0.25)));
    const hashes = await Promise.all(
      steps.map(async (step) =>
        perceptualHash((await decodeImage(step, { maxPixels: 10_000 })).plane),
      ),
    );
    const between = hashes.slice(1).map((hash, n) => hammingDistance(hash, hashes[n] ?? ''));
    const bits = Math.max(...between);
    expect(hammingDistance(hashes.at(0) ?? '', hashes.at(-1) ?? '')).toBeGreaterThan(bits);

    const events = [...Array(18).keys()].map((n) =>
      eventOf(`again-${n}`, steps[n % steps.length] ?? new Uint8Array(), {
        sourceId: sourceId('again'),
        occurredAt: 1_760_000_000_000 + n,
      }),
    );
    const stations = bench.stations();
    const like = { ...stations, queue: { ...stations.queue, duplicates: { window: 1e9, bits } } };
    const state = () =>
      bench.store.queue.list({ sourceId: sourceId('again') }, { limit: 100 }, 1_770_000_000_000);
    await work(events.map(recordOf), never, { stations: like });
    const before = await state();
    expect(before.length).toBeGreaterThan(1);
    expect(before.flatMap(({ duplicates }) => duplicates)).toHaveLength(18 - before.length);
    for (const order of [
      events.toReversed(),
      events.toSorted((a, b) => (a.eventId < b.eventId ? -1 : 1)),
    ]) {
      await work(order.map(recordOf), never, { stations: like });
      expect(await state()).toEqual(before);
    }
  });

  it('queues the frame that lost an object, and keeps its task when it comes again', async () => {
    const source = { sourceId: sourceId('road') };
    const frame = async (n: number, boxes: number) =>
      eventOf(`frame-${n}`, await picture(40 + n, 'bright'), {
        ...source,
        occurredAt: 1_760_000_000_000 + 500 * n,
        predictions: {
          kind: 'detection',
          imageWidth: 64,
          imageHeight: 48,
          boxes: Array.from({ length: boxes }, () => ({
            label: 'car',
            score: 0.9,
            x: 30,
            y: 20,
            width: 8,
            height: 8,
          })),
        },
      });
    const frames = [await frame(0, 1), await frame(1, 1), await frame(2, 0), await frame(3, 1)];
    const stations = bench.stations({
      flags: onlyFlags({ flicker: { kind: 'raw', limit: 0.6 } }),
    });
    const state = () => bench.store.queue.list(source, { limit: 10 }, 1_770_000_000_000);
    await work(frames.map(recordOf), never, { stations });
    const before = await state();
    expect(before.map(({ eventId }) => eventId)).toEqual(['frame-2']);
    expect(before[0]?.scores.signals).toMatchObject([
      {
        raw: 0.9,
        explanation: expect.stringContaining('A box of car, 90.0 % sure, vanished') as string,
      },
    ]);
    // The same worker, and one that starts anew in the middle and remembers no frame.
    for (const again of [
      stations,
      bench.stations({ flags: onlyFlags({ flicker: { kind: 'raw', limit: 0.6 } }) }),
    ]) {
      await work(frames.slice(2).map(recordOf), never, { stations: again });
      expect(await state()).toEqual(before);
    }
  });

  it('queues what a frozen camera sends, not an event that comes again', async () => {
    const source = { sourceId: sourceId('frozen') };
    const still = await picture(3, 'bright');
    const shown = [await picture(1, 'bright'), still, still, still, await picture(2, 'bright')];
    const frames = shown.map((bytes, n) =>
      eventOf(`still-${n}`, bytes, { ...source, occurredAt: 1_760_000_000_000 + 60_000 * n }),
    );
    const stations = bench.stations({
      flags: onlyFlags({ 'frozen-camera': { kind: 'raw', limit: 2 } }),
    });
    // Near-duplicates would make one task of them.
    const apart = { ...stations, queue: { ...stations.queue, duplicates: { window: 0, bits: 0 } } };
    const twice = frames.flatMap((event) => [event, event]);
    await work(twice.map(recordOf), never, { stations: apart });
    const tasks = await bench.store.queue.list(source, { limit: 10 }, 1_770_000_000_000);
    const found = tasks.map(({ eventId, scores }) => [eventId, scores.signals[0]?.raw]);
    expect(found.toSorted()).toEqual([
      ['still-2', 2],
      ['still-3', 3],
    ]);
  });

  it('queues a frozen camera once, though its scene is queued for something else', async () => {
    const source = { sourceId: sourceId('standing') };
    const still = await picture(3, 'dark');
    const frames = [0, 1, 2, 3, 4].map((n) =>
      eventOf(`stands-${n}`, still, { ...source, occurredAt: 1_760_000_000_000 + 60_000 * n }),
    );
    const stations = bench.stations({
      flags: onlyFlags({
        dark: { kind: 'raw', limit: 100 },
        'frozen-camera': { kind: 'raw', limit: 2 },
      }),
    });
    await work(frames.map(recordOf), never, { stations });
    const tasks = await bench.store.queue.list(source, { limit: 10 }, 1_770_000_000_000);
    expect(tasks.map(({ decision }) => decision.reasons.toSorted().join()).toSorted()).toEqual([
      'dark',
      'dark,frozen-camera',
    ]);
    expect(tasks.flatMap(({ duplicates }) => duplicates)).toHaveLength(3);
    // A worker that was started since, and has not seen the frame before, forgets none of it.
    const anew = bench.stations({ flags: onlyFlags({ dark: { kind: 'raw', limit: 100 } }) });
    const seeing = bench.stations({
      flags: onlyFlags({
        dark: { kind: 'raw', limit: 100 },
        'frozen-camera': { kind: 'raw', limit: 2 },
      }),
    });
    for (const frame of frames) await work([recordOf(frame)], never, { stations: seeing });
    expect(await bench.store.queue.list(source, { limit: 10 }, 1_770_000_000_000)).toEqual(tasks);
    // But a policy that no longer asks for it does.
    await work(frames.map(recordOf), never, { stations: anew });
    const after = await bench.store.queue.list(source, { limit: 10 }, 1_770_000_000_000);
    expect(after.flatMap(({ decision }) => decision.reasons)).toEqual(['dark', 'dark']);
  });

  it('makes a task of a scene for each thing that is wrong with it, and no more', async () => {
    const source = { sourceId: sourceId('scene') };
    const still = await picture(3, 'bright');
    const sure = (n: number, probabilities: readonly number[]) =>
      eventOf(`scene-${n}`, still, {
        ...source,
        occurredAt: 1_760_000_000_000 + 1000 * n,
        predictions: { kind: 'classification', classes: ['a', 'b', 'c'], probabilities },
      });
    const stations = bench.stations({
      flags: onlyFlags({
        'least-confidence': { kind: 'raw', limit: 0.5 },
        margin: { kind: 'raw', limit: 0.1 },
      }),
    });
    const events = [
      sure(0, [0.45, 0.3, 0.25]),
      sure(1, [0.52, 0.45, 0.03]),
      sure(2, [0.48, 0.47, 0.05]),
      sure(3, [0.53, 0.44, 0.03]),
    ];
    await work(events.map(recordOf), never, { stations });
    const tasks = await bench.store.queue.list(source, { limit: 10 }, 1_770_000_000_000);
    const found = tasks.map(({ eventId, decision }) => [eventId, ...decision.reasons]);
    expect(found.toSorted()).toEqual([
      ['scene-0', 'least-confidence'],
      ['scene-1', 'margin'],
    ]);
    expect(tasks.flatMap(({ duplicates }) => duplicates).toSorted()).toEqual([
      'scene-2',
      'scene-3',
    ]);
  });

  it('leaves a task as it is where its event comes with another picture or of another model', async () => {
    const source = { sourceId: sourceId('latest') };
    const first = eventOf('latest.jpg', await picture(3, 'dark'), source);
    const stations = bench.stations({ flags: onlyFlags({ dark: { kind: 'raw', limit: 100 } }) });
    await work([recordOf(first)], never, { stations });
    const state = () => bench.store.queue.list(source, { limit: 10 }, 1_770_000_000_000);
    const before = await state();
    expect(before).toHaveLength(1);
    const overwritten = eventOf('latest.jpg', await picture(5, 'dark'), source);
    const later = { ...first, modelVersion: modelVersion('9.9') };
    await work([overwritten, later, first].map(recordOf), never, { stations });
    expect(await state()).toEqual(before);
    expect(heard.outcomes.toSorted()).toEqual(['known', 'known', 'other-picture', 'queued']);
  });
});
