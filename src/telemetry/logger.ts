import { destination, pino, stdSerializers } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Goes beside the message, as JSON. An error under `error` is written with its stack. */
export type LogFields = Readonly<Record<string, unknown>>;

/** All that a room may know of logging. Never throws. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to every line. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Where lines go; stderr by default, for stdout belongs to a command's results. */
  readonly output?: DestinationStream;
}

/** One line of JSON per message: `{"level":"info","time":"2025-…Z","message":"…", …fields}`. */
export function createLogger({ level, output }: LoggerOptions): Logger {
  // Synchronous, so that the last lines before a crash are not lost.
  const stream = output ?? destination({ dest: process.stderr.fd, sync: true });
  return wrap(
    pino(
      {
        level,
        base: null,
        messageKey: 'message',
        timestamp: () => `,"time":"${new Date().toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
        serializers: { error: stdSerializers.err },
      },
      stream,
    ),
  );
}

function wrap(logger: PinoLogger): Logger {
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
    child: (fields) => wrap(logger.child(fields)),
  };
}
