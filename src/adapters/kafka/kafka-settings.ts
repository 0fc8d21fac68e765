import type { KafkaConfig } from 'kafkajs';
import type { StartAt } from './group-position.js';

/** How to reach Kafka and the schema registry, and what the topics are called. */
export interface KafkaSettings {
  /** `host:port` of some brokers; the rest are found through them. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly groupId: string;
  /** Base address of a registry that speaks Confluent's REST API; none: plain JSON only. */
  readonly schemaRegistryUrl?: string | undefined;
  /** Authorities to trust for it, as PEM; the system's unless told. */
  readonly schemaRegistryCa?: string;
  /** Where a group that has committed nothing begins. */
  readonly startAt: StartAt;
  readonly sessionTimeoutMs: number;
  readonly topics: {
    readonly events: string;
    /** None: candidates are not announced. */
    readonly candidates?: string | undefined;
    readonly curated: string;
    readonly deadLetters: string;
  };
  /** Of edgeminer; written into dead letters. */
  readonly version: string;
  readonly ssl?: KafkaConfig['ssl'];
  readonly sasl?: KafkaConfig['sasl'];
  readonly log: KafkaLog;
  /** Kafka was lost, and the group is joined again. */
  readonly onLost?: () => void;
}

export type KafkaLog = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** Tries of kafkajs's own, below those of edgeminer; about 6 seconds. */
export const clientRetry = { initialRetryTime: 200, multiplier: 2, maxRetryTime: 5000, retries: 5 };
