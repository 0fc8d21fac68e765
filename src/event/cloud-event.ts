import { EdgeminerError } from '../faults.js';
import type { RawRecord, Reading } from './event-source.js';
import { readJson } from './json-event.js';

/**
 * A CloudEvent 1.0 with JSON data, from a record of the Kafka protocol binding, in binary mode
 * (attributes in headers `ce_*`) or structured mode (all of it in the value).
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
 */
export interface CloudEvent {
  /** `id`, `type`, `source`, `time` and extensions, by their lower-case names. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly data: unknown;
}

export type CloudEventReading =
  | { readonly kind: 'cloud-event'; readonly event: CloudEvent }
  | Extract<Reading, { readonly kind: 'unreadable' }>;

const binaryPrefix = 'ce_';

/** Never throws; what is no CloudEvent is `event.unreadable`. */
export function readCloudEvent({ value, headers }: RawRecord): CloudEventReading {
  if (value === null) return unreadable('the record has no value');
  const json = readJson(value);
  if (json.kind !== 'json') return json;
  const binary = Object.entries(headers)
    .filter(([name]) => name.toLowerCase().startsWith(binaryPrefix))
    .map(([name, text]) => [name.slice(binaryPrefix.length).toLowerCase(), textOf(text)] as const);
  if (binary.length > 0) return checked(Object.fromEntries(binary), json.value);
  if (typeof json.value !== 'object' || json.value === null) {
    return unreadable('the record is no CloudEvent: it has neither ce_ headers nor an envelope');
  }
  const { data, data_base64: encoded, ...rest } = json.value as Record<string, unknown>;
  const attributes = Object.fromEntries(
    Object.entries(rest).flatMap(([name, text]) =>
      typeof text === 'string' || typeof text === 'number'
        ? [[name.toLowerCase(), String(text)] as const]
        : [],
    ),
  );
  if (typeof encoded !== 'string') return checked(attributes, data);
  const decoded = readJson(Buffer.from(encoded, 'base64'));
  return decoded.kind === 'json' ? checked(attributes, decoded.value) : decoded;
}

function checked(attributes: Record<string, string>, data: unknown): CloudEventReading {
  for (const name of ['id', 'type', 'source']) {
    if ((attributes[name] ?? '') === '') {
      return unreadable(`the record is no CloudEvent: the attribute '${name}' is missing`);
    }
  }
  return { kind: 'cloud-event', event: { attributes, data } };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

function unreadable(message: string): CloudEventReading {
  return {
    kind: 'unreadable',
    fault: new EdgeminerError('event.unreadable', message, {
      mend: "Send KServe's logger events as the CloudEvents binding for Kafka says; see docs/events.md.",
    }),
  };
}
