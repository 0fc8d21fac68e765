import type { Readable, Writable } from 'node:stream';

/** What the process is made of; main.ts takes it from `process`, tests make their own. */
export interface World {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  /** The folder that holds package.json, models/, schemas/ and demo/. */
  readonly packageRoot: string;
  readonly version: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number;
  /** Aborts when the process is asked to end (SIGTERM, SIGINT). */
  readonly ending: AbortSignal;
  /** Hears each result that a command prints, as data. */
  readonly onResult?: (result: unknown) => void;
}
