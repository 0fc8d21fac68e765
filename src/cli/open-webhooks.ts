import { readFile } from 'node:fs/promises';
import { openWebhookSender } from '../adapters/fetch/webhook-sender.js';
import type { WebhookSender } from '../adapters/fetch/webhook-sender.js';
import type { Config } from '../config/load-config.js';
import { EdgeminerError, messageOf } from '../faults.js';
import { withoutSecrets } from '../image/allow-list.js';
import { keepDelivering } from '../notice/deliver.js';
import type { DeliveryDeps, Endpoint } from '../notice/deliver.js';
import type { Outbox } from '../notice/outbox.js';
import { failed, failureOf, ok, skipped } from '../telemetry/checkup.js';
import type { Check, Finding } from '../telemetry/checkup.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { World } from './world.js';

/** Shorter ones can be guessed. */
const leastSecret = 16;

/** @throws EdgeminerError `config.invalid` for a secret that can't be read or is too short */
export function openEndpoints({ environment }: World, { webhooks }: Config): Promise<Endpoint[]> {
  return Promise.all(
    webhooks.endpoints.map(async ({ name, url, secrets }) => ({
      name,
      url,
      secrets: await Promise.all(secrets.map((one) => secretOf(name, one, environment))),
    })),
  );
}

export function webhookSender({ webhooks }: Config): WebhookSender {
  return openWebhookSender({ allowOrigins: webhooks.allowOrigins });
}

/** What a delivery needs; whoever asks closes the sender. */
export async function openDelivery(
  world: World,
  config: Config,
  outbox: Outbox,
  observe: DeliveryDeps['observe'],
): Promise<{ readonly deps: DeliveryDeps; readonly sender: WebhookSender }> {
  const endpoints = await openEndpoints(world, config);
  const sender = webhookSender(config);
  const deps = { outbox, sender, endpoints, now: world.now, random: Math.random, observe };
  return { deps, sender };
}

/** A delivery that goes on until it is closed; undefined where no endpoint is configured. */
export async function startDelivery(
  world: World,
  config: Config,
  { outbox, metrics, logger }: DeliveryParts,
): Promise<{ close(): Promise<void> } | undefined> {
  if (config.webhooks.endpoints.length === 0) return undefined;
  const { deps, sender } = await openDelivery(world, config, outbox, (endpoint, outcome) =>
    metrics.webhookTried(endpoint, outcome),
  );
  metrics.watchWebhooks(() => outbox.standing(), world.now);
  const ending = new AbortController();
  const running = keepDelivering(deps, ending.signal, (error) =>
    logger.warn('webhooks wait for the store', { error }),
  ).catch((error: unknown) => logger.error('webhooks are not delivered any more', { error }));
  let closing: Promise<void> | undefined;
  return {
    close() {
      ending.abort();
      closing ??= running.then(() => sender.close());
      return closing;
    },
  };
}

interface DeliveryParts {
  readonly outbox: Outbox;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** What `doctor` asks of the endpoints: their secrets, their address and a connection. */
export function webhookChecks(world: World, config: Config): Check[] {
  const { endpoints } = config.webhooks;
  if (endpoints.length === 0) {
    return [{ name: 'webhooks', run: async () => [skipped('webhooks', 'not configured')] }];
  }
  return endpoints.map(({ name, url, secrets }) => ({
    name: `webhook ${name}`,
    run: async (signal) => {
      const findings: Finding[] = [];
      try {
        await Promise.all(secrets.map((one) => secretOf(name, one, world.environment)));
      } catch (error) {
        findings.push(failureOf(`secret of webhook ${name}`, error));
      }
      const sender = webhookSender(config);
      try {
        const obstacle = await sender.probe(url, signal);
        const shown = withoutSecrets(url);
        findings.push(
          obstacle === undefined
            ? ok(`webhook ${name}`, `${shown} takes connections`)
            : failed(
                `webhook ${name}`,
                `${shown}: ${obstacle}`,
                `Correct its url under webhooks, or start what should listen there; then edgeminer webhooks test ${name}.`,
              ),
        );
      } finally {
        await sender.close();
      }
      return findings;
    },
  }));
}

type Secret = Config['webhooks']['endpoints'][number]['secrets'][number];

async function secretOf(
  endpoint: string,
  from: Secret,
  environment: World['environment'],
): Promise<string> {
  const named = 'file' in from ? from.file : from.variable;
  const text = 'file' in from ? await readSecret(endpoint, from.file) : environment[from.variable];
  const secret = text?.trim() ?? '';
  if (secret.length >= leastSecret) return secret;
  const what = secret === '' ? 'is empty or not set' : `has fewer than ${leastSecret} characters`;
  throw badSecret(endpoint, `${named} ${what}`);
}

async function readSecret(endpoint: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw badSecret(endpoint, `${file} can't be read: ${messageOf(error)}`, error);
  }
}

function badSecret(endpoint: string, what: string, cause?: unknown): EdgeminerError {
  return new EdgeminerError('config.invalid', `the secret of the webhook ${endpoint}: ${what}`, {
    field: 'webhooks.endpoints',
    mend: 'Put a random secret there, for example of openssl rand -hex 32.',
    cause,
  });
}
