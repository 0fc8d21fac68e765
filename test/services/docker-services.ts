import type { GenericContainer } from 'testcontainers';
import type { ServiceAddresses } from './addresses.js';
import { freePorts } from './processes.js';
import { initiateReplicaSet, kafkaReady, mongoReady, registryReady } from './ready.js';

const patience = { deadlineMs: 120_000 };

/** Starts the services as containers, and stops them. */
export interface Docker {
  startKafka(): Promise<ServiceAddresses['kafka']>;
  startMongo(): Promise<ServiceAddresses['mongo']>;
  startRegistry(): Promise<ServiceAddresses['registry']>;
  close(): Promise<void>;
}

/** The Docker engine, or undefined where none answers. The images are docker-compose.yml's. */
export async function findDocker(): Promise<Docker | undefined> {
  // Loaded late: it is large, and a run with given addresses needs none of it.
  const { GenericContainer, getContainerRuntimeClient } = await import('testcontainers');
  let host: string;
  try {
    host = (await getContainerRuntimeClient()).info.containerRuntime.host;
  } catch {
    return undefined;
  }
  const starting: ReturnType<GenericContainer['start']>[] = [];
  const start = (container: GenericContainer) => {
    const started = container.start();
    starting.push(started);
    return started;
  };

  return {
    async startKafka() {
      // A broker tells its clients where to find it, so the port is chosen before it starts.
      const [port] = await freePorts(1);
      if (port === undefined) throw new Error('no free port');
      await start(
        new GenericContainer('apache/kafka:4.1.0')
          .withExposedPorts({ container: 9092, host: port })
          .withEnvironment({
            KAFKA_NODE_ID: '1',
            KAFKA_PROCESS_ROLES: 'broker,controller',
            KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
            KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${host}:${port}`,
            KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
            KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
            KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
            KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
            KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
            KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
            KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
            KAFKA_MESSAGE_MAX_BYTES: '33554432',
            KAFKA_REPLICA_FETCH_MAX_BYTES: '33554432',
          }),
      );
      const address = { brokers: [`${host}:${port}`] };
      await kafkaReady(address, patience);
      return address;
    },
    async startMongo() {
      const container = await start(
        new GenericContainer('mongo:7.0.24')
          .withCommand(['--replSet', 'rs0', '--bind_ip_all'])
          .withExposedPorts(27017),
      );
      // The member's own address is the container's, which a client outside can't resolve.
      const uri = `mongodb://${host}:${container.getMappedPort(27017)}/?directConnection=true`;
      await initiateReplicaSet(uri, ['localhost:27017'], patience);
      await mongoReady({ uri }, patience);
      return { uri };
    },
    async startRegistry() {
      const container = await start(
        new GenericContainer('apicurio/apicurio-registry-mem:2.6.13.Final').withExposedPorts(8080),
      );
      const address = { url: `http://${host}:${container.getMappedPort(8080)}/apis/ccompat/v7` };
      await registryReady(address, patience);
      return address;
    },
    async close() {
      // Ryuk, testcontainers' own watchdog, removes what a killed run leaves.
      for (const outcome of await Promise.allSettled(starting)) {
        if (outcome.status === 'fulfilled') await outcome.value.stop({ timeout: 2000 });
      }
    },
  };
}
