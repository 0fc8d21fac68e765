import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { Config } from '../../config/load-config.js';
import { EdgeminerError } from '../../faults.js';
import { deliveryId } from '../../ids.js';
import { deliverDue, keepDelivering, requestTo } from '../../notice/deliver.js';
import { testMessage } from '../../notice/notice.js';
import type { MessageFilter } from '../../notice/outbox.js';
import type { Stores } from '../open-stores.js';
import { openDelivery, openEndpoints, webhookSender } from '../open-webhooks.js';
import { print, table } from '../output.js';
import { configFor, loggerFor, withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import { withStores } from '../with-stores.js';
import type { World } from '../world.js';

interface DeliverOptions extends GlobalOptions {
  readonly once?: boolean;
}

interface ChoiceOptions extends GlobalOptions {
  readonly endpoint?: string;
  readonly all?: boolean;
}

export function webhooksCommand(parent: Command, world: World): void {
  const webhooks = parent
    .command('webhooks')
    .description('what others are told of: their endpoints, and what waits to be delivered');

  withGlobalOptions(
    webhooks.command('list').description('the endpoints, and what waits for each'),
    'edgeminer webhooks list',
  ).action((options: GlobalOptions) =>
    withStores(world, options, async (config, stores) => list(world, stores, config, options)),
  );

  withGlobalOptions(
    webhooks
      .command('dead')
      .description('messages that are not tried any more, the latest first')
      .option('--endpoint <name>', 'of this endpoint only'),
    'edgeminer webhooks dead --endpoint retraining',
  ).action((options: ChoiceOptions) =>
    withStores(world, options, async (_, { outbox }) => {
      const dead = await outbox.dead(filterOf([], options));
      const messages = dead.map(({ at, buriedAt, ...rest }) => ({
        ...rest,
        occurredAt: new Date(at).toISOString(),
        deadSince: new Date(buriedAt).toISOString(),
      }));
      print(world, { messages }, options.json, () =>
        table([
          ['message', 'endpoint', 'event', 'about', 'tries', 'dead since', 'why'],
          ...messages.map((one) => [
            one.id,
            one.endpoint,
            one.event,
            one.subject,
            one.failures,
            one.deadSince,
            one.why,
          ]),
        ]),
      );
    }),
  );

  withGlobalOptions(
    webhooks
      .command('retry')
      .description('try dead messages again, from the first try on')
      .argument('[messages...]', 'ids of messages, from webhooks dead')
      .option('--endpoint <name>', 'those of this endpoint')
      .option('--all', 'all of them'),
    'edgeminer webhooks retry --endpoint retraining',
  ).action((ids: string[], options: ChoiceOptions) =>
    withStores(world, options, async (_, { outbox }) => {
      if (ids.length === 0 && options.endpoint === undefined && options.all !== true) {
        throw new EdgeminerError('input.invalid', 'nothing says which messages', {
          field: 'messages',
          mend: 'Name messages, --endpoint or --all.',
        });
      }
      const revived = await outbox.revive(filterOf(ids, options), world.now());
      print(world, { revived }, options.json, (r) => [`${r.revived} messages are due now`]);
    }),
  );

  withGlobalOptions(
    webhooks
      .command('test')
      .description('send a signed webhook.test to an endpoint, now and once')
      .argument('<endpoint>', 'name of the endpoint'),
    'edgeminer webhooks test retraining',
  ).action((name: string, options: GlobalOptions) => test(world, name, options));

  withGlobalOptions(
    webhooks
      .command('deliver')
      .description('deliver what is due; serve does so by itself')
      .option('--once', 'end when nothing is due'),
    'edgeminer webhooks deliver --once',
  ).action((options: DeliverOptions) =>
    withStores(world, options, async (config, stores) => deliver(world, stores, config, options)),
  );
}

async function list(
  world: World,
  { outbox }: Stores,
  { webhooks }: Config,
  { json }: GlobalOptions,
): Promise<void> {
  const standing = new Map((await outbox.standing()).map((one) => [one.endpoint, one]));
  const configured = webhooks.endpoints.map(({ name }) => name);
  const removed = [...standing.keys()].filter((name) => !configured.includes(name));
  const endpoints = [...configured, ...removed].map((name) => {
    const { waiting = 0, dead = 0, oldestAt } = standing.get(name) ?? {};
    const entry = webhooks.endpoints.find((one) => one.name === name);
    return {
      endpoint: name,
      url: entry === undefined ? null : new URL(entry.url).origin,
      events: entry?.events ?? [],
      waiting,
      dead,
      oldest: oldestAt === undefined ? null : new Date(oldestAt).toISOString(),
    };
  });
  print(world, { endpoints }, json, () =>
    table([
      ['endpoint', 'origin', 'waiting', 'dead', 'oldest that waits', 'events'],
      ...endpoints.map((one) => [
        one.endpoint,
        one.url ?? 'not configured any more',
        one.waiting,
        one.dead,
        one.oldest ?? '-',
        one.events.join(' '),
      ]),
    ]),
  );
}

async function test(world: World, name: string, options: GlobalOptions): Promise<void> {
  const config = await configFor(world, options);
  const endpoint = (await openEndpoints(world, config)).find((one) => one.name === name);
  if (endpoint === undefined) {
    throw new EdgeminerError('input.invalid', `there is no webhook endpoint ${name}`, {
      field: 'endpoint',
      mend: 'Take the name from edgeminer webhooks list, or add it under webhooks.endpoints.',
    });
  }
  const sender = webhookSender(config);
  try {
    const now = world.now();
    const message = testMessage(name, now, randomUUID());
    const answer = await sender.post(requestTo(endpoint, message, now));
    const taken = answer.kind === 'answered' && answer.status >= 200 && answer.status <= 299;
    const what = answer.kind === 'answered' ? `answered ${answer.status}` : answer.why;
    const result = { endpoint: name, message: message.id, delivered: taken, answer: what };
    print(world, result, options.json, (r) => [`${r.endpoint} ${r.answer}`]);
    if (taken) return;
    throw new EdgeminerError('webhook.refused', `${name} did not take the test: ${what}`, {
      field: 'endpoint',
      mend: 'It must answer 2xx within ten seconds; see docs/webhooks.md.',
    });
  } finally {
    await sender.close();
  }
}

async function deliver(
  world: World,
  { outbox }: Stores,
  config: Config,
  { once, json }: DeliverOptions,
): Promise<void> {
  const counts = { delivered: 0, failed: 0, dead: 0, lost: 0 };
  const { deps, sender } = await openDelivery(
    world,
    config,
    outbox,
    (_, outcome) => (counts[outcome] += 1),
  );
  try {
    if (once === true) await deliverDue(deps, world.ending);
    else {
      const logger = loggerFor(config);
      await keepDelivering(deps, world.ending, (error) =>
        logger.warn('webhooks wait for the store', { error }),
      );
    }
  } finally {
    await sender.close();
  }
  print(world, counts, json, (r) => [
    `${r.delivered} delivered, ${r.failed} failed and tried again later, ${r.dead} dead`,
  ]);
}

function filterOf(ids: readonly string[], { endpoint }: ChoiceOptions): MessageFilter {
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(ids.length === 0 ? {} : { ids: ids.map(deliveryId) }),
  };
}
