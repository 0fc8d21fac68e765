import { startKafka, startMongo, startRegistry } from '../test/services/local-services.js';
import { openProcesses } from '../test/services/processes.js';
import type { ServiceAddresses } from '../test/services/addresses.js';

export interface BenchServices extends ServiceAddresses {
  close(): Promise<void>;
}

/** Addresses from the environment, else services of the bench's own. */
export async function benchServices(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<BenchServices> {
  const { KAFKA_BROKERS, MONGODB_URI, SCHEMA_REGISTRY_URL } = environment;
  const processes = openProcesses();
  const kafka =
    KAFKA_BROKERS === undefined
      ? (await startKafka(processes)).address
      : { brokers: KAFKA_BROKERS.split(',') };
  const mongo =
    MONGODB_URI === undefined ? (await startMongo(processes)).address : { uri: MONGODB_URI };
  const registry =
    SCHEMA_REGISTRY_URL === undefined
      ? (await startRegistry(processes)).address
      : { url: SCHEMA_REGISTRY_URL };
  return { kafka, mongo, registry, close: () => processes.close() };
}
