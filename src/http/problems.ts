import { STATUS_CODES } from 'node:http';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { faultCodes, isEdgeminerError } from '../faults.js';
import type { FaultCode } from '../faults.js';

/** Problems that only the API has; docs/errors.md lists them after the fault codes. */
export const httpProblems = {
  'route.not-found': 404,
  'request.too-large': 413,
  'request.media-type': 415,
  'request.too-many': 429,
  'request.running': 409,
  'request.other-before': 422,
  'server.busy': 503,
  'server.failed': 500,
} as const satisfies Record<string, number>;

export type HttpProblemCode = keyof typeof httpProblems;
export type ProblemCode = FaultCode | HttpProblemCode;

export const problemCodes: readonly ProblemCode[] = [
  ...faultCodes,
  ...(Object.keys(httpProblems) as HttpProblemCode[]),
];

const faultStatus: Readonly<Record<FaultCode, number>> = {
  'event.unreadable': 400,
  'event.invalid': 400,
  'event.too-large': 413,
  'event.unpaired': 422,
  'event.failed': 422,
  'image.not-found': 404,
  'image.forbidden': 422,
  'image.too-large': 413,
  'image.undecodable': 422,
  'image.hash-mismatch': 422,
  'image.unreachable': 503,
  'model.unavailable': 503,
  'kafka.unavailable': 503,
  'registry.unavailable': 503,
  'store.unavailable': 503,
  'store.invalid': 500,
  'tool.unavailable': 503,
  'tool.refused': 500,
  'config.invalid': 500,
  'config.not-found': 500,
  'model.not-found': 500,
  'model.hash-mismatch': 500,
  'model.shape-mismatch': 500,
  'model.unsuitable': 500,
  'model.check-failed': 500,
  'score.invalid': 500,
  'reference.not-found': 500,
  'reference.invalid': 500,
  'reference.mismatch': 500,
  'reference.unfinished': 500,
  'input.not-found': 500,
  'input.invalid': 400,
  'label.invalid': 422,
  'lease.lost': 409,
  'task.not-found': 404,
  'task.wrong-state': 409,
  'task.changed': 412,
  'batch.not-found': 404,
  'label-set.not-found': 404,
  'curated-set.not-found': 404,
  'curated-set.empty': 409,
  'curated-set.invalid': 500,
  'audit.broken': 500,
  'person.not-found': 404,
  'annotator.paused': 403,
  'annotator.not-paused': 409,
  'gold.not-found': 404,
  'webhook.refused': 502,
  'server.unavailable': 503,
  'auth.missing': 401,
  'auth.expired': 401,
  'auth.unavailable': 503,
  'auth.forbidden': 403,
};

/** Seconds after which a caller may try again what failed for want of something. */
export const retryAfterSeconds = 5;

/** An error answer as RFC 9457 has it (application/problem+json), with edgeminer's own members. */
export interface Problem {
  readonly type: 'about:blank';
  /** The status in words. */
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  /** What is wrong. */
  readonly detail: string;
  /** What to do about it. */
  readonly mend: string;
  /** The field, parameter or setting at fault. */
  readonly field?: string | undefined;
}

/** Thrown by routes for what is no fault of edgeminer's path. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly code: HttpProblemCode;
  readonly mend: string;
  /** Seconds; undefined where trying again is of no use, or was answered elsewhere. */
  readonly retryAfter: number | undefined;

  constructor(code: HttpProblemCode, message: string, mend: string, retryAfter?: number) {
    super(message);
    this.code = code;
    this.mend = mend;
    this.retryAfter = retryAfter;
  }
}

/** Seconds to wait before the same request is worth another try. */
export function retryAfterOf(error: unknown): number | undefined {
  if (error instanceof HttpProblem) return error.retryAfter;
  return isEdgeminerError(error) && error.retriable ? retryAfterSeconds : undefined;
}

/** The problem that answers an error. What nobody foresaw says nothing of its inside. */
export function problemOf(error: unknown): Problem {
  if (isEdgeminerError(error)) {
    return problem(faultStatus[error.code], error.code, error.message, {
      mend: error.mend ?? defaultMend(error.retriable),
      field: error.field,
    });
  }
  if (error instanceof HttpProblem) {
    return problem(httpProblems[error.code], error.code, error.message, { mend: error.mend });
  }
  if (hasZodFastifySchemaValidationErrors(error)) return invalidInput(error);
  return frameworkProblem(error) ?? serverFailed;
}

const serverFailed = problem(500, 'server.failed', 'the server failed at this request', {
  mend: 'Try again; if it stays, find the error in the log of the server.',
});

function problem(
  status: number,
  code: ProblemCode,
  detail: string,
  { mend, field }: { mend: string; field?: string | undefined },
): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: 'about:blank', title, status, code, detail, mend, field };
}

function defaultMend(retriable: boolean): string {
  return retriable
    ? `Try again in ${retryAfterSeconds} seconds.`
    : 'See docs/errors.md for this code.';
}

interface ValidationFailure {
  readonly validation: readonly { readonly instancePath: string; readonly message?: string }[];
  readonly validationContext?: string;
}

function invalidInput({ validation, validationContext = 'body' }: ValidationFailure): Problem {
  const where = validationContext === 'querystring' ? 'query' : validationContext;
  const issues = validation.map(({ instancePath, message = 'is not valid' }) => ({
    field: [where, ...instancePath.split('/').filter((part) => part !== '')].join('.'),
    message,
  }));
  return problem(
    400,
    'input.invalid',
    issues.map(({ field, message }) => `${field}: ${message}`).join('; '),
    { mend: 'Send what /openapi.json describes for this route.', field: issues[0]?.field },
  );
}

/** How the codes of Fastify's errors about a body start. */
const bodyErrors = 'FST_ERR_CTP_';

/** Errors that Fastify itself raises while it reads a request. */
function frameworkProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  switch (error.statusCode) {
    case 413:
      return problem(413, 'request.too-large', 'the body is larger than this route takes', {
        mend: 'Send less at once; http.maxBodyBytes sets the most for events.',
        field: 'body',
      });
    case 415:
      return problem(415, 'request.media-type', 'this route takes application/json only', {
        mend: "Send JSON, with the header 'Content-Type: application/json'.",
        field: 'Content-Type',
      });
    default:
      return typeof error.statusCode === 'number' &&
        error.statusCode >= 400 &&
        error.statusCode < 500
        ? problem(error.statusCode, 'input.invalid', error.message, {
            mend: 'Send what /openapi.json describes for this route.',
            field: String(Reflect.get(error, 'code')).startsWith(bodyErrors) ? 'body' : undefined,
          })
        : undefined;
  }
}
