import type { Admin, ISocketFactory, Kafka } from 'kafkajs';
import { failed, failureOf, ok, runChecks, skipped, warning } from '../../telemetry/checkup.js';
import type { Check, Finding } from '../../telemetry/checkup.js';
import { groupRights, topicRights, trackSockets } from './authorized-operations.js';
import type { Operation, Rights, Sockets } from './authorized-operations.js';
import { checkGroup } from './check-group.js';
import { checkTopic, checkLetterSize, readTopicSettings } from './check-topics.js';
import { grantCommand } from './grant-command.js';
import { isUnauthorised, kafkaFault } from './kafka-faults.js';
import type { KafkaSettings } from './kafka-settings.js';

/** Makes a client whose sockets come from here; it gives up early, and its log is for debugging. */
export type OpenClient = (options: {
  readonly socketFactory: ISocketFactory;
  readonly brokers?: readonly string[];
}) => Kafka;

const deadlineMs = 30_000;

/**
 * Brokers, topics, rights, the group and what is left of its time. Nothing is written, no group is
 * joined, and no offset is committed.
 */
export function kafkaCheck(openClient: OpenClient, settings: KafkaSettings): Check {
  return {
    name: 'kafka brokers',
    deadlineMs,
    async run(signal) {
      let cluster: Awaited<ReturnType<Admin['describeCluster']>>;
      try {
        cluster = await withAdmin(openClient, signal, (admin) => admin.describeCluster());
      } catch (error) {
        return [
          failureOf('kafka brokers', kafkaFault(error, 'reach Kafka')),
          skipped('kafka topics, rights and group', "the brokers can't be reached"),
        ];
      }
      const { topics } = settings;
      const named = [...new Set([topics.events, topics.deadLetters, topics.curated])].concat(
        topics.candidates ?? [],
      );
      return runChecks([
        {
          name: 'kafka brokers',
          run: (ending) => checkBrokers(openClient, settings, cluster.brokers, either(ending)),
        },
        ...named.map((topic): Check => ({
          name: `topic ${topic}`,
          run: (ending) =>
            withAdmin(openClient, either(ending), (admin) => checkTopic(admin, topic, settings)),
        })),
        {
          name: 'room for dead letters',
          run: (ending) =>
            withAdmin(openClient, either(ending), (admin) => checkLetterSize(admin, topics)),
        },
        {
          name: 'kafka rights',
          run: (ending) => checkRights(openClient, settings, either(ending)),
        },
        {
          name: `group ${settings.groupId}`,
          run: (ending) =>
            withAdmin(openClient, either(ending), async (admin) =>
              checkGroup(admin, settings, await readTopicSettings(admin, topics.events)),
            ),
        },
      ]);

      function either(ending: AbortSignal): AbortSignal {
        return AbortSignal.any([signal, ending]);
      }
    },
  };
}

async function withAdmin<T>(
  openClient: OpenClient,
  signal: AbortSignal,
  work: (admin: Admin, sockets: Sockets) => Promise<T>,
  brokers?: readonly string[],
): Promise<T> {
  const sockets = trackSockets();
  const socketFactory = sockets.factory;
  const admin = openClient(
    brokers === undefined ? { socketFactory } : { socketFactory, brokers },
  ).admin();
  const giveUp = () => sockets.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await admin.connect();
    return await work(admin, sockets);
  } finally {
    await admin.disconnect().catch(() => undefined);
    signal.removeEventListener('abort', giveUp);
    giveUp();
  }
}

/** Each one by itself: a client is content with any of them. */
async function checkBrokers(
  openClient: OpenClient,
  { brokers }: KafkaSettings,
  members: readonly { readonly host: string; readonly port: number }[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const name = 'kafka brokers';
  const told = members.map(({ host, port }) => `${host}:${port}`);
  const addresses = [...new Set([...told, ...brokers])];
  const away: string[] = [];
  await Promise.all(
    addresses.map((address) =>
      withAdmin(openClient, signal, (admin) => admin.describeCluster(), [address]).catch(() =>
        away.push(address),
      ),
    ),
  );
  if (away.length === 0) return [ok(name, `all of ${members.length} answer: ${told.join(', ')}`)];
  const what = `${away.sort().join(', ')} ${away.length === 1 ? 'does' : 'do'} not answer`;
  return [
    warning(
      name,
      `${what}, of ${addresses.join(', ')}`,
      told.some((address) => away.includes(address))
        ? 'Look at that broker; if it runs, correct its advertised.listeners or the network to it.'
        : 'Correct kafka.brokers: the cluster knows nobody by that address.',
    ),
  ];
}

/** What each topic is for; what is only good for some commands comes behind. */
function neededRights({ topics }: KafkaSettings) {
  const { events, deadLetters, curated, candidates } = topics;
  const written = { needed: ['Write', 'Describe'], useful: [] } as const;
  return new Map<string, NeededRights>([
    [events, { needed: ['Read', 'Describe'], useful: [['Write', 'serve and dlq replay']] }],
    [deadLetters, { ...written, useful: [['Read', 'dlq']] }],
    [curated, written],
    ...(candidates === undefined ? [] : [[candidates, written] as const]),
  ]);
}

interface NeededRights {
  readonly needed: readonly Operation[];
  readonly useful: readonly (readonly [operation: Operation, commands: string])[];
}

async function checkRights(
  openClient: OpenClient,
  settings: KafkaSettings,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { groupId } = settings;
  const needed = neededRights(settings);
  return withAdmin(openClient, signal, async (admin, sockets) => {
    // Nothing else may be on its way while the sockets are used past kafkajs.
    const grouped = await admin.describeGroups([groupId]).catch((error: unknown) => error);
    const [socket] = sockets.open();
    if (socket === undefined) throw new Error('there is no connection to ask on');
    let topics: ReadonlyMap<string, Rights>;
    try {
      topics = await topicRights(socket, [...needed.keys()]);
    } catch {
      const detail = "these brokers don't tell a user's rights, as Kafka does since 2.3";
      return [skipped('kafka rights', detail)];
    }
    const findings = [...needed].map(([topic, rights]) =>
      rightsFinding(`rights on topic ${topic}`, topics.get(topic), rights, (operations) =>
        grantCommand(settings, operations, `--topic ${topic}`),
      ),
    );
    const grant = (operations: readonly Operation[]) =>
      grantCommand(settings, operations, `--group ${groupId}`);
    const name = `rights on group ${groupId}`;
    if (isUnauthorised(grouped)) {
      return [...findings, failed(name, 'it may not be used', grant(['Read']))];
    }
    let group: Rights | undefined;
    for (const each of sockets.open()) {
      group ??= await groupRights(each, groupId).catch(() => undefined);
    }
    return [...findings, rightsFinding(name, group, { needed: ['Read'], useful: [] }, grant)];
  });
}

function rightsFinding(
  name: string,
  rights: Rights | undefined,
  { needed, useful }: NeededRights,
  grant: (operations: readonly Operation[]) => string,
): Finding {
  if (rights?.allows('Describe') === undefined) return skipped(name, "the brokers don't tell them");
  const missing = needed.filter((operation) => rights.allows(operation) === false);
  if (missing.length > 0) return failed(name, `${missing.join(' and ')} missing`, grant(missing));
  const without = useful.flatMap(([operation, commands]) =>
    rights.allows(operation) === false ? [`; without ${operation}, which ${commands} need`] : [],
  );
  return ok(name, `${needed.join(' and ')}${without.join('')}`);
}
