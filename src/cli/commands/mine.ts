import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { DirectorySource } from '../../adapters/directory/directory-source.js';
import type { PictureSurvey } from '../../adapters/directory/survey-pictures.js';
import { openDeadLetterFile } from '../../adapters/directory/dead-letter-file.js';
import type { Config } from '../../config/load-config.js';
import type { EventSource } from '../../event/event-source.js';
import { isEdgeminerError, messageOf } from '../../faults.js';
import { watchLiveness } from '../../mine/liveness.js';
import type { Liveness } from '../../mine/liveness.js';
import { observers } from '../../mine/mining-observer.js';
import type { MiningObserver } from '../../mine/mining-observer.js';
import { SummaryCounter } from '../../mine/summary.js';
import type { MiningSummary } from '../../mine/summary.js';
import { untilItWorks } from '../../mine/retry.js';
import { runWorker } from '../../mine/worker.js';
import type { Logger } from '../../telemetry/logger.js';
import { createMetrics } from '../../telemetry/metrics.js';
import { wholeNumber } from '../arguments.js';
import { deadLetterFile } from '../dead-letter-places.js';
import { openDecisionLog } from '../decision-log.js';
import { createWorkerServer } from '../../http/worker-server.js';
import { readinessOf } from '../readiness.js';
import { connectWorker } from '../open-kafka.js';
import type { KafkaWorker } from '../open-kafka.js';
import { openFileSource, parseSource } from '../open-source.js';
import type { DirectoryOptions } from '../open-source.js';
import { closeAll, openStores } from '../open-stores.js';
import { print, progress, table } from '../output.js';
import { configFor, loggerFor, withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import { parseStart, replayGroup } from '../start-position.js';
import type { ReplayOptions } from '../start-position.js';
import { inFlightLimits, openStations } from '../stations.js';
import { warnOf } from '../survey-lines.js';
import type { World } from '../world.js';

interface MineOptions extends GlobalOptions, DirectoryOptions, ReplayOptions {
  readonly source: ReturnType<typeof parseSource>;
  readonly once?: boolean;
  readonly decisions?: string;
  readonly healthPort?: number;
}

/** Waits between tries while something is away: soon at first, then every half minute. */
const retryPlan = { firstWaitMs: 250, longestWaitMs: 30_000 };

export function mineCommand(parent: Command, world: World): void {
  withGlobalOptions(
    parent
      .command('mine')
      .description('score events and queue the edge cases: the worker')
      .requiredOption(
        '--source <source>',
        'kafka, directory:DIR, jsonl:FILE, or - for standard input',
        source,
      )
      .option('--once', 'end at the end of the input, and print what was found')
      .option(
        '--from <where>',
        'kafka: score history again, from a time, PARTITION:OFFSET,..., earliest or latest; ' +
          'needs --group',
        parseStart,
      )
      .option('--group <name>', 'kafka: the consumer group (default: kafka.groupId)')
      .option('--model-name <name>', 'directory: the model that saw the pictures', 'default')
      .option('--model-version <version>', 'directory: its version')
      .option('--source-id <id>', 'directory: the source to book the pictures under')
      .addOption(
        new Option(
          '--sources <how>',
          'directory: the source of a picture: by-folder, the first folder of its path',
        ).choices(['by-folder']),
      )
      .option('--predictions <file>', 'directory: JSON lines with predictions per picture')
      .option('--decisions <file>', 'write every decision here, one JSON line per event')
      .option('--health-port <port>', 'serve /healthz, /readyz and /metrics here', wholeNumber(0)),
    'edgeminer mine --source directory:./incoming --model-version 1.0 --once',
  ).action((options: MineOptions) => mine(world, options));
}

function source(text: string) {
  try {
    return parseSource(text);
  } catch (error) {
    const mend = isEdgeminerError(error) ? error.mend : undefined;
    throw new InvalidArgumentError(mend ?? messageOf(error));
  }
}

async function mine(world: World, options: MineOptions): Promise<void> {
  const config = await configFor(world, options);
  const replay = replayGroup(options, config.kafka, options.source.kind);
  const logger = loggerFor(config);
  const metrics = createMetrics();
  const counter = new SummaryCounter();
  let source: EventSource | undefined;
  let survey: PictureSurvey | undefined;
  const liveness = watchLiveness({
    backlog: () => source?.backlog() ?? [],
    now: () => performance.now(),
    stalledAfterMs: config.mining.stalledAfterSeconds * 1000,
  });
  const observer = observers([metrics, counter, progressFor(liveness)]);
  const open: { close(): Promise<void> }[] = [];
  const opened = <T extends { close(): Promise<void> }>(resource: T): T => {
    open.unshift(resource);
    return resource;
  };
  const start = performance.now();
  try {
    // What is away ends a command that a person waits for; a worker waits until it is back.
    const patient = options.source.kind === 'kafka' && options.once !== true;
    const stores = opened(
      await (patient ? onceThere(() => openStores(config), logger, world) : openStores(config)),
    );
    metrics.watchQueue(async () => (await stores.queue.stats(world.now())).byState);
    const kafka =
      options.source.kind === 'kafka'
        ? opened(
            connectWorker(world, config, logger, {
              ...replay,
              onLost: () => observer.retried('kafka.unavailable'),
            }),
          )
        : undefined;
    const stations = opened(
      await openStations(config, stores, {
        candidates: kafka?.candidates,
        observer,
        logger,
        now: world.now,
      }),
    );
    const deadLetters =
      kafka?.deadLetters ??
      opened(await openDeadLetterFile({ path: deadLetterFile(config), now: world.now }));
    const decisions =
      options.decisions === undefined
        ? undefined
        : opened(await openDecisionLog(resolve(world.workingDirectory, options.decisions)));
    const events = opened(await openSource(world, config, options, logger, kafka));
    source = events;
    metrics.watchBacklog(() => events.backlog());
    if (options.healthPort !== undefined) {
      const stopWatching = metrics.watchEventLoop();
      opened({ close: async () => stopWatching() });
      const readiness = readinessOf({ store: () => stores.ping() }, world.ending);
      const health = opened(
        createWorkerServer({
          metrics,
          liveness: () => liveness.check(),
          readiness,
          version: world.version,
        }),
      );
      await health.listen({ host: '0.0.0.0', port: options.healthPort });
    }
    survey = 'survey' in events ? events.survey : undefined;
    if (survey !== undefined) warnOf(world, survey);
    const bar = progress(world, 'mining', survey?.pictures);
    try {
      await runWorker(
        {
          source: events,
          stations,
          deadLetters,
          limits: inFlightLimits(config),
          retry: retryPlan,
          observer,
          onMined: (mined) => {
            decisions?.write(mined);
            bar.update(counter.settled);
          },
        },
        world.ending,
      );
    } finally {
      bar.end();
    }
  } catch (error) {
    // Asked to end while it waited for what is away: there is nothing left to wait for.
    const isOutage = isEdgeminerError(error) && error.retriable;
    if (!world.ending.aborted || !(isOutage || error === world.ending.reason)) throw error;
    logger.info('ends as it was asked to, while something is away');
  } finally {
    await closeAll(open);
  }
  const summary = counter.summary((performance.now() - start) / 1000);
  const { passedOver, unmatched } = survey ?? {};
  print(world, { ...summary, passedOver, unmatched }, options.json, summaryLines);
}

function onceThere<T>(work: () => Promise<T>, logger: Logger, world: World): Promise<T> {
  return untilItWorks(
    async () => {
      try {
        return await work();
      } catch (error) {
        if (isEdgeminerError(error) && error.retriable) {
          logger.warn('waits for what is away', { code: error.code, error: error.message });
        }
        throw error;
      }
    },
    { plan: retryPlan, signal: world.ending, isWanted: () => true, onRetry: () => undefined },
  );
}

function progressFor(liveness: Liveness): MiningObserver {
  const ignore = () => undefined;
  return {
    eventSettled: () => liveness.progressed(),
    retried: () => liveness.progressed(),
    candidateQueued: ignore,
    deadLettered: ignore,
    noReference: ignore,
    embeddingDiffers: ignore,
    ownScoreFailed: ignore,
    inFlight: ignore,
    stationTook: ignore,
  };
}

function openSource(
  world: World,
  config: Config,
  options: MineOptions,
  logger: Logger,
  kafka: KafkaWorker | undefined,
): EventSource | Promise<EventSource | DirectorySource> {
  const { source, once } = options;
  if (source.kind === 'kafka') {
    if (kafka === undefined) throw new TypeError('a Kafka source needs a Kafka connection');
    return kafka.openSource({ untilEnd: once === true });
  }
  return openFileSource(world, source, options, config, logger);
}

function summaryLines(summary: MiningSummary): string[] {
  const reasons = Object.entries(summary.candidatesByReason).map(([reason, n = 0]) => [reason, n]);
  const codes = Object.entries(summary.rejectedByCode);
  return [
    `${summary.events} events: ${summary.scored} scored, ${summary.queued} queued, ` +
      `${summary.duplicates} duplicates, ${summary.known} known before, ${summary.rejected} rejected`,
    `${summary.imagesPerSecond.toFixed(1)} images per second over ${summary.seconds.toFixed(1)} s`,
    ...(reasons.length === 0 ? [] : ['', ...table([['reason', 'candidates'], ...reasons])]),
    ...(codes.length === 0 ? [] : ['', ...table([['rejected for', 'events'], ...codes])]),
    ...Object.entries(summary.ownScoreFailures).flatMap(([score, count]) => [
      '',
      `${score} failed at ${count} events, which went on without it; the log says how`,
    ]),
    ...(summary.otherPictures === 0
      ? []
      : [
          '',
          `${summary.otherPictures === 1 ? '1 candidate has' : `${summary.otherPictures} candidates have`} the eventId of a task that shows another picture, which was`,
          `left as it is. Give each picture an eventId of its own.`,
        ]),
    ...(summary.embeddingsThatDiffer === 0
      ? []
      : [
          '',
          `${summary.embeddingsThatDiffer} events brought an embedding of another length than those of the reference, so nothing`,
          `says how new they are. Send none, and the configured model makes one.`,
        ]),
    ...(summary.withoutReference === 0
      ? []
      : [
          '',
          `${summary.withoutReference} events had no reference that fits their model and its version (the log names what`,
          `does not fit), so only fixed limits were applied to them. To build one:`,
          `  edgeminer reference build --images DIR --model-name NAME --model-version VERSION`,
        ]),
  ];
}
