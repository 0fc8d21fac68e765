import { describe, expect, it } from 'vitest';
import { clockFinding, ok, runChecks } from './checkup.js';

describe('checks', () => {
  it('keep their order, and one that throws or hangs does not hold up the others', async () => {
    let aborted = false;
    const findings = await runChecks([
      {
        name: 'hangs',
        deadlineMs: 20,
        run: (signal) =>
          new Promise(() => signal.addEventListener('abort', () => (aborted = true))),
      },
      { name: 'good', run: async () => [ok('good', 'yes'), ok('also', 'yes')] },
      {
        name: 'throws',
        run: () => Promise.reject(Object.assign(new Error('no'), { mend: 'Do it.' })),
      },
    ]);
    expect(findings).toMatchObject([
      { name: 'hangs', verdict: 'failed', detail: 'did not answer within 0.02 s' },
      { name: 'good', verdict: 'ok' },
      { name: 'also', verdict: 'ok' },
      { name: 'throws', verdict: 'failed', detail: 'no', mend: 'Do it.' },
    ]);
    expect(aborted).toBe(true);
  });
});

describe('a clock', () => {
  const between = { before: 100_000, after: 101_000 };

  it.each([
    [{ remote: 100_500, exactTo: 0 }, 'ok'],
    [{ remote: 106_000, exactTo: 0 }, 'ok'],
    [{ remote: 106_001, exactTo: 0 }, 'warning'],
    [{ remote: 94_000, exactTo: 1000 }, 'ok'],
    [{ remote: 93_999, exactTo: 1000 }, 'warning'],
  ])('that shows %o is %s', (shown, verdict) => {
    expect(clockFinding('it', { ...between, ...shown })).toMatchObject({ verdict });
  });

  it('that is ahead makes this one late', () => {
    expect(clockFinding('it', { ...between, remote: 161_000, exactTo: 0 }).detail).toBe(
      'this machine is 60.0 s behind',
    );
  });
});
