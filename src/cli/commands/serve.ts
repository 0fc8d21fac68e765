import { once } from 'node:events';
import type { Command } from 'commander';
import type { Config } from '../../config/load-config.js';
import { curate } from '../../curate/curation.js';
import { createHttpServer } from '../../http/server.js';
import type { EventIntake } from '../../mine/event-intake.js';
import { createLocalIntake } from '../../mine/local-intake.js';
import type { Logger } from '../../telemetry/logger.js';
import { createMetrics } from '../../telemetry/metrics.js';
import type { Metrics } from '../../telemetry/metrics.js';
import { wholeNumber } from '../arguments.js';
import { goldDeskAt, labelDeskAt, labellingAt, supervisorDeskAt } from '../at-desk.js';
import { httpAccess } from '../http-access.js';
import { openEdgeCasePublisher, openKafkaIntake } from '../open-kafka.js';
import { labelSets } from '../open-models.js';
import { closeAll, openStores } from '../open-stores.js';
import { startDelivery } from '../open-webhooks.js';
import type { Stores } from '../open-stores.js';
import { examplePictures } from '../example-pictures.js';
import { readinessOf } from '../readiness.js';
import { recordLabelSets } from '../record-label-sets.js';
import { startRetention } from '../retention-schedule.js';
import { configFor, loggerFor, withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import { splitPlan } from '../split-plan.js';
import { inFlightLimits, openStations } from '../stations.js';
import type { World } from '../world.js';

interface ServeOptions extends GlobalOptions {
  readonly host?: string;
  readonly port?: number;
}

export function serveCommand(parent: Command, world: World): void {
  withGlobalOptions(
    parent
      .command('serve')
      .description('the HTTP API: take in events, lease batches, take labels, curate')
      .option('--host <host>', 'address to listen on (default: http.host)')
      .option('--port <port>', 'port to listen on (default: http.port, 8080)', wholeNumber(0)),
    'edgeminer serve --port 8080',
  ).action((options: ServeOptions) => serve(world, options));
}

async function serve(world: World, options: ServeOptions): Promise<void> {
  const config = await configFor(world, options);
  const logger = loggerFor(config);
  const metrics = createMetrics();
  const open: { close(): Promise<void> }[] = [];
  try {
    const stores = await openStores(config);
    open.unshift(stores);
    open.unshift(refreshing(stores, logger));
    await recordLabelSets(config, stores.labelSets, world.now());
    metrics.watchQueue(async () => (await stores.queue.stats(world.now())).byState);
    const delivery = await startDelivery(world, config, {
      outbox: stores.outbox,
      metrics,
      logger,
    });
    if (delivery !== undefined) open.unshift(delivery);
    const retention = startRetention(config, {
      stores,
      logger,
      now: world.now,
      random: Math.random,
    });
    if (retention !== undefined) open.unshift(retention);
    const intake = await openIntake(world, config, stores, metrics, logger);
    open.unshift(intake);
    const publisher = openEdgeCasePublisher(world, config, logger);
    if (publisher !== undefined) open.unshift(publisher);
    const labelling = labellingAt(config, stores);
    const server = await createHttpServer({
      intake,
      desk: labelDeskAt(world, config, labelling),
      supervisor: supervisorDeskAt(world, config, stores),
      reader: labelling.reader,
      readerFor: (annotator) => labelling.readerFor(annotator),
      audit: stores.audit,
      eraser: stores.eraser,
      golds: goldDeskAt(world, config, stores),
      guard: labelling.guard,
      tasks: stores.queue,
      answers: stores.answers,
      images: stores.images,
      curatedSets: stores.curatedSets,
      curate: (curation) =>
        curate(
          {
            reader: stores.queue,
            sets: stores.curatedSets,
            images: stores.images,
            ...(publisher === undefined ? {} : { publisher }),
            now: world.now,
          },
          curation,
        ),
      splitPlan: splitPlan(config),
      labelSetFor: labelSets(config),
      labelSets: config.labelSets,
      examplePicture: examplePictures(config, stores),
      metrics,
      logger,
      readiness: readinessOf({ store: () => stores.ping() }, world.ending),
      now: world.now,
      version: world.version,
      ...httpAccess(config, world.now),
    });
    open.unshift(server);
    const address = await server.listen({
      host: options.host ?? config.http.host,
      port: options.port ?? config.http.port,
    });
    world.stderr.write(
      `edgeminer serves ${address.url}; its documentation is at ${address.url}/docs\n`,
    );
    world.onResult?.(address);
    if (!world.ending.aborted) await once(world.ending, 'abort');
  } finally {
    await closeAll(open);
  }
}

/** Milliseconds between two readings of what annotators are worth. */
const refreshEvery = 60_000;

/** Follows the weights that `edgeminer queue weigh` publishes; those at hand hold until then. */
function refreshing(stores: Stores, logger: Logger): { close(): Promise<void> } {
  let last = Promise.resolve();
  const timer = setInterval(() => {
    last = stores
      .refreshWeights()
      .catch((error: unknown) => logger.warn('weights of annotators not read', { error }));
  }, refreshEvery);
  return {
    close: async () => {
      clearInterval(timer);
      await last;
    },
  };
}

/** With Kafka, events are handed to the workers' topic; without, they are mined right here. */
async function openIntake(
  world: World,
  config: Config,
  stores: Stores,
  observer: Metrics,
  logger: Logger,
): Promise<EventIntake> {
  const kafka = openKafkaIntake(world, config, logger);
  if (kafka !== undefined) return kafka;
  const stations = await openStations(config, stores, {
    candidates: undefined,
    observer,
    logger,
    now: world.now,
  });
  const intake = createLocalIntake({ stations, limits: inFlightLimits(config), observer });
  return { accept: (body) => intake.accept(body), close: () => closeAll([intake, stations]) };
}
