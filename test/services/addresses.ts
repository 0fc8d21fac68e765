/** Where the real services of a test run answer. */
export interface ServiceAddresses {
  readonly kafka: { readonly brokers: string[] };
  /** A replica set of one member, so that transactions and change streams work. */
  readonly mongo: { readonly uri: string };
  /** Base address of a registry that speaks the Confluent REST API. */
  readonly registry: { readonly url: string };
}

export type ServiceName = keyof ServiceAddresses;

export const serviceNames = ['kafka', 'mongo', 'registry'] as const satisfies ServiceName[];

/** What the service desk answers: the address, or why there is none. */
export type Answer<Name extends ServiceName> =
  | { readonly ok: true; readonly address: ServiceAddresses[Name] }
  | { readonly ok: false; readonly reason: string };

declare module 'vitest' {
  export interface ProvidedContext {
    /** Base address of the service desk, which lives in vitest's main process. */
    serviceDesk: string;
  }
}
