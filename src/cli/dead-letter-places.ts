import { join } from 'node:path';
import { openDeadLetterShelfFile } from '../adapters/directory/dead-letter-shelf.js';
import { openDeadLetterFile } from '../adapters/directory/dead-letter-file.js';
import type { Config } from '../config/load-config.js';
import { noContext } from '../event/event-map.js';
import type { Delivery, EventSource, RawRecord } from '../event/event-source.js';
import { readJson } from '../event/json-event.js';
import { EdgeminerError } from '../faults.js';
import { replayOfHeader, replaysHeader } from '../mine/dead-letter-shelf.js';
import type { DeadLetterShelf, StoredLetter } from '../mine/dead-letter-shelf.js';
import { observers } from '../mine/mining-observer.js';
import { SummaryCounter } from '../mine/summary.js';
import { runWorker } from '../mine/worker.js';
import type { Logger } from '../telemetry/logger.js';
import { eventReader } from './event-format.js';
import { openKafkaLetters } from './open-kafka.js';
import { closeAll, openStores } from './open-stores.js';
import { inFlightLimits, openStations } from './stations.js';
import type { World } from './world.js';

export function deadLetterFile({ dataDir }: Config): string {
  return join(dataDir, 'dead-letters.jsonl');
}

/** Where the dead letters are, and how their records get another try. */
export interface LetterPlace {
  readonly shelf: DeadLetterShelf;
  /** As it is shown: a topic or a file. */
  readonly name: string;
  /** `left` where the process was told to end before the record was dealt with. */
  replay(letter: StoredLetter): Promise<'replayed' | 'gone' | 'left'>;
  /** The record as it came; undefined where its value is not to be had any more. */
  record(letter: StoredLetter): Promise<RawRecord | undefined>;
  close(): Promise<void>;
}

export async function openLetterPlace(
  world: World,
  config: Config,
  logger: Logger,
  wanted: 'kafka' | 'file' | undefined,
): Promise<LetterPlace> {
  const place = wanted ?? (config.kafka === undefined ? 'file' : 'kafka');
  if (place === 'file') return filePlace(world, config, logger);
  const kafka = openKafkaLetters(world, config, logger);
  if (kafka === undefined || config.kafka === undefined) {
    throw new EdgeminerError('config.invalid', 'no Kafka brokers are configured', {
      field: 'kafka.brokers',
      mend: 'Set KAFKA_BROKERS, or look at the file with --place file.',
    });
  }
  return {
    shelf: kafka,
    name: `topic ${config.kafka.topics.deadLetters}`,
    replay: (letter) => kafka.replay(letter),
    record: (letter) => kafka.record(letter),
    close: () => kafka.close(),
  };
}

/** Records of a file are mined again right here, as `mine --source jsonl` would. */
function filePlace(world: World, config: Config, logger: Logger): LetterPlace {
  const path = deadLetterFile(config);
  const shelf = openDeadLetterShelfFile(path);
  let miner: ReturnType<typeof openMiner> | undefined;
  return {
    shelf,
    name: path,
    async replay(letter) {
      if (letter.raw?.value == null) return 'gone';
      miner ??= openMiner(world, config, logger);
      const opened = await miner;
      return (await opened.mine(letter)) ? 'replayed' : 'left';
    },
    record: (letter) => Promise.resolve(letter.raw),
    async close() {
      await shelf.close();
      await (await miner)?.close();
    },
  };
}

async function openMiner(world: World, config: Config, logger: Logger) {
  const counter = new SummaryCounter();
  const stores = await openStores(config);
  const stations = await openStations(config, stores, {
    candidates: undefined,
    observer: counter,
    logger,
    now: world.now,
  });
  const deadLetters = await openDeadLetterFile({ path: deadLetterFile(config), now: world.now });
  const reader = eventReader(config);
  return {
    /** Whether the record was dealt with: mined, or a dead letter again. */
    async mine(letter: StoredLetter): Promise<boolean> {
      let settled = false;
      const source = oneRecord(letter, {
        read: (value) => reader(value, noContext),
        acknowledge: () => (settled = true),
      });
      await runWorker(
        {
          source,
          stations,
          deadLetters,
          limits: inFlightLimits(config),
          retry: { firstWaitMs: 250, longestWaitMs: 30_000 },
          observer: observers([counter]),
        },
        world.ending,
      );
      return settled;
    },
    close: () => closeAll([deadLetters, stations, stores]),
  };
}

function oneRecord(
  { origin, raw: kept, replays, position }: StoredLetter,
  {
    read,
    acknowledge,
  }: {
    readonly read: (value: unknown) => Awaited<ReturnType<Delivery['read']>>;
    readonly acknowledge: () => void;
  },
): EventSource {
  const raw: RawRecord | undefined = kept && {
    ...kept,
    headers: {
      ...kept.headers,
      [replaysHeader]: Buffer.from(String(replays + 1)),
      [replayOfHeader]: Buffer.from(`${position.partition}:${position.offset}`),
    },
  };
  return {
    async *deliveries() {
      yield {
        origin,
        raw,
        revoked: false,
        async read() {
          const json = readJson(raw?.value ?? new Uint8Array());
          return json.kind === 'json' ? read(json.value) : json;
        },
        acknowledge,
      };
    },
    backlog: () => [],
    close: async () => undefined,
  };
}
