import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { EdgeminerError, faultCodes } from '../faults.js';
import { HttpProblem, httpProblems, problemOf } from './problems.js';

describe('problems', () => {
  it('carry the code, field and mend of a fault', () => {
    const fault = new EdgeminerError('label.invalid', "label.class 'cat' is not a class", {
      field: 'label.class',
      mend: 'Use one of dog, fox.',
    });
    expect(problemOf(fault)).toEqual({
      type: 'about:blank',
      title: 'Unprocessable Entity',
      status: 422,
      code: 'label.invalid',
      detail: "label.class 'cat' is not a class",
      mend: 'Use one of dog, fox.',
      field: 'label.class',
    });
  });

  it.each(faultCodes)('answer %s with an error status and a mend', (code) => {
    const problem = problemOf(new EdgeminerError(code, 'wrong'));
    expect(problem.status).toBeGreaterThanOrEqual(400);
    expect(problem.mend).not.toBe('');
  });

  it('say nothing of what nobody foresaw', () => {
    const problem = problemOf(new TypeError('secret.internals is not a function'));
    expect(problem).toMatchObject({ status: 500, code: 'server.failed' });
    expect(JSON.stringify(problem)).not.toContain('secret');
    expect(problemOf('thrown text')).toMatchObject({ status: 500, code: 'server.failed' });
  });

  it("carry the API's own problems", () => {
    expect(problemOf(new HttpProblem('server.busy', 'busy', 'Try later.'))).toMatchObject({
      status: 503,
      code: 'server.busy',
      mend: 'Try later.',
    });
  });

  it('have codes that docs/errors.md explains, each once, and no others', async () => {
    const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const explained = [...page.matchAll(/^\| `([\w.-]+)`/gmu)].map(([, code]) => code);
    expect(explained.toSorted()).toEqual([...faultCodes, ...Object.keys(httpProblems)].toSorted());
  });
});
