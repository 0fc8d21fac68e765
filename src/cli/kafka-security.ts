import { readFileSync } from 'node:fs';
import type { KafkaSettings } from '../adapters/kafka/kafka-settings.js';
import type { Config } from '../config/load-config.js';
import { EdgeminerError, messageOf } from '../faults.js';

type KafkaConfig = NonNullable<Config['kafka']>;

/**
 * Certificates and passwords of the configured files.
 * @throws EdgeminerError `config.invalid` that names the setting whose file can't be read
 */
export function kafkaSecurity({
  tls,
  sasl,
  schemaRegistryCaFile,
}: KafkaConfig): Pick<KafkaSettings, 'ssl' | 'sasl' | 'schemaRegistryCa'> {
  return {
    ...(tls === false ? {} : { ssl: tls === true ? true : tlsOf(tls) }),
    ...(sasl === undefined ? {} : { sasl: saslOf(sasl) }),
    ...(schemaRegistryCaFile === undefined
      ? {}
      : { schemaRegistryCa: pem('kafka.schemaRegistryCaFile', schemaRegistryCaFile) }),
  };
}

function tlsOf(tls: Exclude<KafkaConfig['tls'], boolean>) {
  const { caFile, certFile, keyFile, passphrase, serverName } = tls;
  return {
    ...(caFile === undefined ? {} : { ca: [pem('kafka.tls.caFile', caFile)] }),
    ...(certFile === undefined ? {} : { cert: pem('kafka.tls.certFile', certFile) }),
    ...(keyFile === undefined ? {} : { key: pem('kafka.tls.keyFile', keyFile) }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

function saslOf({
  mechanism,
  username,
  password,
  passwordFile,
}: NonNullable<KafkaConfig['sasl']>): NonNullable<KafkaSettings['sasl']> {
  const secret =
    passwordFile === undefined
      ? (password ?? '')
      : read('kafka.sasl.passwordFile', passwordFile).trimEnd();
  const login = { username, password: secret };
  switch (mechanism) {
    case 'plain':
      return { mechanism, ...login };
    case 'scram-sha-256':
      return { mechanism, ...login };
    case 'scram-sha-512':
      return { mechanism, ...login };
  }
}

function pem(setting: string, file: string): string {
  const text = read(setting, file);
  if (text.includes('-----BEGIN ')) return text;
  throw bad(setting, `${file} holds no PEM block`);
}

function read(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw bad(setting, messageOf(error), error);
  }
}

function bad(setting: string, what: string, cause?: unknown): EdgeminerError {
  return new EdgeminerError('config.invalid', `${setting}: ${what}`, {
    field: setting,
    mend: 'Give the path of a file that edgeminer may read; relative ones start at the configuration.',
    cause,
  });
}
