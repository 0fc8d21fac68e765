import { once } from 'node:events';
import { createServer } from 'node:http';
import type { TestProject } from 'vitest/node';
import type { Answer, ServiceAddresses, ServiceName } from './addresses.js';
import { serviceNames } from './addresses.js';
import { findDocker } from './docker-services.js';
import type { Docker } from './docker-services.js';
import { say } from './fetched.js';
import { startKafka, startMongo, startRegistry } from './local-services.js';
import { openProcesses } from './processes.js';
import type { Processes } from './processes.js';
import { kafkaReady, mongoReady, registryReady } from './ready.js';

const heartbeatMs = 10_000;
const givenDeadlineMs = 20_000;

const variables = {
  kafka: 'KAFKA_BROKERS',
  mongo: 'MONGODB_URI',
  registry: 'SCHEMA_REGISTRY_URL',
} as const satisfies Record<ServiceName, string>;

/**
 * vitest's global setup: opens a desk on 127.0.0.1 in the main process, at which test files ask
 * for services (describe-with.ts). A service starts when it is first asked for, and once only;
 * a run in which nobody asks starts nothing.
 */
export default async function openServiceDesk(project: TestProject): Promise<() => Promise<void>> {
  const services = createServices();
  const server = createServer((request, response) => {
    const name = serviceNames.find((known) => request.url === `/${known}`);
    if (name === undefined) {
      response.writeHead(404).end();
      return;
    }
    // White space before JSON is allowed: it keeps the connection alive during a download.
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
    response.write(' ');
    const heartbeat = setInterval(() => response.write(' '), heartbeatMs);
    void services.ask(name).then((answer) => {
      clearInterval(heartbeat);
      response.end(JSON.stringify(answer));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  project.provide('serviceDesk', `http://127.0.0.1:${address.port}`);

  return async () => {
    server.close();
    server.closeAllConnections();
    await services.close();
  };
}

interface Services {
  ask(name: ServiceName): Promise<Answer<ServiceName>>;
  close(): Promise<void>;
}

function createServices(): Services {
  const answers = new Map<ServiceName, Promise<Answer<ServiceName>>>();
  let processes: Processes | undefined;
  let docker: Promise<Docker | undefined> | undefined;

  const start = async (name: ServiceName): Promise<ServiceAddresses[ServiceName]> => {
    const given = await givenAddress(name);
    if (given !== undefined) return given;
    docker ??= findDocker();
    const engine = await docker;
    if (engine !== undefined) {
      const started = {
        kafka: () => engine.startKafka(),
        mongo: () => engine.startMongo(),
        registry: () => engine.startRegistry(),
      };
      return started[name]();
    }
    processes ??= openProcesses();
    const own = processes;
    const started = {
      kafka: () => startKafka(own),
      mongo: () => startMongo(own),
      registry: () => startRegistry(own),
    };
    return (await started[name]()).address;
  };

  const answer = async (name: ServiceName): Promise<Answer<ServiceName>> => {
    try {
      return { ok: true, address: await start(name) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      say(`${name} can't be had: ${reason}`);
      return { ok: false, reason };
    }
  };

  return {
    ask(name) {
      const asked = answers.get(name) ?? answer(name);
      answers.set(name, asked);
      return asked;
    },
    async close() {
      await processes?.close();
      await (await docker)?.close();
    },
  };
}

/** The address that the environment gives, once it answers; undefined when it gives none. */
async function givenAddress(name: ServiceName): Promise<ServiceAddresses[ServiceName] | undefined> {
  const patience = { deadlineMs: givenDeadlineMs };
  const variable = variables[name];
  const value = process.env[variable]?.trim();
  if (value === undefined || value === '') return undefined;
  const [address, ready] = {
    kafka: () => {
      const given = { brokers: value.split(',').map((broker) => broker.trim()) };
      return [given, kafkaReady(given, patience)] as const;
    },
    mongo: () => {
      const given = { uri: value };
      return [given, mongoReady(given, patience)] as const;
    },
    registry: () => {
      const given = { url: value.replace(/\/+$/, '') };
      return [given, registryReady(given, patience)] as const;
    },
  }[name]();
  try {
    await ready;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${variable} is set, but ${reason}`, { cause: error });
  }
  return address;
}
