import { setTimeout as pause } from 'node:timers/promises';
import { Agent, fetch } from 'undici';
import type { FormData } from 'undici';
import { EdgeminerError, messageOf } from '../../faults.js';
import { z } from 'zod';
import { labelSetKey } from '../../label/label-set.js';
import type { LabelSet } from '../../label/label.js';

export interface ToolHttpOptions {
  /** As people call the tool, for messages. */
  readonly tool: string;
  /** The section of its settings, for messages: `tools.cvat`. */
  readonly settings: string;
  readonly url: string;
  /** For a whole answer; milliseconds. */
  readonly timeoutMs: number;
  /** Before the second try; longer before each one after. Milliseconds. */
  readonly firstWaitMs: number;
  /**
   * The headers that prove who asks; called again, once, where the tool has refused them.
   * The requests that it makes itself prove nothing.
   */
  readonly prove: (ask: ToolHttp['ask']) => Promise<Readonly<Record<string, string>>>;
}

export interface ToolRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query, from the tool's address on. */
  readonly path: string;
  readonly json?: unknown;
  readonly form?: FormData;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ToolHttp {
  /**
   * One request, as JSON of this shape. What can be repeated without harm is, where it failed and
   * may pass; anything is, where the tool says that it did nothing (429).
   * @throws EdgeminerError `tool.unavailable`, `tool.refused`
   */
  ask<T>(request: ToolRequest, shape: z.ZodType<T>): Promise<T>;
  /** As `ask`, of what has no answer. */
  tell(request: ToolRequest): Promise<void>;
  close(): Promise<void>;
}

const tries = 4;
const longestWaitMs = 60_000;
/** What a tool's answer may be at most, in characters. */
const longestAnswer = 256 * 1024 * 1024;

/** HTTP as tools speak it: JSON, a token, 429 with Retry-After, and 5xx while they restart. */
export function openToolHttp(options: ToolHttpOptions): ToolHttp {
  const { tool, settings, timeoutMs, prove } = options;
  const base = options.url.replace(/\/+$/, '');
  const agent = new Agent({ headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  let proof: Readonly<Record<string, string>> | undefined;
  let closing: Promise<void> | undefined;

  async function send(
    { method, path, json, form, headers = {} }: ToolRequest,
    proven: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    try {
      const response = await fetch(`${base}${path}`, {
        method,
        dispatcher: agent,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          accept: 'application/json, application/vnd.cvat+json',
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
          ...proven,
        },
        body: json === undefined ? (form ?? null) : JSON.stringify(json),
      });
      const text = await response.text();
      if (text.length > longestAnswer) throw new Error(`an answer of ${text.length} characters`);
      const wait = Number(response.headers.get('retry-after') ?? NaN) * 1000;
      return { status: response.status, text, waitMs: wait > 0 ? wait : undefined };
    } catch (error) {
      return {
        status: refusesConnections(error) ? 'nobody' : undefined,
        text: reasonOf(error),
        waitMs: undefined,
      };
    }
  }

  async function answered(request: ToolRequest, proven: boolean): Promise<string> {
    const repeatable = request.method === 'GET' || request.method === 'PUT';
    let renewed = false;
    for (let attempt = 1; ;) {
      if (proven) proof ??= await prove(unproven);
      const answer = await send(request, proven ? (proof ?? {}) : {});
      const { status, text } = answer;
      if (typeof status === 'number' && status >= 200 && status < 300) return text;
      if (status === 401 && proven && !renewed) {
        renewed = true;
        proof = await prove(unproven);
        continue;
      }
      const nothingDone = status === 429 || status === 'nobody';
      if (typeof status === 'number' && status !== 429 && status !== 408 && status < 500) {
        throw refused(request, status, text);
      }
      if (attempt < tries && (nothingDone || repeatable)) {
        const wait = answer.waitMs ?? options.firstWaitMs * 2 ** (attempt - 1);
        await pause(Math.min(wait, longestWaitMs));
        attempt += 1;
        continue;
      }
      throw unavailable(request, status, text, attempt);
    }
  }

  const asking =
    (proven: boolean): ToolHttp['ask'] =>
    async (request, shape) => {
      const parsed = shape.safeParse(asJson(await answered(request, proven)));
      if (parsed.success) return parsed.data;
      const [issue] = parsed.error.issues;
      throw new EdgeminerError(
        'tool.refused',
        `${tool} answers ${request.method} ${plain(request)} otherwise than it is documented: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
        {
          field: `${settings}.url`,
          mend: `Check that ${settings}.url is ${tool}'s, of a version that docs/tools.md names.`,
        },
      );
    };
  const unproven = asking(false);

  return {
    ask: asking(true),
    async tell(request) {
      await answered(request, true);
    },
    close() {
      closing ??= agent.destroy();
      return closing;
    },
  };

  function unavailable(
    request: ToolRequest,
    status: Answer['status'],
    text: string,
    attempts: number,
  ): EdgeminerError {
    const what = typeof status === 'number' ? `answers ${status}` : `does not answer: ${text}`;
    return new EdgeminerError(
      'tool.unavailable',
      `${tool} ${what} (${request.method} ${plain(request)})`,
      {
        field: `${settings}.url`,
        attempts,
        mend: 'Repeat the command once it is back: nothing is done twice.',
      },
    );
  }

  function refused(request: ToolRequest, status: number, text: string): EdgeminerError {
    const who = status === 401 || status === 403;
    return new EdgeminerError(
      'tool.refused',
      `${tool} answers ${status} to ${request.method} ${plain(request)}: ${text.slice(0, 300)}`,
      {
        field: who ? `${settings}.token` : `${settings}.url`,
        mend: who
          ? `Give ${settings} a token whose owner may read and change the project.`
          : `See what ${tool} says is wrong, and check ${settings}.`,
      },
    );
  }
}

/** What a label set's project is called in a tool, and found again by. */
export function projectTitle(project: string, labelSet: LabelSet): string {
  return `${project} ${labelSetKey(labelSet)}`;
}

const pageSize = 100;

/** All that a paged list has, from its first page on. */
export async function every<T>(
  http: Pick<ToolHttp, 'ask'>,
  path: string,
  item: z.ZodType<T>,
): Promise<readonly T[]> {
  const page = z.looseObject({ next: z.string().nullish(), results: z.array(item) });
  const all: T[] = [];
  for (let at = 1; ; at++) {
    const query = `${path.includes('?') ? '&' : '?'}page=${at}&page_size=${pageSize}`;
    const { results, next } = await http.ask({ method: 'GET', path: `${path}${query}` }, page);
    all.push(...results);
    if (next === null || next === undefined) return all;
  }
}

/** Looks at what the tool does on its own until `done` says that it is over, or throws. */
export async function waitUntil<T>(
  look: () => Promise<T>,
  done: (seen: T) => boolean,
  betweenMs: number,
): Promise<void> {
  while (!done(await look())) await pause(betweenMs);
}

interface Answer {
  /** `nobody`: it was not even sent. Undefined where it may have been. */
  readonly status: number | 'nobody' | undefined;
  readonly text: string;
  readonly waitMs: number | undefined;
}

function refusesConnections(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
}

/** A path without its query. */
function plain({ path }: ToolRequest): string {
  return path.split('?', 1).join('');
}

function asJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    // Not JSON is of no shape that is asked for, and is named there.
    return undefined;
  }
}

/** undici says "fetch failed", and why in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : messageOf(cause);
}
