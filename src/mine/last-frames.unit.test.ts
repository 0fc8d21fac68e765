import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InferenceEvent } from '../event/inference-event.js';
import { contentHash } from '../image/content-hash.js';
import { eventId, modelName, modelVersion, sourceId } from '../ids.js';
import { LastFrames } from './last-frames.js';

const limits = { maxSources: 2, maxGapMs: 1000 };
const bytes = Uint8Array.of(1, 2, 3);

describe('LastFrames', () => {
  it('gives each event the frame before of its own source', async () => {
    const frames = new LastFrames(limits);
    const first = frames.follow(event('gate', 0));
    const other = frames.follow(event('yard', 10));
    const second = frames.follow(event('gate', 500));
    for (const place of [first, other, second]) place.saw(bytes);
    expect(await first.previous()).toBeUndefined();
    expect(await other.previous()).toBeUndefined();
    expect(await second.previous()).toEqual({
      predictions: { kind: 'none' },
      occurredAt: 0,
      digest: contentHash(bytes),
    });
  });

  it('waits for the frame before until it was looked at, or has left', async () => {
    const frames = new LastFrames(limits);
    const first = frames.follow(event('gate', 0));
    const second = frames.follow(event('gate', 1));
    const third = frames.follow(event('gate', 2));
    let told = false;
    const previous = second.previous().finally(() => (told = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toBe(false);
    first.saw(bytes);
    expect(await previous).toHaveProperty('digest', contentHash(bytes));
    second.leave();
    second.saw(bytes);
    expect(await third.previous()).not.toHaveProperty('digest');
  });

  it('takes no frame that is too old, and forgets the quietest source', async () => {
    const frames = new LastFrames(limits);
    const follow = (source: string, at: number) => {
      const place = frames.follow(event(source, at));
      place.leave();
      return place.previous();
    };
    await follow('gate', 0);
    expect(await follow('gate', 1000)).toMatchObject({ occurredAt: 0 });
    expect(await follow('gate', 2001)).toBeUndefined();
    await follow('yard', 2002);
    await follow('gate', 2003);
    await follow('hall', 2004);
    expect(await follow('yard', 2005)).toBeUndefined();
    expect(await follow('hall', 2006)).toMatchObject({ occurredAt: 2004 });
    expect(await follow('gate', 2007)).toBeUndefined();
  });

  it('never gives a frame that is not earlier, in whatever order events come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 30 })), async (times) => {
        const frames = new LastFrames(limits);
        let latest = -1;
        for (const at of times) {
          const place = frames.follow(event('gate', at));
          place.leave();
          const previous = await place.previous();
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
