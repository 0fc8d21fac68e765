import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { InferenceEvent } from '../../src/event/inference-event.js';
import { eventId, modelName, modelVersion, sourceId } from '../../src/ids.js';
import { cropRegion } from '../../src/image/crop.js';
import { degrade } from '../../src/image/degrade.js';
import { describePicture } from '../../src/image/decode.js';

export const scenes = ['cat', 'coffee-cup', 'harbour', 'farmhouse'];
export const model = { name: 'e2e', version: '1.0' };

/** The n-th view of a scene: another part of the photograph each time, always the same for n. */
export async function sceneView(scene: string, n: number): Promise<Uint8Array> {
  const file = new URL(`../../demo/photos/${scene}.jpg`, import.meta.url);
  const bytes = await readFile(fileURLToPath(file));
  const size = await describePicture(bytes);
  const width = Math.round(size.width * 0.6);
  const height = Math.round(size.height * 0.6);
  return cropRegion(bytes, {
    left: (n * 37) % (size.width - width),
    top: (n * 23) % (size.height - height),
    width,
    height,
    quality: 80,
  });
}

/** A stream of distinct events of eight cameras; every tenth picture is spoilt. */
export async function madeEvents(count: number): Promise<InferenceEvent[]> {
  const events: InferenceEvent[] = [];
  for (let n = 0; n < count; n++) {
    const camera = n % 8;
    const scene = scenes[camera % scenes.length] ?? '';
    const view = await sceneView(scene, n);
    const bytes = n % 10 === 0 ? await degrade(view, spoilt[(n / 10) % 3] ?? 'dark', 0.8) : view;
    events.push({
      // A directory's event ids are its paths.
      eventId: eventId(`event-${n}.jpg`),
      occurredAt: Date.UTC(2026, 0, 1) + n * 1000,
      modelName: modelName(model.name),
      modelVersion: modelVersion(model.version),
      sourceId: sourceId(`camera-${camera}`),
      image: { kind: 'inline', bytes },
      predictions: {
        kind: 'classification',
        classes: scenes,
        probabilities: scenes.map((name) => (name === scene ? 0.94 : 0.02)),
      },
      tags: {},
    });
  }
  return events;
}

const spoilt = ['dark', 'over-exposed', 'blurred'] as const;
/** Of `madeEvents`: those that must be found, whatever else is. */
export function isSpoilt(event: InferenceEvent): boolean {
  return Number.parseInt(event.eventId.slice('event-'.length), 10) % 10 === 0;
}
