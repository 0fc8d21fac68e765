import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Curation, CurationOptions } from '../curate/curation.js';
import type { CuratedSetStore } from '../curate/curated-set-store.js';
import type { SplitPlan } from '../curate/curated-set.js';
import type { ImageContentType, ImageStore } from '../image/image-store.js';
import type { AnnotatorId, ModelName, ModelVersion } from '../ids.js';
import type { LabelSet } from '../label/label.js';
import type { EventIntake } from '../mine/event-intake.js';
import type { AuditTrail } from '../queue/audit-trail.js';
import type { AnnotatorGuard } from '../queue/annotator-guard.js';
import type { GoldDesk } from '../queue/gold-desk.js';
import type { LabelDesk } from '../queue/label-desk.js';
import type { TaskReader } from '../queue/relabel-queue.js';
import type { SupervisorDesk } from '../queue/supervisor-desk.js';
import type { TaskEraser } from '../queue/task-eraser.js';
import type { TaskGovernor } from '../queue/task-governor.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { AccessToken, IdentityProvider } from './auth.js';
import type { KeptAnswers } from './kept-answers.js';

/** All that the API stands on. It closes none of it; the composition does, after the server. */
export interface HttpDeps {
  readonly intake: Pick<EventIntake, 'accept'>;
  readonly desk: LabelDesk;
  readonly supervisor: SupervisorDesk;
  /** What reviewers, curators and admins see. */
  readonly reader: TaskReader;
  /** What an annotator sees: no gold tasks, and no predictions that are hidden. */
  readonly readerFor: (annotator: AnnotatorId) => TaskReader;
  readonly audit: Pick<AuditTrail, 'audited' | 'auditedTasks' | 'namesOf'>;
  readonly eraser: Pick<TaskEraser, 'closedTrails'>;
  readonly golds: GoldDesk;
  readonly guard: Pick<AnnotatorGuard, 'annotators' | 'resume'>;
  /** The queue's own tasks, without what is mixed in: what labels are judged by. */
  readonly tasks: Pick<TaskReader, 'list' | 'stats'> & Pick<TaskGovernor, 'requeue'>;
  readonly images: Pick<ImageStore, 'get'>;
  readonly curatedSets: Pick<CuratedSetStore, 'find' | 'list'>;
  /** `curate` of curate/curation.ts, bound to its stores. */
  readonly curate: (options: CurationOptions) => Promise<Curation>;
  /** What a snapshot takes where the request says nothing. */
  readonly splitPlan: SplitPlan;
  readonly labelSetFor: (model: ModelName, version: ModelVersion) => LabelSet | undefined;
  /** By name, as they are now. */
  readonly labelSets: Readonly<Record<string, LabelSet>>;
  /** The picture that a label set names as an example; undefined where there is none. */
  readonly examplePicture: (example: string) => Promise<ExamplePicture | undefined>;
  /** Answers to requests with an Idempotency-Key. */
  readonly answers: KeptAnswers;
  /** None, and no identity provider: everybody is admin, on a loopback address only. */
  readonly tokens: readonly AccessToken[];
  readonly identityProvider?: IdentityProvider | undefined;
  readonly metrics: Pick<Metrics, 'render' | 'contentType' | 'requestServed'>;
  readonly logger: Logger;
  /** Asks everything that the server depends on; must answer within a few seconds. */
  readonly readiness: () => Promise<Readiness>;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number;
  /** Of edgeminer. */
  readonly version: string;
  readonly limits: HttpLimits;
}

export interface ExamplePicture {
  readonly bytes: Uint8Array;
  readonly contentType: ImageContentType;
}

export interface Readiness {
  readonly ready: boolean;
  /** By the name of what was asked. */
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
}

export interface HttpLimits {
  /** Of one event. Bytes. */
  readonly maxEventBytes: number;
  /** Of any other request. Bytes. */
  readonly maxRequestBytes: number;
  /** Of all events being received and taken in at once; beyond it, `server.busy`. Bytes. */
  readonly maxEventBytesInFlight: number;
  /** Per token and minute, events not counted. */
  readonly requestsPerMinute: number;
  /** Per token and minute; undefined for no limit. */
  readonly eventsPerMinute: number | undefined;
  /** Per address and minute, of requests with a wrong token or none. */
  readonly refusalsPerMinute: number;
  /** For a whole request to arrive: a sender that dawdles does not hold a connection for ever. */
  readonly requestSeconds: number;
  /** For open requests, when the server closes. Seconds. */
  readonly closeSeconds: number;
}

export const defaultHttpLimits: HttpLimits = {
  maxEventBytes: 48 * 1024 * 1024,
  maxRequestBytes: 4 * 1024 * 1024,
  maxEventBytesInFlight: 256 * 1024 * 1024,
  requestsPerMinute: 3000,
  eventsPerMinute: undefined,
  refusalsPerMinute: 60,
  requestSeconds: 120,
  closeSeconds: 10,
};

/** Fastify, with routes typed by their zod schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
