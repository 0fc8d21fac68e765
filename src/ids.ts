/**
 * Branded identifiers: strings that the compiler keeps apart, so that a task id can't be
 * passed where an event id belongs. Values are made at the edges, where input is validated.
 */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Unique per source; given by the producer. */
export type EventId = Branded<'EventId'>;
/** A camera, site or stream. */
export type SourceId = Branded<'SourceId'>;
export type ModelName = Branded<'ModelName'>;
export type ModelVersion = Branded<'ModelVersion'>;
/** Lower-case hex sha256 of an image's original bytes; its address in the image store. */
export type ImageHash = Branded<'ImageHash'>;
/** Lower-case hex sha256 of (sourceId, eventId): the same event is always the same task. */
export type TaskId = Branded<'TaskId'>;
/** One batch lease; unguessable, made anew for each claim. */
export type BatchId = Branded<'BatchId'>;
/** Who labels: the name behind the bearer token, or the name given on the command line. */
export type AnnotatorId = Branded<'AnnotatorId'>;
/** Who did something, in the audit trail: random, and says nothing of the person. */
export type ActorKey = Branded<'ActorKey'>;
/** Lower-case hex sha256 over a reference's content. */
export type ReferenceId = Branded<'ReferenceId'>;
/** Lower-case hex sha256 over a curated set's content; its first 12 digits are shown. */
export type CuratedSetVersion = Branded<'CuratedSetVersion'>;
/** One message to one webhook endpoint; 32 hex digits, the same in every try. */
export type DeliveryId = Branded<'DeliveryId'>;

export const eventId = (value: string): EventId => value as EventId;
export const sourceId = (value: string): SourceId => value as SourceId;
export const modelName = (value: string): ModelName => value as ModelName;
export const modelVersion = (value: string): ModelVersion => value as ModelVersion;
export const imageHash = (value: string): ImageHash => value as ImageHash;
export const taskId = (value: string): TaskId => value as TaskId;
export const batchId = (value: string): BatchId => value as BatchId;
export const annotatorId = (value: string): AnnotatorId => value as AnnotatorId;
export const actorKey = (value: string): ActorKey => value as ActorKey;
export const referenceId = (value: string): ReferenceId => value as ReferenceId;
export const curatedSetVersion = (value: string): CuratedSetVersion => value as CuratedSetVersion;
export const deliveryId = (value: string): DeliveryId => value as DeliveryId;
