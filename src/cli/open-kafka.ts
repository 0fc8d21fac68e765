import { connectKafka } from '../adapters/kafka/connect-kafka.js';
import type { KafkaConnection } from '../adapters/kafka/connect-kafka.js';
import { createEventDecoder } from '../adapters/kafka/event-decoder.js';
import type { EventDecoder } from '../adapters/kafka/event-decoder.js';
import { connectSchemaRegistry } from '../adapters/kafka/schema-registry.js';
import type { Config } from '../config/load-config.js';
import type { EdgeCasePublisher } from '../curate/edge-case-publisher.js';
import type { EventSource } from '../event/event-source.js';
import { EdgeminerError } from '../faults.js';
import type { CandidatePublisher } from '../mine/candidate-publisher.js';
import type { DeadLetters } from '../mine/dead-letters.js';
import type { EventIntake } from '../mine/event-intake.js';
import type { Check } from '../telemetry/checkup.js';
import type { Logger } from '../telemetry/logger.js';
import type { ReplayOptions } from './start-position.js';
import { eventReader, inEvents, waitingLimits } from './event-format.js';
import { inFlightLimits } from './stations.js';
import { kafkaSecurity } from './kafka-security.js';
import type { World } from './world.js';

/** The Kafka side of a worker; each part is closed by `close`. */
export interface KafkaWorker {
  readonly candidates: CandidatePublisher | undefined;
  readonly deadLetters: DeadLetters;
  openSource(options: { readonly untilEnd: boolean }): EventSource;
  close(): Promise<void>;
}

export function connectWorker(
  world: World,
  config: Config,
  logger: Logger,
  options: ReplayOptions & { readonly onLost: () => void },
): KafkaWorker {
  const kafka = connect(world, config, logger, options);
  if (kafka === undefined) {
    throw new EdgeminerError('config.invalid', 'no Kafka brokers are configured', {
      field: 'kafka.brokers',
      mend: 'Set kafka.brokers in the configuration, or KAFKA_BROKERS.',
    });
  }
  return {
    candidates: kafka.openCandidatePublisher(),
    deadLetters: kafka.openDeadLetters(),
    // Twice what is worked on, so that a slow event does not leave the rest without work.
    openSource: ({ untilEnd }) => {
      const { maxCount, maxBytes } = inFlightLimits(config);
      const waiting = waitingLimits(config);
      const limits = {
        maxCount: 2 * (maxCount + waiting.maxCount),
        maxBytes: maxBytes + waiting.maxBytes,
      };
      const reader = eventReader(config);
      return inEvents(kafka.openEventSource({ limits, untilEnd, reader }), config, logger);
    },
    close: () => kafka.close(),
  };
}

/** Hands events on to the workers' topic; undefined without Kafka. */
export function openKafkaIntake(
  world: World,
  config: Config,
  logger: Logger,
): EventIntake | undefined {
  return connect(world, config, logger)?.openEventIntake(inFlightLimits(config));
}

/** Announces curated sets; undefined without Kafka. */
export function openEdgeCasePublisher(
  world: World,
  config: Config,
  logger: Logger,
): EdgeCasePublisher | undefined {
  return connect(world, config, logger)?.openEdgeCasePublisher();
}

/** The dead letters on Kafka, and the way back for their records; undefined without Kafka. */
export function openKafkaLetters(
  world: World,
  config: Config,
  logger: Logger,
): ReturnType<KafkaConnection['openDeadLetterShelf']> | undefined {
  return connect(world, config, logger)?.openDeadLetterShelf();
}

/** Reads the values of records as a worker does, with the schema registry if one is configured. */
export function openEventDecoder(config: Config): EventDecoder {
  const { kafka } = config;
  const url = kafka?.schemaRegistryUrl;
  const registry =
    kafka === undefined || url === undefined
      ? undefined
      : connectSchemaRegistry(url, kafkaSecurity(kafka).schemaRegistryCa);
  return createEventDecoder(registry, eventReader(config));
}

/** What `doctor` asks of Kafka and the schema registry; none without Kafka. */
export function kafkaChecks(world: World, config: Config, logger: Logger): readonly Check[] {
  const ownFormat = config.events.format === 'edgeminer';
  return connect(world, config, logger)?.checks({ ownFormat }) ?? [];
}

function connect(
  world: World,
  { kafka }: Config,
  logger: Logger,
  { from, group, onLost }: ReplayOptions & { readonly onLost?: () => void } = {},
): KafkaConnection | undefined {
  if (kafka === undefined) return undefined;
  const log = logger.child({ part: 'kafka' });
  return connectKafka({
    brokers: kafka.brokers,
    clientId: kafka.clientId,
    groupId: group ?? kafka.groupId,
    schemaRegistryUrl: kafka.schemaRegistryUrl,
    startAt: from ?? { kind: kafka.fromBeginning ? 'earliest' : 'latest' },
    sessionTimeoutMs: kafka.sessionTimeoutSeconds * 1000,
    topics: kafka.topics,
    ...kafkaSecurity(kafka),
    version: world.version,
    log: (level, message, fields) => log[level](message, fields),
    ...(onLost === undefined ? {} : { onLost }),
  });
}
