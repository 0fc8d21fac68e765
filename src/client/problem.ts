import type { components } from './api.js';

type Problem = components['schemas']['Problem'];

/** The code of a problem; docs/errors.md explains each. */
export type ProblemCode = Problem['code'] | 'server.unreachable';

/** What a server says instead of an answer, as an error. `message` says what is wrong. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly code: ProblemCode;
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  /** What to do about it. */
  readonly mend: string;
  /** The field, parameter or setting at fault. */
  readonly field: string | undefined;

  constructor(problem: Omit<Problem, 'type' | 'title'> | Unreachable, cause?: unknown) {
    super(problem.detail, cause === undefined ? {} : { cause });
    this.code = problem.code;
    this.status = problem.status;
    this.mend = problem.mend;
    this.field = problem.field;
  }

  /** True where the same request may succeed later. */
  get retriable(): boolean {
    return [0, 429, 503].includes(this.status) || this.code === 'request.running';
  }

  /** For a request that no answer came to. */
  static unreachable(cause: unknown): ApiProblem {
    const why = cause instanceof Error ? cause.message : String(cause);
    const detail = `the server does not answer: ${why}`;
    const mend = 'Check its address, and that it runs.';
    return new ApiProblem({ code: 'server.unreachable', status: 0, detail, mend }, cause);
  }
}

interface Unreachable {
  readonly code: 'server.unreachable';
  readonly status: 0;
  readonly detail: string;
  readonly mend: string;
  readonly field?: string | undefined;
}

/** The problem in an answer; a proxy on the way may have answered in words of its own. */
export function problemOf(body: unknown, response: Response): ApiProblem {
  if (typeof body === 'object' && body !== null && 'code' in body && 'detail' in body) {
    return new ApiProblem(body as Problem);
  }
  return new ApiProblem({
    code: response.status === 404 ? 'route.not-found' : 'server.failed',
    status: response.status,
    detail: `the server answers ${response.status} ${response.statusText}, and not as edgeminer does`,
    mend: 'Check the address of the server, and what stands between here and it.',
  });
}
