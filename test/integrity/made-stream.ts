import { createHash } from 'node:crypto';
import { signalNames } from '../../src/score/signal.js';
import { chanceFrom } from './chance.js';
import { greyPng, noise } from './made-picture.js';
import { seed } from './size.js';

/** One event as its producer knows it, and what has to become of it. */
export interface MadeEvent {
  readonly eventId: string;
  readonly sourceId: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly occurredAt: number;
  readonly image: { readonly bytes: Buffer } | { readonly uri: string };
  readonly fate: Fate;
}

export type Fate =
  | { readonly kind: 'passes' }
  | {
      readonly kind: 'task';
      /** sha256 of the picture, in hex. */
      readonly image: string;
      readonly reasons: readonly string[];
    };

export const model = { name: 'integrity', version: '1' };
const controlShare = 0.02;

/** The settings under which the fate of a made event is what its maker says. */
export const miningSettings = {
  models: [{ name: model.name, embedder: 'none', reference: 'none' }],
  policies: {
    default: {
      controlSample: controlShare,
      signals: {
        ...Object.fromEntries(signalNames.map((name) => [name, 'off'])),
        dark: { raw: 55 },
      },
    },
  },
};

/** Every picture is an incident of its own. */
export const withoutDuplicates = { duplicates: { windowSeconds: 0, bits: 0 } };

export interface StreamOptions {
  /** Keeps the event ids and pictures of several streams apart. */
  readonly name: string;
  readonly sources: number;
  /** Share of the events whose picture is dark, 0..1. */
  readonly darkShare: number;
}

/**
 * The nth event of a stream, always the same for the same seed. It is queued if its picture is
 * dark, by construction far below the limit, or if its identity is drawn: nothing else counts.
 */
function madeEvent(n: number, { name, sources, darkShare }: StreamOptions): MadeEvent {
  const chance = chanceFrom(seed, n, name.length, name.charCodeAt(0));
  const isDark = chance.next() < darkShare;
  const side = 32 + chance.below(16);
  const bytes = greyPng(noise(chance, side, isDark ? 'dark' : 'bright'));
  const eventId = `${name}-${seed}-${n}`;
  const sourceId = `camera-${n % sources}`;
  return {
    eventId,
    sourceId,
    occurredAt: Date.UTC(2026, 0, 1) + n * 1000,
    image: { bytes },
    fate: fateOf({ eventId, sourceId, bytes, isDark }),
  };
}

export function madeEvents(from: number, to: number, options: StreamOptions): MadeEvent[] {
  return Array.from({ length: to - from }, (_, index) => madeEvent(from + index, options));
}

export function fateOf(event: {
  readonly eventId: string;
  readonly sourceId: string;
  readonly bytes: Uint8Array;
  readonly isDark: boolean;
}): Fate {
  const reasons = [
    ...(event.isDark ? ['dark'] : []),
    ...(isDrawn(event.sourceId, event.eventId) ? ['control-sample'] : []),
  ];
  if (reasons.length === 0) return { kind: 'passes' };
  return { kind: 'task', image: sha256(event.bytes), reasons };
}

/** The control sample as docs/configuration.md promises it, worked out once more. */
function isDrawn(sourceId: string, eventId: string): boolean {
  const digest = sha256(JSON.stringify(['control-sample', sourceId, eventId]));
  return Number.parseInt(digest.slice(0, 12), 16) / 2 ** 48 < controlShare;
}

/** The event in its v1 JSON shape. */
export function eventJson({ eventId, sourceId, occurredAt, image }: MadeEvent): object {
  return {
    eventId,
    occurredAt,
    modelName: model.name,
    modelVersion: model.version,
    sourceId,
    image: 'uri' in image ? image : { bytes: image.bytes.toString('base64') },
  };
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
