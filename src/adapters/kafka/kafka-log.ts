import kafkajs from 'kafkajs';
import type { logCreator } from 'kafkajs';
import type { KafkaLog } from './kafka-settings.js';

/**
 * Takes kafkajs's own log lines over. Its errors become warnings: each is either mended by a
 * reconnection or reaches the caller as a fault, which is logged as what it means.
 */
export function logThrough(log: KafkaLog): logCreator {
  return () =>
    ({ namespace, level, log: { message, logger: _logger, timestamp: _time, ...fields } }) => {
      const important = level === kafkajs.logLevel.ERROR || level === kafkajs.logLevel.WARN;
      log(important ? 'warn' : 'debug', `kafkajs ${namespace}: ${message}`, fields);
    };
}
