import type { InferenceEvent } from './inference-event.js';

/** The event as the record of schemas/inference-event.v1.avsc: every field is there, or null. */
export function writeAvroEvent(event: InferenceEvent): object {
  const { image, predictions } = event;
  const classes = predictions.kind === 'classification' ? predictions : undefined;
  const boxes = predictions.kind === 'detection' ? predictions : undefined;
  return {
    eventId: event.eventId,
    occurredAt: event.occurredAt,
    modelName: event.modelName,
    modelVersion: event.modelVersion,
    sourceId: event.sourceId,
    image: {
      bytes: image.kind === 'inline' ? asBuffer(image.bytes) : null,
      uri: image.kind === 'reference' ? image.uri : null,
      sha256: image.sha256 ?? null,
      contentType: image.contentType ?? null,
    },
    predictions: {
      kind: predictions.kind,
      classes: classes?.classes ?? null,
      probabilities: classes?.probabilities ?? null,
      logits: classes?.logits ?? null,
      boxes: boxes?.boxes ?? null,
      imageWidth: boxes?.imageWidth ?? null,
      imageHeight: boxes?.imageHeight ?? null,
    },
    embedding: event.embedding === undefined ? null : Array.from(event.embedding),
    tags: event.tags,
  };
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
