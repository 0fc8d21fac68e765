import { expect, it } from 'vitest';
import { createLogger } from '../telemetry/logger.js';
import { reportFailures } from './score-failures.js';

it('counts every failure of a score, and logs one a minute', () => {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({
    level: 'info',
    output: { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const counted: string[] = [];
  let now = 5;
  const report = reportFailures(
    { ownScoreFailed: (score) => counted.push(score) },
    logger,
    () => now,
  );
  for (let at = 0; at < 4; at += 1) report('own:rust', `failed: ${at}`);
  report('own:snow', 'failed: 4');
  now += 60_000;
  report('own:rust', 'failed: 5');
  report('own:rust', 'failed: 6');
  expect(counted).toHaveLength(7);
  expect(
    lines.map(({ score, problem, failuresSinceLastLine }) => [
      score,
      problem,
      failuresSinceLastLine,
    ]),
  ).toEqual([
    ['own:rust', 'failed: 0', undefined],
    ['own:snow', 'failed: 4', undefined],
    ['own:rust', 'failed: 5', 3],
  ]);
});
