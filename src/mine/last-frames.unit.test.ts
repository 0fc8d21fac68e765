import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InferenceEvent } from '../event/inference-event.js';
import { seeded, sharpScene, mapped } from '../../test/fixtures/planes.js';
import { eventId, modelName, modelVersion, sourceId } from '../ids.js';
import { LastFrames } from './last-frames.js';

const limits = { maxSources: 2, maxGapMs: 1000 };
const bytes = Uint8Array.of(1, 2, 3);
const scene = sharpScene();

describe('LastFrames', () => {
  it('gives each event the frame before of its own source', async () => {
    const frames = new LastFrames(limits);
    const first = frames.follow(event('gate', 0));
    const other = frames.follow(event('yard', 10));
    const second = frames.follow(event('gate', 500));
    expect(first.before).toBeUndefined();
    expect(other.before).toBeUndefined();
    expect(second.before).toEqual({ predictions: { kind: 'none' }, occurredAt: 0 });
  });

  it('waits for the picture before until it was looked at, or has left', async () => {
    const frames = new LastFrames(limits);
    const first = frames.follow(event('gate', 0));
    const second = frames.follow(event('gate', 1));
    const third = frames.follow(event('gate', 2));
    let told = false;
    const previous = second.withImage().finally(() => (told = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toBe(false);
    await first.saw(scene);
    expect(await previous).toMatchObject({ occurredAt: 0, image: { inARow: 1 } });
    second.leave();
    await second.saw(scene);
    expect(await third.withImage()).toMatchObject({ occurredAt: 1, image: undefined });
  });

  it('counts how often a picture comes in a row', async () => {
    const frames = new LastFrames(limits);
    const random = seeded(5);
    const live = () => mapped(scene, (level) => level + 4 * random());
    const stuck = live();
    const shown = [live(), live(), stuck, { ...stuck }, { ...stuck }, live()];
    const rows: (number | undefined)[] = [];
    for (const [at, plane] of shown.entries()) {
      const place = frames.follow(event('gate', 60_000 * at));
      rows.push((await place.withImage())?.image?.inARow);
      await place.saw(plane);
      // Told again, as when an event is tried again.
      await place.saw(plane);
    }
    const last = frames.follow(event('gate', 60_000 * shown.length));
    expect([...rows, (await last.withImage())?.image?.inARow]).toEqual([
      undefined,
      ...[1, 1, 1, 2, 3, 1],
    ]);
  });

  it('takes an event that comes again for no frame', () => {
    const frames = new LastFrames(limits);
    frames.follow(event('gate', 5));
    expect(frames.follow(event('gate', 5)).before).toBeUndefined();
    expect(frames.follow({ ...event('gate', 5), occurredAt: 9 }).before).toBeUndefined();
  });

  it('gives no predictions of a frame that is too old, and forgets the quietest source', () => {
    const frames = new LastFrames(limits);
    const follow = (source: string, at: number) => {
      const place = frames.follow(event(source, at));
      place.leave();
      return place.before;
    };
    follow('gate', 0);
    expect(follow('gate', 1000)).toMatchObject({ occurredAt: 0 });
    expect(follow('gate', 2001)).toEqual({ occurredAt: 1000 });
    follow('yard', 2002);
    follow('gate', 2003);
    follow('hall', 2004);
    expect(follow('yard', 2005)).toBeUndefined();
    expect(follow('hall', 2006)).toMatchObject({ occurredAt: 2004 });
    expect(follow('gate', 2007)).toBeUndefined();
  });

  it('never gives a frame that is not earlier, in whatever order events come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 })), (times) => {
        const frames = new LastFrames(limits);
        let latest = -1;
        for (const at of times) {
          const place = frames.follow(event('gate', at));
          place.leave();
          const previous = place.before;
          expect(previous?.occurredAt).toBe(at > latest && latest >= 0 ? latest : undefined);
          latest = Math.max(latest, at);
        }
      }),
    );
  });
});

function event(source: string, occurredAt: number): InferenceEvent {
  return {
    eventId: eventId(`${source}-${occurredAt}`),
    occurredAt,
    modelName: modelName('m'),
    modelVersion: modelVersion('1'),
    sourceId: sourceId(source),
    image: { kind: 'inline', bytes },
    predictions: { kind: 'none' },
    tags: {},
  };
}
