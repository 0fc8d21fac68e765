import { describe, expect, it } from 'vitest';
import { EdgeminerError } from '../faults.js';
import { createLogger } from './logger.js';
import type { LogLevel } from './logger.js';

function capture(level: LogLevel) {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({
    level,
    output: { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  return { logger, lines };
}

describe('logger', () => {
  it('writes one JSON object per message, with level, time and fields', () => {
    const { logger, lines } = capture('info');
    logger.info('listening', { port: 8080 });
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
        message: 'listening',
        port: 8080,
      },
    ]);
  });

  it('leaves out what is below its level, and everything when silent', () => {
    const warn = capture('warn');
    warn.logger.debug('a');
    warn.logger.info('b');
    warn.logger.warn('c');
    warn.logger.error('d');
    expect(warn.lines.map((line) => line['message'])).toEqual(['c', 'd']);
    const silent = capture('silent');
    silent.logger.error('e');
    expect(silent.lines).toEqual([]);
  });

  it('adds the fields of a child to each of its lines', () => {
    const { logger, lines } = capture('debug');
    logger
      .child({ topic: 'inference.events' })
      .child({ partition: 3 })
      .debug('read', { offset: 7 });
    expect(lines[0]).toMatchObject({ topic: 'inference.events', partition: 3, offset: 7 });
  });

  it('writes an error with its code, mend, stack and cause', () => {
    const { logger, lines } = capture('info');
    const error = new EdgeminerError('store.unavailable', 'no store', {
      mend: 'Start MongoDB.',
      cause: new Error('connection refused'),
    });
    logger.error('gave up', { error });
    expect(lines[0]?.['error']).toMatchObject({
      code: 'store.unavailable',
      mend: 'Start MongoDB.',
      message: 'no store: connection refused',
      stack: expect.stringContaining('connection refused') as string,
    });
  });
});
