import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EdgeminerError } from '../faults.js';

/** What image references may point at. Nothing, unless the operator named it. */
export interface AllowList {
  /** Scheme, host and port of each origin, as the URL standard writes them. */
  readonly origins: ReadonlySet<string>;
  /** Absolute paths. */
  readonly directories: readonly string[];
  /** Names of S3 buckets. */
  readonly buckets: ReadonlySet<string>;
}

/** What a reference leads to, or why it is not followed. */
export type Target =
  | { readonly kind: 'http'; readonly url: URL }
  | {
      readonly kind: 'file';
      readonly path: string;
      /** Those allowed directories that hold the path as it is written. */
      readonly within: readonly string[];
    }
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string }
  | { readonly kind: 'refused'; readonly why: string; readonly mend: string };

/**
 * Makes the list of what the operator wrote. An origin is scheme, host and port only
 * (`https://images.example.com`, `http://10.0.0.5:9000`): no path, no wildcard, no password.
 * @throws EdgeminerError `config.invalid` that names the entry.
 */
export function allowList(
  origins: readonly string[],
  directories: readonly string[],
  buckets: readonly string[] = [],
): AllowList {
  return {
    origins: new Set(origins.map(originOf)),
    directories: directories.map((directory) => resolve(directory)),
    buckets: new Set(buckets),
  };
}

/**
 * Decides whether a reference may be followed, by its text alone. Odd notations are resolved
 * first, by the URL standard: `http://0x7f.1` is 127.0.0.1 and `/a/%2e%2e/b` is `/b`. Links on
 * the disk and addresses of names are for the fetcher to check.
 */
export function targetOf(uri: string, allowed: AllowList): Target {
  if (!URL.canParse(uri))
    return refused('it is not a URI', 'Send an absolute http:, https:, s3: or file: URI.');
  const url = new URL(uri);
  switch (url.protocol) {
    case 'http:':
    case 'https:':
      return httpTarget(url, allowed);
    case 'file:':
      return fileTarget(url, allowed);
    case 's3:':
      return s3Target(url, allowed);
    default:
      return refused(`${url.protocol} is not fetched`, 'Send an http:, https:, s3: or file: URI.');
  }
}

/** Whether a path lies below a directory; both absolute, without links. */
export function isWithin(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** A URI for messages and logs: without password and query, which may hold a signature. */
export function withoutSecrets(uri: string): string {
  if (!URL.canParse(uri)) return 'a malformed URI';
  const { protocol, host, pathname } = new URL(uri);
  return `${protocol}//${host}${pathname}`;
}

function httpTarget(url: URL, allowed: AllowList): Target {
  if (url.username !== '' || url.password !== '') {
    return refused(
      'it carries a user name or password',
      'Sign the URL, or let the network grant access.',
    );
  }
  if (allowed.origins.has(url.origin)) return { kind: 'http', url };
  return refused(
    `${url.origin} is not allowed`,
    `Add ${url.origin} to fetch.allowOrigins if it may be fetched.`,
  );
}

function fileTarget(url: URL, allowed: AllowList): Target {
  if (url.search !== '' || url.hash !== '') {
    return refused('it has a query or fragment', 'Write ? as %3F and # as %23 in a file name.');
  }
  let path: string;
  try {
    path = resolve(fileURLToPath(url));
  } catch {
    return refused(
      'it is not a path of this machine',
      'Use file:///directory/name, without a host and without %2F.',
    );
  }
  if (path.includes('\0')) return refused('it holds a NUL character', 'Take %00 out of it.');
  const within = allowed.directories.filter((directory) => isWithin(path, directory));
  if (within.length > 0) return { kind: 'file', path, within };
  return refused(
    'it is in no allowed directory',
    'Add its directory to fetch.allowDirectories if it may be read.',
  );
}

function s3Target(url: URL, { buckets }: AllowList): Target {
  if (url.username !== '' || url.password !== '' || url.port !== '') {
    return refused('it is no s3://bucket/key', 'Credentials and endpoint belong into fetch.s3.');
  }
  if (url.search !== '' || url.hash !== '') {
    return refused('it has a query or fragment', 'Write ? as %3F and # as %23 in a key.');
  }
  let key: string;
  try {
    key = decodeURIComponent(url.pathname.slice(1));
  } catch {
    return refused('its key is not percent-encoded UTF-8', 'Encode the key as UTF-8.');
  }
  if (key === '') return refused('it names no object', 'Send s3://bucket/key.');
  if (buckets.has(url.hostname)) return { kind: 's3', bucket: url.hostname, key };
  return refused(
    `the bucket '${url.hostname}' is not allowed`,
    `Add ${url.hostname} to fetch.s3.buckets if it may be read.`,
  );
}

function originOf(entry: string): string {
  const url = URL.canParse(entry) ? new URL(entry) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw badOrigin(entry, 'is not an http or https origin');
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw badOrigin(entry, 'has a path, which is not looked at');
  }
  if (url.username !== '' || url.password !== '') throw badOrigin(entry, 'holds a password');
  if (url.host.includes('*')) throw badOrigin(entry, 'has a wildcard');
  return url.origin;
}

function badOrigin(entry: string, what: string): EdgeminerError {
  return new EdgeminerError('config.invalid', `fetch.allowOrigins: ${entry} ${what}`, {
    field: 'fetch.allowOrigins',
    mend: 'Write scheme, host and port only, one entry each: https://images.example.com.',
  });
}

function refused(why: string, mend: string): Target {
  return { kind: 'refused', why, mend };
}
