import { EdgeminerError, messageOf } from '../../faults.js';

/**
 * What a failure of kafkajs means for edgeminer. Wrong credentials, rights or settings are
 * `config.invalid`; a record beyond the topic's limit is `event.too-large`; all else is taken for
 * an outage, `kafka.unavailable`, and tried again. `doing` completes "can't …".
 */
export function kafkaFault(error: unknown, doing: string): EdgeminerError {
  if (error instanceof EdgeminerError) return error;
  const message = `can't ${doing}: ${messageOf(error)}`;
  const causes = causesOf(error);
  for (const { name, type, text } of causes) {
    if (name === 'KafkaJSSASLAuthenticationError') {
      return new EdgeminerError('config.invalid', message, {
        field: 'kafka.sasl',
        mend: 'Correct kafka.sasl, the credentials for Kafka.',
        cause: error,
      });
    }
    if (isUntrusted(text)) {
      return new EdgeminerError('config.invalid', message, {
        field: 'kafka.tls',
        mend: "Name the authority of the brokers' certificate in kafka.tls.caFile.",
        cause: error,
      });
    }
    const setup = type === undefined ? undefined : setupErrors[type];
    if (setup !== undefined) {
      return new EdgeminerError('config.invalid', message, { ...setup, cause: error });
    }
    if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') {
      return new EdgeminerError('event.too-large', message, {
        mend: "Raise the topic's max.message.bytes, or send the image by reference.",
        cause: error,
      });
    }
  }
  return new EdgeminerError('kafka.unavailable', message, {
    field: 'kafka.brokers',
    mend: isUnknownTopic(error)
      ? 'Create the topic; `edgeminer doctor` lists the ones that are missing.'
      : 'Check that the brokers run and can be reached; `edgeminer doctor` tries each of them.',
    cause: error,
  });
}

/** OpenSSL's words; kafkajs keeps no code. */
function isUntrusted(text: string): boolean {
  return /self[- ]signed certificate|unable to (get|verify)|certificate has expired|altname/i.test(
    text,
  );
}

/** True for rights that are missing. */
export function isUnauthorised(error: unknown): boolean {
  return causesOf(error).some(({ type }) => type?.endsWith('_AUTHORIZATION_FAILED') === true);
}

export function isUnknownTopic(error: unknown): boolean {
  return causesOf(error).some(({ type }) => type === 'UNKNOWN_TOPIC_OR_PARTITION');
}

/** True where a partition has no leader. */
export function isLeaderless(error: unknown): boolean {
  return causesOf(error).some(({ type }) => type === 'LEADER_NOT_AVAILABLE');
}

/** True for what no amount of reconnecting mends: an error of programming, not of the network. */
export function isDefect(error: unknown): boolean {
  return causesOf(error).some(
    ({ name }) =>
      name === 'KafkaJSNotImplemented' ||
      ['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError'].includes(name),
  );
}

const rights = {
  field: 'kafka',
  mend:
    "Grant edgeminer's user reading the topic of events and its group, and writing the topics " +
    'that it writes to.',
};

const setupErrors: Readonly<Record<string, { readonly field: string; readonly mend: string }>> = {
  TOPIC_AUTHORIZATION_FAILED: rights,
  GROUP_AUTHORIZATION_FAILED: rights,
  CLUSTER_AUTHORIZATION_FAILED: rights,
  INVALID_SESSION_TIMEOUT: {
    field: 'kafka.sessionTimeoutSeconds',
    mend: "Choose a value within the brokers' group.min and group.max.session.timeout.ms.",
  },
  INCONSISTENT_GROUP_PROTOCOL: {
    field: 'kafka.groupId',
    mend: 'Choose a group of its own for edgeminer; another kind of consumer uses this one.',
  },
};

interface Cause {
  readonly name: string;
  readonly type: string | undefined;
  readonly text: string;
}

/** The error and what is underneath, outermost first. */
function causesOf(error: unknown): Cause[] {
  const causes: Cause[] = [];
  const seen = new Set<unknown>();
  for (let at = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at);
    const type = 'type' in at && typeof at.type === 'string' ? at.type : undefined;
    causes.push({ name: at.name, type, text: at.message });
  }
  return causes;
}
