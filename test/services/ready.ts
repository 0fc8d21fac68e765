import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { MongoClient } from 'mongodb';
import type { Document } from 'mongodb';
import type { ServiceAddresses } from './addresses.js';

const pauseMs = 150;

export interface Patience {
  readonly deadlineMs: number;
  /** Rejects when waiting has become pointless, for example because the process has died. */
  readonly died?: Promise<never>;
}

/** Tries until it succeeds; after the deadline throws, with the last failure as the reason. */
export async function until(
  what: string,
  attempt: () => Promise<unknown>,
  { deadlineMs, died }: Patience,
): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  const trying = async () => {
    for (;;) {
      try {
        await attempt();
        return;
      } catch (error) {
        if (Date.now() >= deadline) {
          const reason = error instanceof Error ? error.message : String(error);
          throw new Error(`${what} was not ready in ${deadlineMs / 1000} s: ${reason}`, {
            cause: error,
          });
        }
      }
      await delay(pauseMs);
    }
  };
  await (died === undefined ? trying() : Promise.race([trying(), died]));
}

/**
 * Waits until a consumer group would work. A fresh broker makes the topic of committed offsets
 * when a group is first asked for, and answers "coordinator is loading" for a while.
 */
export async function kafkaReady(
  { brokers }: ServiceAddresses['kafka'],
  patience: Patience,
): Promise<void> {
  const admin = new Kafka({
    clientId: 'edgeminer-readiness',
    brokers,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1000,
    retry: { retries: 0 },
  }).admin();
  try {
    await until(
      `Kafka at ${brokers.join(', ')}`,
      async () => {
        await admin.connect();
        await admin.listTopics();
        await admin.fetchOffsets({ groupId: 'edgeminer-readiness' });
      },
      patience,
    );
  } finally {
    await admin.disconnect();
  }
}

/** Waits for a member that takes writes in a replica set, which transactions need. */
export async function mongoReady(
  { uri }: ServiceAddresses['mongo'],
  patience: Patience,
): Promise<void> {
  await until(
    'MongoDB',
    async () => {
      const hello = await runOnce(uri, { hello: 1 });
      if (hello['setName'] === undefined) {
        throw new Error('it is no replica set; start mongod with --replSet');
      }
      if (hello['isWritablePrimary'] !== true) throw new Error('no primary has been elected');
    },
    patience,
  );
}

export async function registryReady(
  { url }: ServiceAddresses['registry'],
  patience: Patience,
): Promise<void> {
  await until(
    `The schema registry at ${url}`,
    async () => {
      const response = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(2000) });
      await response.text();
      if (!response.ok) throw new Error(`GET /subjects answered ${response.status}`);
    },
    patience,
  );
}

/** Waits until this one member answers, whatever its role. */
export async function mongodReady(
  { uri }: ServiceAddresses['mongo'],
  patience: Patience,
): Promise<void> {
  await until('mongod', () => runOnce(uri, { ping: 1 }), patience);
}

/** Makes fresh mongods the members of replica set rs0; `hosts` are their own addresses. */
export async function initiateReplicaSet(
  directUri: string,
  hosts: readonly string[],
  patience: Patience,
): Promise<void> {
  const members = hosts.map((host, index) => ({ _id: index, host }));
  // An election after a loss should not outlast the test's patience.
  const settings = { electionTimeoutMillis: 2000 };
  await mongodReady({ uri: directUri }, patience);
  await runOnce(directUri, { replSetInitiate: { _id: 'rs0', members, settings } });
}

/** A client of its own for each command: one whose first connection failed stays closed. */
async function runOnce(uri: string, command: Document): Promise<Document> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 1000 });
  try {
    return await client.db('admin').command(command);
  } finally {
    await client.close();
  }
}
