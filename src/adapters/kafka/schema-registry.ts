import { once } from 'node:events';
import http from 'node:http';
import https, { Agent } from 'node:https';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { EdgeminerError, messageOf } from '../../faults.js';
import { floatArrays } from './float-arrays.js';

/** Schemas by id; each is asked for once. */
export interface SchemaSource {
  /** Throws `registry.unavailable` (retriable), or `config.invalid` where access is refused. */
  find(id: number): Promise<FoundSchema>;
}

export type FoundSchema =
  | { readonly kind: 'usable'; decode(payload: Buffer): unknown }
  /** `why` completes "the record refers to schema 7, …". */
  | { readonly kind: 'unusable'; readonly why: string };

export interface SchemaRegistryClient extends SchemaSource {
  /**
   * The record in Confluent's wire format, under the Avro schema, which is registered for the
   * subject if it is not. Throws as `find` does.
   */
  encode(subject: string, avroSchema: string, record: object): Promise<Buffer>;
  /** Resolves if a registry answers at the address; throws as `find` does. */
  ping(): Promise<void>;
  /**
   * One request past the client, below the base of the API: a GET, or a POST of `content`. Any
   * status is an answer, but 401 and 403; throws as `find` does.
   */
  ask(path: string, content?: object): Promise<RegistryAnswer>;
}

export interface RegistryAnswer {
  readonly status: number;
  /** Parsed JSON; undefined where it is none. */
  readonly content: unknown;
  /** The registry's clock, milliseconds since 1970-01-01 UTC, to the second. */
  readonly date: number | undefined;
}

const timeoutMs = 5000;

/** What a schema allows is not asked: the event contract checks every event, whatever its form. */
const acceptAnything = { addSchema: () => acceptAnything, compile: () => () => true };

/** `ca`: authorities to trust, as PEM; the system's unless told. */
export function connectSchemaRegistry(address: string, ca?: string): SchemaRegistryClient {
  const url = address.replace(/\/+$/, '');
  const ids = new Map<string, Promise<number>>();
  const registry = new SchemaRegistry(
    {
      host: url,
      clientId: 'edgeminer',
      ...(ca === undefined ? {} : { agent: new Agent({ ca, keepAlive: true }) }),
      middlewares: [
        () => ({
          prepareRequest: async (next) => (await next()).enhance({ timeout: timeoutMs }),
        }),
      ],
    },
    {
      [SchemaType.AVRO]: { typeHook: floatArrays },
      [SchemaType.JSON]: {
        // A shape that it checks for; the types ask for the whole of Ajv.
        ajvInstance: acceptAnything as never,
      },
    },
  );

  async function find(id: number): Promise<FoundSchema> {
    try {
      const schema = await registry.getSchema(id);
      return { kind: 'usable', decode: (payload) => schema.fromBuffer(payload) as unknown };
    } catch (error) {
      const status = statusOf(error);
      if (status === undefined) {
        return { kind: 'unusable', why: `which can't be used: ${messageOf(error)}` };
      }
      if (status !== 404) throw registryFault(error, url);
      // A wrong address answers 404 to everything, and must not cost any event.
      await ping();
      return { kind: 'unusable', why: 'which the schema registry does not know' };
    }
  }

  async function ping(): Promise<void> {
    let answer: HttpAnswer;
    try {
      answer = await ask(`${url}/subjects`, ca);
      if (answer.status === 200) {
        if (Array.isArray(JSON.parse(answer.body))) return;
        throw new Error('it does not list its subjects');
      }
    } catch (error) {
      throw registryFault(error, url);
    }
    const { status } = answer;
    throw registryFault(
      Object.assign(new Error(`it answers ${status} to /subjects`), { status }),
      url,
    );
  }

  async function register(subject: string, schema: string): Promise<number> {
    try {
      const { id } = await registry.register({ type: SchemaType.AVRO, schema }, { subject });
      return id;
    } catch (error) {
      if (error instanceof Error && error.name === 'ConfluentSchemaRegistryCompatibilityError') {
        // The subject has a compatibility of its own, so somebody manages it.
        return await registry.getRegistryIdBySchema(subject, { type: SchemaType.AVRO, schema });
      }
      throw error;
    }
  }

  async function askFor(path: string, content?: object): Promise<RegistryAnswer> {
    try {
      const { status, body, date } = await ask(`${url}${path}`, ca, content);
      if (status === 401 || status === 403) {
        throw Object.assign(new Error(`it answers ${status}`), { status });
      }
      return { status, content: jsonOf(body), date };
    } catch (error) {
      throw registryFault(error, url, `ask for ${path}`);
    }
  }

  return {
    find,
    ping,
    ask: askFor,
    async encode(subject, avroSchema, record) {
      let id = ids.get(subject);
      if (id === undefined) {
        id = register(subject, avroSchema);
        ids.set(subject, id);
        id.catch(() => ids.delete(subject));
      }
      try {
        return await registry.encode(await id, record);
      } catch (error) {
        throw registryFault(error, url, `register the event's schema under '${subject}'`);
      }
    },
  };
}

/** The client reports failures to connect as status 400. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('status' in error)) return undefined;
  return typeof error.status === 'number' ? error.status : undefined;
}

function registryFault(error: unknown, url: string, doing = 'use it'): EdgeminerError {
  if (error instanceof EdgeminerError) return error;
  const status = statusOf(error);
  const { host, pathname } = new URL(url);
  const message = `schema registry at ${host}${pathname}: can't ${doing}: ${messageOf(error)}`;
  const refused = status === 401 || status === 403;
  return new EdgeminerError(refused ? 'config.invalid' : 'registry.unavailable', message, {
    field: 'kafka.schemaRegistryUrl',
    mend: refused
      ? 'Put user and password into the address: https://user:password@host.'
      : 'Check that the address is the base of the registry API and that it can be reached.',
    cause: error,
  });
}

interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  readonly date: number | undefined;
}

const contentType = 'application/vnd.schemaregistry.v1+json';

/** fetch knows no authorities but the system's. */
async function ask(address: string, ca: string | undefined, content?: object): Promise<HttpAnswer> {
  const { href, headers } = withoutCredentials(address);
  const post = content === undefined ? {} : { 'content-type': contentType };
  const options = {
    method: content === undefined ? 'GET' : 'POST',
    headers: { ...headers, ...post },
    timeout: timeoutMs,
  };
  const request = href.startsWith('https:')
    ? https.request(href, { ...options, ...(ca === undefined ? {} : { ca }) })
    : http.request(href, options);
  request.on('timeout', () => request.destroy(new Error(`no answer in ${timeoutMs / 1000} s`)));
  request.end(content === undefined ? undefined : JSON.stringify(content));
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const date = Date.parse(response.headers.date ?? '');
  return {
    status: response.statusCode ?? 0,
    body: Buffer.concat(chunks).toString(),
    date: Number.isNaN(date) ? undefined : date,
  };
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** The credentials of an address belong into a header. */
function withoutCredentials(address: string): { href: string; headers: Record<string, string> } {
  const url = new URL(address);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  if (username === '') return { href: url.href, headers: {} };
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  return { href: url.href, headers: { authorization } };
}
