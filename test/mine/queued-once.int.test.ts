import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { contentHash } from '../../src/image/content-hash.js';
import { decodeImage } from '../../src/image/decode.js';
import { hammingDistance, perceptualHash } from '../../src/image/perceptual-hash.js';
import { modelVersion, sourceId } from '../../src/ids.js';
import {
  eventOf,
  listen,
  mixture,
  onlyFlags,
  openMiningBench,
  picture,
  recordOf,
  workThrough,
} from './mining-bench.js';
import type { Heard, MiningBench, TestRecord } from './mining-bench.js';

describe('what a worker queues once', () => {
  let bench: MiningBench;
  let heard: Heard;

  beforeAll(async () => {
    bench = await openMiningBench();
  });
  afterAll(() => bench.close());
  beforeEach(() => {
    heard = listen();
  });

  const work = (records: readonly TestRecord[], more?: Parameters<typeof workThrough>[3]) =>
    workThrough({ bench, heard }, records, undefined, more);

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
    await work(events.map(recordOf), { stations: like });
    const before = await state();
    expect(before.length).toBeGreaterThan(1);
    expect(before.flatMap(({ duplicates }) => duplicates)).toHaveLength(18 - before.length);
    for (const order of [
      events.toReversed(),
      events.toSorted((a, b) => (a.eventId < b.eventId ? -1 : 1)),
    ]) {
      await work(order.map(recordOf), { stations: like });
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
    await work(frames.map(recordOf), { stations });
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
      await work(frames.slice(2).map(recordOf), { stations: again });
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
    await work(twice.map(recordOf), { stations: apart });
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
    await work(frames.map(recordOf), { stations });
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
    for (const frame of frames) await work([recordOf(frame)], { stations: seeing });
    expect(await bench.store.queue.list(source, { limit: 10 }, 1_770_000_000_000)).toEqual(tasks);
    // But a policy that no longer asks for it does.
    await work(frames.map(recordOf), { stations: anew });
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
    await work(events.map(recordOf), { stations });
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

  it('makes a task of each picture that a folder had under one name', async () => {
    const source = { sourceId: sourceId('folder') };
    const stations = bench.stations({ flags: onlyFlags({ dark: { kind: 'raw', limit: 100 } }) });
    const apart = { ...stations, queue: { ...stations.queue, duplicates: { window: 0, bits: 0 } } };
    const named = async (n: number) =>
      ({ ...eventOf('latest.jpg', await picture(n, 'dark'), source), idIsPlace: true }) as const;
    const [first, second] = [await named(3), await named(5)];
    const other = `latest.jpg#${contentHash(await picture(5, 'dark')).slice(0, 12)}`;
    const events = [first, second, first, second];
    await work(events.map(recordOf), { stations: apart });
    const tasks = await bench.store.queue.list(source, { limit: 10 }, 1_770_000_000_000);
    expect(tasks.map((task) => task.eventId).toSorted()).toEqual(['latest.jpg', other]);
    expect(heard.outcomes.toSorted()).toEqual(['known', 'known', 'queued', 'queued']);
  });

  it('leaves a task as it is where its event comes with another picture or of another model', async () => {
    const source = { sourceId: sourceId('latest') };
    const first = eventOf('latest.jpg', await picture(3, 'dark'), source);
    const stations = bench.stations({ flags: onlyFlags({ dark: { kind: 'raw', limit: 100 } }) });
    await work([recordOf(first)], { stations });
    const state = () => bench.store.queue.list(source, { limit: 10 }, 1_770_000_000_000);
    const before = await state();
    expect(before).toHaveLength(1);
    const overwritten = eventOf('latest.jpg', await picture(5, 'dark'), source);
    const later = { ...first, modelVersion: modelVersion('9.9') };
    await work([overwritten, later, first].map(recordOf), { stations });
    expect(await state()).toEqual(before);
    expect(heard.outcomes.toSorted()).toEqual(['known', 'known', 'other-picture', 'queued']);
  });
});
