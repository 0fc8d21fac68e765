import kafkajs from 'kafkajs';
import type { Kafka, KafkaConfig, RetryOptions } from 'kafkajs';
import type { EdgeCasePublisher } from '../../curate/edge-case-publisher.js';
import { readOwnFormat } from '../../event/event-reader.js';
import type { EventReader } from '../../event/event-reader.js';
import type { EventSource } from '../../event/event-source.js';
import type { CandidatePublisher } from '../../mine/candidate-publisher.js';
import type { DeadLetterShelf } from '../../mine/dead-letter-shelf.js';
import type { DeadLetters } from '../../mine/dead-letters.js';
import type { EventIntake } from '../../mine/event-intake.js';
import type { Check } from '../../telemetry/checkup.js';
import { openKafkaCandidatePublisher } from './candidate-publisher.js';
import { kafkaCheck } from './check-kafka.js';
import { registryCheck } from './check-registry.js';
import { registerCodecs } from './compression-codecs.js';
import { createRecordReplayer, openKafkaDeadLetterShelf } from './dead-letter-shelf.js';
import type { RecordReplayer } from './dead-letter-shelf.js';
import { openKafkaDeadLetters } from './dead-letters.js';
import type { WindowLimits } from './delivery-window.js';
import { openKafkaEdgeCasePublisher } from './edge-case-publisher.js';
import { createEventDecoder } from './event-decoder.js';
import { openKafkaIntake } from './event-intake.js';
import { openKafkaEventPublisher } from './event-publisher.js';
import type { EventPublisher } from './event-publisher.js';
import { openKafkaEventSource } from './event-source.js';
import { logThrough } from './kafka-log.js';
import { clientRetry } from './kafka-settings.js';
import type { KafkaLog, KafkaSettings } from './kafka-settings.js';
import { connectSchemaRegistry } from './schema-registry.js';
import { openSender } from './sender.js';

/** Makes the Kafka side of every port. Nothing is connected before it is used. */
export interface KafkaConnection {
  /** `limits` bound what is delivered and not acknowledged: 256 events and 256 MiB by default. */
  openEventSource(options?: {
    readonly limits?: WindowLimits;
    readonly untilEnd?: boolean;
    /** What a record's content means; edgeminer's own format unless told. */
    readonly reader?: EventReader;
  }): EventSource;
  openDeadLetters(): DeadLetters;
  openDeadLetterShelf(): DeadLetterShelf & RecordReplayer;
  /** Undefined where no topic for candidates is configured. */
  openCandidatePublisher(): CandidatePublisher | undefined;
  openEdgeCasePublisher(): EdgeCasePublisher;
  openEventPublisher(): EventPublisher;
  openEventIntake(limits: WindowLimits): EventIntake;
  /** For `edgeminer doctor`; they open and close what they need. */
  checks(options?: { readonly ownFormat?: boolean }): readonly Check[];
  /** Closes all that was opened here and is still open; idempotent. */
  close(): Promise<void>;
}

const defaultLimits: WindowLimits = { maxCount: 256, maxBytes: 256 * 1024 * 1024 };
/** Producers behind the HTTP API, and checks, are not kept waiting long. */
const impatientRetry = { ...clientRetry, retries: 2 };

export function connectKafka(settings: KafkaSettings): KafkaConnection {
  registerCodecs();
  const kafka = clientOf(settings, clientRetry);
  const impatient = clientOf(settings, impatientRetry);
  const { topics, schemaRegistryUrl } = settings;
  const registry =
    schemaRegistryUrl === undefined
      ? undefined
      : connectSchemaRegistry(schemaRegistryUrl, settings.schemaRegistryCa);
  const opened: { close(): Promise<void> }[] = [];
  const tracked = <T extends { close(): Promise<void> }>(resource: T): T => {
    opened.push(resource);
    return resource;
  };

  return {
    openEventSource: ({ limits = defaultLimits, untilEnd = false, reader = readOwnFormat } = {}) =>
      tracked(
        openKafkaEventSource(kafka, settings, createEventDecoder(registry, reader), {
          limits,
          untilEnd,
        }),
      ),
    openDeadLetterShelf: () => {
      const sender = openSender(kafka);
      const shelf = openKafkaDeadLetterShelf(kafka, settings, sender);
      return tracked({ ...shelf, ...createRecordReplayer(kafka, settings, sender) });
    },
    openDeadLetters: () => tracked(openKafkaDeadLetters(openSender(kafka), settings)),
    openCandidatePublisher: () =>
      topics.candidates === undefined
        ? undefined
        : tracked(openKafkaCandidatePublisher(openSender(kafka), topics.candidates)),
    openEdgeCasePublisher: () =>
      tracked(openKafkaEdgeCasePublisher(openSender(kafka), topics.curated)),
    openEventPublisher: () =>
      tracked(openKafkaEventPublisher(openSender(kafka), topics.events, registry)),
    openEventIntake: (limits) =>
      tracked(
        openKafkaIntake(
          openKafkaEventPublisher(openSender(impatient), topics.events, registry),
          limits,
        ),
      ),
    checks: ({ ownFormat = true } = {}) => [
      kafkaCheck(
        ({ socketFactory, brokers = settings.brokers }) =>
          clientOf({ ...settings, brokers, log: quiet(settings.log) }, impatientRetry, {
            socketFactory,
          }),
        settings,
      ),
      ...(registry === undefined
        ? []
        : [registryCheck(registry, `${topics.events}-value`, ownFormat)]),
    ],
    async close() {
      await Promise.all(opened.map((resource) => resource.close()));
    },
  };
}

/** What goes wrong while checking is told by the findings. */
function quiet(log: KafkaLog): KafkaLog {
  return (_level, message, fields) => log('debug', message, fields);
}

function clientOf(
  settings: KafkaSettings,
  retry: RetryOptions,
  more: Pick<KafkaConfig, 'socketFactory'> = {},
): Kafka {
  return new kafkajs.Kafka({
    clientId: settings.clientId,
    brokers: [...settings.brokers],
    connectionTimeout: 5000,
    retry,
    ...more,
    logLevel: kafkajs.logLevel.INFO,
    logCreator: logThrough(settings.log),
    ...(settings.ssl === undefined ? {} : { ssl: settings.ssl }),
    ...(settings.sasl === undefined ? {} : { sasl: settings.sasl }),
  });
}
